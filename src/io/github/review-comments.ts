// Inline comments: at most so many, each once, gone when what they say is gone.
import type { GitHub } from './client.ts'
import { absent, githubFailed, maybeDone, statusOf } from './failure.ts'
import { viewerLogin } from './identity.ts'
import { type OwnInline, ownInlineComments, printInlineMarker } from './own-inline-comments.ts'
import { headMoved } from './pull-request.ts'
import { inRepository, type Repository } from './repository.ts'

export type InlineComment = {
  readonly path: string
  /** 1-based line of the head. */
  readonly line: number
  readonly body: string
  /** The same for the same finding of another commit: a comment with it is not written twice. */
  readonly fingerprint: string
}

export type InlineRequest = {
  readonly repo: Repository
  readonly number: number
  /** Path of services.yaml: comments of ours on behalf of another file are left alone. */
  readonly id: string
  readonly head: string
  /** By importance: what comes after the limit is counted and not written. */
  readonly comments: readonly InlineComment[]
  /** Lines that the pull request changes, by path; only there may a comment stand. */
  readonly changed: ReadonlyMap<string, ReadonlySet<number>>
  readonly limit?: number
  readonly botLogin?: string
}

export type InlineResult = {
  readonly created: number
  readonly kept: number
  readonly deleted: number
  /** Not on a changed line. */
  readonly elsewhere: number
  /** Over the limit, or refused by GitHub. */
  readonly omitted: number
  /** Why nothing was written. */
  readonly superseded?: string
}

const defaultLimit = 30

/** Brings the inline comments of a pull request up to date. Those that somebody replied to stay. */
export async function syncInlineComments(client: GitHub, request: InlineRequest): Promise<InlineResult> {
  const { repo, number, head, changed, limit = defaultLimit } = request
  const failed = githubFailed(`comment on lines of #${number}`, 'pull-requests: write')
  const login = request.botLogin ?? (await viewerLogin(client))
  const placed = unique(request.comments.filter(({ path, line }) => changed.get(path)?.has(line)))
  const wanted = placed.slice(0, limit)
  const own = await ownInlineComments(client, request, login).catch(failed)
  const isWanted = ({ fingerprint }: OwnInline) => wanted.some((comment) => comment.fingerprint === fingerprint)
  const stale = own.filter((comment) => (comment.outdated || !isWanted(comment)) && !comment.answered)
  const there = new Set(own.filter((comment) => !stale.includes(comment)).map(({ fingerprint }) => fingerprint))
  const missing = wanted.filter(({ fingerprint }) => !there.has(fingerprint))
  const elsewhere = request.comments.filter(({ path, line }) => !changed.get(path)?.has(line)).length
  const counts = { created: 0, kept: wanted.length - missing.length, deleted: 0, elsewhere, omitted: placed.length - wanted.length }
  const moved = missing.length + stale.length > 0 ? await headMoved(client, repo, number, head) : undefined
  if (moved) return { ...counts, superseded: moved }
  const refused = missing.length > 0 ? await write(client, request, missing, login).catch(failed) : 0
  for (const { commentId } of stale)
    await client.rest.pulls
      .deleteReviewComment({ ...inRepository(repo), comment_id: commentId })
      .catch(absent(undefined))
      .catch(failed)
  return { ...counts, created: missing.length - refused, deleted: stale.length, omitted: counts.omitted + refused }
}

function unique(comments: readonly InlineComment[]): InlineComment[] {
  return [...new Map([...comments].reverse().map((comment) => [comment.fingerprint, comment])).values()].reverse()
}

/** One review, so that people are notified once; where GitHub refuses a line, one by one. Gives how many were refused. */
async function write(client: GitHub, request: InlineRequest, missing: readonly InlineComment[], login: string): Promise<number> {
  const { repo, number, head, id } = request
  const at = { ...inRepository(repo), pull_number: number, commit_id: head, request: { retries: 0 } }
  const comments = missing.map(({ path, line, body, fingerprint }) => ({
    path,
    line,
    side: 'RIGHT' as const,
    body: `${printInlineMarker({ id, fingerprint })}\n${body}`,
  }))
  try {
    await client.rest.pulls.createReview({ ...at, event: 'COMMENT', comments })
    return 0
  } catch (error) {
    if (statusOf(error) !== 422 && !maybeDone(error)) throw error
  }
  const there = new Set((await ownInlineComments(client, request, login)).map(({ fingerprint }) => fingerprint))
  let refused = 0
  for (const [index, comment] of comments.entries()) {
    if (there.has(missing[index]!.fingerprint)) continue
    await client.rest.pulls.createReviewComment({ ...at, ...comment }).catch((error) => {
      if (statusOf(error) !== 422) throw error
      refused++
    })
  }
  return refused
}
