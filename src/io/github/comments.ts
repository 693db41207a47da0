// The one comment that is kept up to date. Decided by its marker, its author and its being shown, never by its text alone.
import type { GitHub } from './client.ts'
import { type Content, says, sendFitting, type Written } from './comment-text.ts'
import { absent, githubFailed } from './failure.ts'
import { viewerLogin } from './identity.ts'
import { isNewer, isSameRun, type Run, readMarker } from './marker.ts'
import { minimize } from './minimize.ts'
import { type OwnComment, ownComments, type Place } from './own-comments.ts'
import { type Posted, postOnce } from './post-comment.ts'
import { headMoved } from './pull-request.ts'
import { fullName, inRepository } from './repository.ts'

/** `update` edits the comment there is, `new` adds one per run, `hide-and-new` adds one when something is new and hides those before. */
export type CommentMode = 'update' | 'new' | 'hide-and-new'

export type CommentRequest = Place & {
  /** Commit that was reviewed. */
  readonly head: string
  readonly run: Run
  readonly mode: CommentMode
  readonly labels?: readonly string[]
  readonly bodies: Content['bodies']
  readonly stable?: Content['stable']
  /** Bytes of UTF-8 of the whole comment. */
  readonly budget: number
  /** Whom the token acts as; asked for when it is not given. */
  readonly botLogin?: string
}

export type Upserted =
  | { readonly action: 'created' | 'updated' | 'unchanged'; readonly url: string; readonly hidden: number }
  /** Somebody was here who knows more; nothing was written. */
  | { readonly action: 'superseded'; readonly url?: string; readonly hidden: number; readonly reason: string }

/**
 * Brings the comment of a pull request up to date. A run that is older than the one of the comment, or whose commit is no longer the head,
 * writes nothing. Throws an OperationError when GitHub refuses.
 */
export async function upsertComment(client: GitHub, request: CommentRequest): Promise<Upserted> {
  const { repo, number, mode } = request
  const login = request.botLogin ?? (await viewerLogin(client))
  const ours = await ownComments(client, request, login)
  const overtaken = overtakenBy(ours, request.run)
  if (overtaken) return overtaken
  const shown = ours.filter(({ minimized }) => !minimized)
  const newest = shown.at(-1)
  const content = contentOf(request)
  const send = async (written: Written): Promise<Upserted> => {
    const same = newest !== undefined && says(newest.body, written, content.stable)
    const kept = newest && isKept(newest, same, request)
    const result =
      kept && same && newest.marker.head === request.head
        ? ({ action: 'unchanged', url: newest.url, hidden: 0 } as const)
        : kept && (await edit(client, request, newest, written))
    if (!result) return add(client, request, written, login)
    if (mode === 'new' || result.action === 'superseded') return result
    return { ...result, hidden: await minimize(client, shown.slice(0, -1)) }
  }
  return sendFitting(content, send).catch(githubFailed(`comment on #${number} of ${fullName(repo)}`, 'pull-requests: write'))
}

/** Is the newest comment the one that is to say it, or shall there be another? A step that runs again within its run edits its own. */
const isKept = ({ marker }: OwnComment, same: boolean, { mode, run }: CommentRequest): boolean =>
  mode === 'update' || isSameRun(marker.run, run) || (mode === 'hide-and-new' && same)

const contentOf = ({ id, head, run, labels = [], bodies, stable = String, budget }: CommentRequest): Content => ({
  marker: { id, head, run, labels },
  bodies,
  stable,
  budget,
})

function overtakenBy(ours: readonly Pick<OwnComment, 'url' | 'marker'>[], run: Run): Upserted | undefined {
  const newer = ours.find(({ marker }) => isNewer(marker.run, run))
  if (!newer) return undefined
  const { id, attempt } = newer.marker.run
  return { action: 'superseded', url: newer.url, hidden: 0, reason: `run ${id}.${attempt} is newer than ${run.id}.${run.attempt}` }
}

/**
 * Edits one comment; undefined when it is gone. GitHub has no conditional edit: pull request and comment are read again right before,
 * which leaves the time of one request for another run to get in between.
 */
async function edit(
  client: GitHub,
  request: CommentRequest,
  { id, url, marker }: OwnComment,
  written: Written,
): Promise<Upserted | undefined> {
  const moved = await headMoved(client, request.repo, request.number, request.head)
  if (moved) return { action: 'superseded', url, hidden: 0, reason: moved }
  const at = { ...inRepository(request.repo), comment_id: id }
  const found = await client.rest.issues.getComment(at).catch(absent(undefined))
  if (!found) return undefined
  const overtaken = overtakenBy([{ url, marker: readMarker(found.data.body ?? '') ?? marker }], request.run)
  if (overtaken) return overtaken
  const done = await client.rest.issues.updateComment({ ...at, body: written.text }).catch(absent(undefined))
  return done && { action: 'updated', url, hidden: 0 }
}

/** Adds a comment, then looks whether another run did the same meanwhile: the one of the newest run stays. */
async function add(client: GitHub, request: CommentRequest, written: Written, login: string): Promise<Upserted> {
  const moved = await headMoved(client, request.repo, request.number, request.head)
  if (moved) return { action: 'superseded', hidden: 0, reason: moved }
  const posted = await postOnce(client, request, written, login)
  return settle(client, request, posted, await ownComments(client, request, login))
}

async function settle(client: GitHub, request: CommentRequest, posted: Posted, all: readonly OwnComment[]): Promise<Upserted> {
  const others = all.filter(({ id, minimized }) => id !== posted.id && !minimized)
  const overtaken = overtakenBy(others, request.run)
  const twin = others.find(({ marker }) => isSameRun(marker.run, request.run))
  if (overtaken || (twin && twin.id < posted.id)) {
    await client.rest.issues.deleteComment({ ...inRepository(request.repo), comment_id: posted.id }).catch(absent(undefined))
    return overtaken ?? { action: 'created', url: twin!.url, hidden: 0 }
  }
  const hidden = request.mode === 'new' ? 0 : await minimize(client, others)
  return { action: 'created', url: posted.url, hidden }
}
