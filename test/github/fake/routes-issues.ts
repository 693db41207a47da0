import { type Call, created, gone, invalid, notFound, ofPull, ok, paged, type Route, tooLong } from './call.ts'
import { shaped } from './skeleton.ts'
import { addComment, type Comment, type Pull, type User } from './state.ts'

export const userOf = ({ login, type }: User): object => shaped('simple-user', { login, type })

const commentOf = ({ base }: Call, { id, nodeId, user, body }: Comment): object =>
  shaped('issue-comment', {
    id,
    node_id: nodeId,
    body,
    user: userOf(user),
    url: `${base}/repos/acme/fleet/issues/comments/${id}`,
    html_url: `https://github.test/acme/fleet/pull/1#issuecomment-${id}`,
  })

const found = (call: Call): { pull: Pull; comment: Comment } | undefined => {
  for (const pull of call.state.pulls.values()) {
    const comment = pull.comments.find(({ id }) => id === Number(call.params['comment_id']))
    if (comment) return { pull, comment }
  }
  return undefined
}

const labelOf = ({ state }: Call, name: string): object => shaped('label', { name, ...state.labels.get(name), default: false })

export const issueRoutes: Readonly<Record<string, Route>> = {
  'issues/list-comments': ofPull('issue_number', (call, { comments }) =>
    paged(
      call,
      comments.map((comment) => commentOf(call, comment)),
    ),
  ),
  'issues/create-comment': ofPull('issue_number', (call, pull) => {
    if (call.body.body === '') return invalid('IssueComment', 'data', 'unprocessable', 'Body cannot be blank')
    const long = tooLong(call, 'IssueComment', call.body.body)
    return long ?? created(commentOf(call, addComment(call.state, pull, call.token.user, call.body.body)))
  }),
  'issues/get-comment': (call) => {
    const at = found(call)
    return at ? ok(commentOf(call, at.comment)) : notFound
  },
  'issues/update-comment': (call) => {
    const at = found(call)
    if (!at) return notFound
    const long = tooLong(call, 'IssueComment', call.body.body)
    if (long) return long
    at.comment.body = call.body.body
    return ok(commentOf(call, at.comment))
  },
  'issues/delete-comment': (call) => {
    const at = found(call)
    if (!at) return notFound
    at.pull.comments = at.pull.comments.filter((comment) => comment !== at.comment)
    return gone
  },
  'issues/list-labels-on-issue': ofPull('issue_number', (call, { labels }) =>
    paged(
      call,
      [...labels].map((name) => labelOf(call, name)),
    ),
  ),
  'issues/add-labels': ofPull('issue_number', (call, { labels }) => {
    for (const name of call.body.labels as string[]) {
      if (name.length > 50) return invalid('Label', 'name', 'invalid', 'name is too long (maximum is 50 characters)')
      // GitHub makes a label that is not there, in grey.
      if (!call.state.labels.has(name)) call.state.labels.set(name, { color: 'ededed', description: '' })
      labels.add(name)
    }
    return ok([...labels].map((name) => labelOf(call, name)))
  }),
  'issues/remove-label': ofPull('issue_number', (call, { labels }) => {
    if (!labels.delete(call.params['name']!)) return notFound
    return ok([...labels].map((name) => labelOf(call, name)))
  }),
  'issues/create-label': (call) => {
    const { name, color = 'ededed', description = '' } = call.body
    if (name.length > 50) return invalid('Label', 'name', 'invalid', 'name is too long (maximum is 50 characters)')
    if (!/^[\da-f]{6}$/i.test(color)) return invalid('Label', 'color', 'invalid')
    if (description.length > 100) return invalid('Label', 'description', 'invalid')
    if (call.state.labels.has(name)) return invalid('Label', 'name', 'already_exists')
    call.state.labels.set(name, { color, description })
    return created(labelOf(call, name))
  },
}
