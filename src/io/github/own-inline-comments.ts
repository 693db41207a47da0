import type { GitHub } from './client.ts'
import { isAuthor } from './identity.ts'
import { markerLine, readMarkerLine } from './marker.ts'
import { inRepository, type Repository } from './repository.ts'

export type InlineMarker = { readonly id: string; readonly fingerprint: string }

export type OwnInline = InlineMarker & {
  readonly commentId: number
  /** Its line is not in the diff any more. */
  readonly outdated: boolean
  readonly answered: boolean
}

export const printInlineMarker = ({ id, fingerprint }: InlineMarker): string => markerLine('inline:v1', { id, fingerprint })

/** Inline comments of a pull request with our marker of this id on the first line, written by us. Errors are octokit's. */
export async function ownInlineComments(
  client: GitHub,
  { repo, number, id }: { readonly repo: Repository; readonly number: number; readonly id: string },
  login: string,
): Promise<OwnInline[]> {
  const all = await client.paginate(client.rest.pulls.listReviewComments, { ...inRepository(repo), pull_number: number, per_page: 100 })
  const answered = new Set(all.map((comment) => comment.in_reply_to_id))
  return all.flatMap((comment) => {
    const marker = isAuthor(comment.user, login) && !comment.in_reply_to_id ? readMarkerLine('inline:v1', comment.body) : undefined
    if (marker?.['id'] !== id || typeof marker['fingerprint'] !== 'string') return []
    const outdated = comment.line === null || comment.line === undefined
    return [{ id, fingerprint: marker['fingerprint'], commentId: comment.id, outdated, answered: answered.has(comment.id) }]
  })
}
