// Hiding comments: GraphQL only.
import type { GitHub } from './client.ts'

const perQuery = 100

type Nodes = { readonly nodes: readonly ({ readonly id: string; readonly isMinimized?: boolean } | null)[] }

/** A comment that was deleted since it was listed is an error of the query, which answers for the others all the same. */
function withoutMissing(error: { data?: Nodes | null; errors?: { type?: string }[] }): Nodes {
  if (error.data?.nodes && error.errors?.every(({ type }) => type === 'NOT_FOUND')) return error.data
  throw error
}

/** Which of these comments (node ids) are minimized. */
export async function minimizedAmong(client: GitHub, nodeIds: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>()
  for (let from = 0; from < nodeIds.length; from += perQuery) {
    const { nodes } = await client
      .graphql<Nodes>('query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Minimizable { isMinimized } } }', {
        ids: nodeIds.slice(from, from + perQuery),
      })
      .catch(withoutMissing)
    for (const node of nodes) if (node?.isMinimized) found.add(node.id)
  }
  return found
}

/** Hides comments as outdated; gives how many. One that cannot be hidden stays: that is said in the log, and is no failure. */
export async function minimize(client: GitHub, comments: readonly { readonly nodeId: string; readonly url: string }[]): Promise<number> {
  let hidden = 0
  for (const { nodeId, url } of comments) {
    try {
      await client.graphql(
        'mutation ($id: ID!) { minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) { minimizedComment { isMinimized } } }',
        { id: nodeId },
      )
      hidden++
    } catch (error) {
      client.log.warn(`github: ${url} could not be hidden: ${(error as Error).message}`)
    }
  }
  return hidden
}
