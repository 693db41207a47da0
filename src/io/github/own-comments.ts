import type { GitHub } from './client.ts'
import { githubFailed } from './failure.ts'
import { isAuthor } from './identity.ts'
import { type Marker, readMarker } from './marker.ts'
import { minimizedAmong } from './minimize.ts'
import { inRepository, type Repository } from './repository.ts'

export type OwnComment = {
  readonly id: number
  readonly nodeId: string
  readonly url: string
  readonly body: string
  readonly marker: Marker
  readonly minimized: boolean
}

export type Place = { readonly repo: Repository; readonly number: number; readonly id: string }

/** Comments with our marker of this id on the first line, written by us; oldest first. */
export const ownComments = async (client: GitHub, place: Place, login: string): Promise<OwnComment[]> =>
  (await commentsOf(client, place, login)).filter(({ marker }) => marker.id === place.id)

/** Labels that the newest comments of other ids ask for: each is of a services.yaml of its own, on the same pull request. */
export async function labelsOfOthers(client: GitHub, place: Place, login: string): Promise<string[]> {
  const shown = (await commentsOf(client, place, login)).filter(({ minimized, marker }) => !minimized && marker.id !== place.id)
  const newest = new Map(shown.map(({ marker }) => [marker.id, marker.labels ?? []]))
  return [...newest.values()].flat()
}

async function commentsOf(client: GitHub, { repo, number }: Place, login: string): Promise<OwnComment[]> {
  const doing = `read the comments of #${number}`
  const all = await client
    .paginate(client.rest.issues.listComments, { ...inRepository(repo), issue_number: number, per_page: 100 })
    .catch(githubFailed(doing, 'pull-requests: read'))
  const ours = all.flatMap(({ id: commentId, node_id: nodeId, html_url: url, body = '', user }) => {
    const marker = isAuthor(user, login) ? readMarker(body) : undefined
    return marker ? [{ id: commentId, nodeId, url, body, marker }] : []
  })
  const ids = ours.map(({ nodeId }) => nodeId)
  const minimized = await minimizedAmong(client, ids).catch(githubFailed(doing, 'pull-requests: read'))
  return ours.map((comment) => ({ ...comment, minimized: minimized.has(comment.nodeId) })).sort((a, b) => a.id - b.id)
}
