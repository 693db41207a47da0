import { type Call, created, gone, invalid, notFound, ofPull, ok, paged, type Route, tooLong } from './call.ts'
import { userOf } from './routes-issues.ts'
import { shaped } from './skeleton.ts'
import type { Pull, ReviewComment } from './state.ts'

const sideOf = (schema: string, { repo, ref, sha }: { repo: string | null; ref: string; sha: string }): object => ({
  ref,
  sha,
  label: `${repo?.split('/')[0] ?? 'unknown repository'}:${ref}`,
  repo: repo === null ? null : shaped(schema, { full_name: repo, name: repo.split('/')[1], owner: { login: repo.split('/')[0] } }),
})

/** A list has the short form, a single one the long. */
const pullOf = (schema: 'pull-request' | 'pull-request-simple', { number, state, head, base }: Pull): object =>
  shaped(schema, { number, state, head: sideOf('repository', head), base: sideOf('repository', base) })

const reviewCommentOf = ({ id, user, body, path, line, inReplyTo }: ReviewComment): object =>
  shaped('pull-request-review-comment', { id, user: userOf(user), body, path, line, ...(inReplyTo && { in_reply_to_id: inReplyTo }) })

/** GitHub takes comments on lines of the diff only. */
function add(call: Call, pull: Pull, { path, line, body }: { path: string; line: number; body: string }): ReviewComment | undefined {
  const patch = pull.files.find(({ filename }) => filename === path)?.patch
  if (patch === undefined || !inDiff(patch, line)) return undefined
  const comment = { id: call.state.nextId++, user: call.token.user, body, path, line }
  pull.reviewComments.push(comment)
  return comment
}

const inDiff = (patch: string, line: number): boolean =>
  [...patch.matchAll(/^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@/gm)].some(([, start, length = '1']) => {
    const from = Number(start)
    return line >= from && line < from + Number(length)
  })

const outsideDiff = {
  status: 422,
  body: { message: 'Unprocessable Entity', errors: ['Line could not be resolved'], documentation_url: 'x' },
}

export const pullRoutes: Readonly<Record<string, Route>> = {
  'pulls/get': ofPull('pull_number', (_, pull) => ok(pullOf('pull-request', pull))),
  'pulls/list': (call) => {
    const [state, head] = [call.query.get('state') ?? 'open', call.query.get('head')]
    const matching = [...call.state.pulls.values()].filter(
      (pull) => (state === 'all' || pull.state === state) && (!head || head === `${pull.head.repo?.split('/')[0]}:${pull.head.ref}`),
    )
    return paged(
      call,
      matching.map((pull) => pullOf('pull-request-simple', pull)),
    )
  },
  'pulls/list-files': ofPull('pull_number', (call, { files }) =>
    paged(
      call,
      files.map((file) => shaped('diff-entry', file)),
    ),
  ),
  'pulls/create-review': ofPull('pull_number', (call, pull) => {
    const { comments = [], body = '', event } = call.body
    if (event === 'COMMENT' && body === '' && comments.length === 0) return invalid('PullRequestReview', 'body', 'missing_field')
    const before = [...pull.reviewComments]
    for (const comment of comments) {
      const long = tooLong(call, 'PullRequestReviewComment', comment.body)
      if (!long && add(call, pull, comment)) continue
      // All or nothing.
      pull.reviewComments = before
      return long ?? outsideDiff
    }
    pull.reviews++
    return ok(shaped('pull-request-review', { id: call.state.nextId++, body, user: userOf(call.token.user) }))
  }),
  'pulls/list-review-comments': ofPull('pull_number', (call, { reviewComments }) => paged(call, reviewComments.map(reviewCommentOf))),
  'pulls/create-review-comment': ofPull('pull_number', (call, pull) => {
    const long = tooLong(call, 'PullRequestReviewComment', call.body.body)
    if (long) return long
    const comment = add(call, pull, call.body)
    if (!comment) return invalid('PullRequestReviewComment', 'pull_request_review_thread.line', 'custom', 'must be part of the diff')
    pull.reviews++
    return created(reviewCommentOf(comment))
  }),
  'pulls/delete-review-comment': (call) => {
    for (const pull of call.state.pulls.values()) {
      const at = pull.reviewComments.findIndex(({ id }) => id === Number(call.params['comment_id']))
      if (at < 0) continue
      pull.reviewComments.splice(at, 1)
      return gone
    }
    return notFound
  },
}
