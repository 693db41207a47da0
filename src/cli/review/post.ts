import { changedFiles } from '../../io/github/changed-files.ts'
import type { GitHub } from '../../io/github/client.ts'
import { type CommentMode, type Upserted, upsertComment } from '../../io/github/comments.ts'
import { viewerLogin } from '../../io/github/identity.ts'
import { setLabels } from '../../io/github/labels.ts'
import { labelsOfOthers, ownComments, type Place } from '../../io/github/own-comments.ts'
import { headMoved, type PullRequest } from '../../io/github/pull-request.ts'
import { type InlineComment, syncInlineComments } from '../../io/github/review-comments.ts'
import { setStatus } from '../../io/github/status.ts'
import { OperationError } from '../../io/operation-error.ts'
import type { Review } from '../../plan/changes/review.ts'
import { reviewBody } from '../../report/markdown/body.ts'
import { noChange, resultLabels } from '../../report/markdown/result-labels.ts'
import { verdictOf } from '../../report/markdown/verdict.ts'
import type { Occasion } from './event.ts'

export type PostRequest = {
  readonly client: GitHub
  readonly occasion: Occasion
  readonly pull: PullRequest
  readonly review: Review
  readonly inline: readonly InlineComment[]
  readonly mode: CommentMode
  readonly budget: number
  readonly botLogin?: string
  /** Where there is no comment yet and nothing changes, none is made. */
  readonly quiet: boolean
}

/** What became of each part. A part that fails does not keep the others from being tried. */
export type Posted = {
  readonly comment?: Upserted
  readonly statusSet: boolean
  readonly problems: readonly OperationError[]
}

/** Writes comment, status, labels and inline comments. Nothing at all when another run or another head came first. */
export async function post(request: PostRequest): Promise<Posted> {
  const { client, occasion, pull, review, inline, mode, budget, botLogin, quiet } = request
  const problems: OperationError[] = []
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof OperationError)) throw error
      problems.push(error)
      return undefined
    }
  }
  const { repo } = occasion
  const place = { repo, number: pull.number, id: review.file, head: pull.head.sha, ...(botLogin === undefined ? {} : { botLogin }) }
  const verdict = verdictOf(review)
  const comment = await attempt(async () => {
    if (quiet && isNothing(review) && !(await hasComment(client, place))) return undefined
    return upsertComment(client, {
      ...place,
      run: occasion.run,
      labels: verdict.labels,
      mode,
      budget,
      bodies: (bytes) => reviewBody(review, { budget: bytes }).text,
      // The address of the run is another one each time.
      stable: (body) => (occasion.url ? body.replaceAll(occasion.url, '') : body),
    })
  })
  if (comment?.action === 'superseded') return { comment, statusSet: false, problems }
  // Where the comment stayed as it is, nobody has looked since the beginning.
  const moved = await attempt(() => headMoved(client, repo, pull.number, pull.head.sha))
  if (moved) return { comment: { action: 'superseded', hidden: 0, reason: moved }, statusSet: false, problems }
  const url = comment && 'url' in comment ? comment.url : undefined
  const status = await attempt(() =>
    setStatus(client, {
      repo,
      sha: pull.head.sha,
      state: verdict.state,
      context: `pgfleet/${review.file}`,
      description: verdict.line,
      ...(url === undefined ? {} : { url }),
    }),
  )
  await attempt(async () => {
    const others = await labelsOfOthers(client, place, botLogin ?? (await viewerLogin(client)))
    const wanted = withoutCalm([...verdict.labels, ...others])
    return setLabels(client, { repo, number: pull.number, known: resultLabels, wanted })
  })
  await attempt(async () => {
    const changed = new Map((await changedFiles(client, repo, pull.number)).map(({ path, lines }) => [path, lines]))
    await syncInlineComments(client, { ...place, comments: inline, changed })
  })
  return { ...(comment ? { comment } : {}), statusSet: status !== undefined, problems }
}

/** That nothing changes is said only where it is so for all. */
const withoutCalm = (labels: readonly string[]): readonly string[] => {
  const changing = labels.filter((label) => label !== noChange)
  return changing.length > 0 ? changing : labels
}

const hasComment = async (client: GitHub, place: Place & { readonly botLogin?: string }): Promise<boolean> =>
  (await ownComments(client, place, place.botLogin ?? (await viewerLogin(client)))).some(({ minimized }) => !minimized)

/** Nothing to tell: no change and no finding. */
const isNothing = ({ outcome, findings }: Review): boolean =>
  'diff' in outcome && outcome.diff.changes.length === 0 && findings.length === 0
