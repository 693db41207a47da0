import type { Answer, Call } from './call.ts'

const error = (type: string, message: string, data: unknown = null): Answer => ({
  status: 200,
  body: { data, errors: [{ type, message }] },
})

/** The three documents in use; undefined for any other. */
export function graphql({ state, body, token }: Call): Answer | undefined {
  const query = String(body.query).replaceAll(/\s+/g, ' ')
  const comments = [...state.pulls.values()].flatMap((pull) => pull.comments)
  const { ids = [], id } = (body.variables ?? {}) as { ids?: string[]; id?: string }
  if (query === 'query { viewer { login } }') return { status: 200, body: { data: { viewer: { login: token.user.login } } } }
  if (query === 'query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Minimizable { isMinimized } } }') {
    if (ids.length > 100) return error('ARGUMENT_LIMIT', 'You may not provide more than 100 node ids; you provided more.')
    const nodes = ids.map((wanted) => {
      const comment = comments.find(({ nodeId }) => nodeId === wanted)
      return comment ? { id: wanted, isMinimized: comment.minimized } : null
    })
    return nodes.includes(null) ? error('NOT_FOUND', 'Could not resolve to a node', { nodes }) : { status: 200, body: { data: { nodes } } }
  }
  const hides =
    'mutation ($id: ID!) { minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) { minimizedComment { isMinimized } } }'
  if (query !== hides) return undefined
  if (!token.write) return error('FORBIDDEN', 'Resource not accessible by integration')
  const comment = comments.find(({ nodeId }) => nodeId === id)
  if (!comment) return error('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`)
  comment.minimized = true
  return { status: 200, body: { data: { minimizeComment: { minimizedComment: { isMinimized: true } } } } }
}
