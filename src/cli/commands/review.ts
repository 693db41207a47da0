import { appendFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { readText } from '../../io/disk.ts'
import { bodyBudget } from '../../io/github/comment-text.ts'
import type { CommentMode } from '../../io/github/comments.ts'
import { OperationError } from '../../io/operation-error.ts'
import { refused } from '../../io/system-error.ts'
import { type FailClass, meeting } from '../../plan/changes/fail-on.ts'
import type { Review } from '../../plan/changes/review.ts'
import { annotations } from '../../report/annotations.ts'
import { reviewBody } from '../../report/markdown/body.ts'
import { stepSummary } from '../../report/markdown/step-summary.ts'
import { verdictOf } from '../../report/markdown/verdict.ts'
import { UsageError } from '../compare/choose-sides.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { printFailure } from '../failure.ts'
import { interruption } from '../interruption.ts'
import { occasionOf } from '../review/event.ts'
import { findingsOfHead, inlineComments } from '../review/inline-comments.ts'
import { localReview } from '../review/local.ts'
import { type Posted, post } from '../review/post.ts'
import { pullReview } from '../review/pull.ts'

export type ReviewOptions = {
  file: string
  repo?: string
  pullRequest?: number
  base?: string
  head?: string
  mode: CommentMode
  budget: number
  evidence?: string
  evidenceArtifact: string
  failOn: FailClass[]
  botLogin?: string
  dryRun: boolean
  skipNoChanges: boolean
}

export async function run(options: ReviewOptions, context: Context): Promise<ExitCode> {
  const interrupted = interruption()
  try {
    const occasion = occasionOf(options, context)
    if (!occasion) return await local(options, context)
    const found = await pullReview(occasion, options, context, interrupted.signal)
    if ('why' in found) {
      context.err(`nothing to review: ${found.why}\n`)
      return exitCode.clean
    }
    const { client, pull, review, head } = found
    const { labels } = verdictOf(review)
    const bytes = bodyBudget({ id: review.file, head: pull.head.sha, run: occasion.run, labels }, options.budget)
    tell(review, { ...options, budget: bytes }, context)
    if (options.dryRun) return verdictCode(review, options, context)
    const { mode, budget, botLogin, skipNoChanges: quiet } = options
    const inline = inlineComments(review, head)
    const posted = await post({ client, occasion, pull, review, inline, mode, budget, quiet, ...(botLogin ? { botLogin } : {}) })
    const { comment, statusSet, problems } = posted
    if (comment) context.err(`${comment.action}${'reason' in comment ? `: ${comment.reason}` : ` ${comment.url ?? ''}`}\n`)
    if (comment?.action === 'superseded') return exitCode.clean
    if (mayOnlyRead(posted)) context.err(readOnly(pull.number, context))
    else for (const problem of problems) printFailure(problem, context.err)
    // A token that may only read is how forks run: what would have been written is in the summary.
    if (problems.some(({ code }) => code !== 'github-forbidden')) return exitCode.failed
    const code = verdictCode(review, options, context)
    return statusSet && code === exitCode.findings ? exitCode.clean : code
  } catch (error) {
    if (interrupted.signal.aborted && !(error instanceof OperationError)) {
      context.err('Interrupted: what was written so far stays, and another run completes it.\n')
      // What waits for a limit of GitHub cannot be told to stop: it would keep the process for minutes.
      setImmediate(() => process.exit())
      return exitCode.failed
    }
    if (!(error instanceof UsageError)) throw error
    printFailure(error, context.err)
    return exitCode.usage
  } finally {
    interrupted.end()
  }
}

const mayOnlyRead = ({ comment, statusSet, problems }: Posted): boolean =>
  !comment && !statusSet && problems.length > 0 && problems.every(({ code }) => code === 'github-forbidden')

const readOnly = (number: number, { env }: Context): string =>
  `notice: the token may only read: ${env['GITHUB_STEP_SUMMARY'] ? 'the review is in the summary of this step, and ' : ''}nothing was written to #${number}\n` +
  '  help: That of a pull request from a fork may do no more. Others need pull-requests: write and statuses: write.\n'

async function local(options: ReviewOptions, context: Context): Promise<ExitCode> {
  if (!options.dryRun)
    throw new UsageError(
      'review-nowhere',
      'there is no pull request to write to',
      'Run it in a workflow, name one (--repo OWNER/NAME --pull-request N), or print the comment: --dry-run.',
    )
  const evidence = options.evidence === undefined ? undefined : evidenceFile(resolve(context.cwd, options.evidence), options.evidence)
  const review = await localReview(options, evidence, context)
  tell(review, options, context)
  return verdictCode(review, options, context)
}

function evidenceFile(path: string, name: string): unknown {
  try {
    return JSON.parse(readText(path, name))
  } catch (error) {
    if (error instanceof OperationError) throw error
    throw new OperationError('evidence', `${name} is no JSON`, 'Give the file that pgfleet verify --evidence wrote.', error)
  }
}

/** The exact comment to standard output with --dry-run; in a workflow the summary of the step and annotations as well. */
function tell(review: Review, { dryRun, budget }: ReviewOptions, { env, out, err }: Context): void {
  const summary = env['GITHUB_STEP_SUMMARY']
  try {
    if (summary) appendFileSync(summary, stepSummary(review))
  } catch (error) {
    unwritable(error)
  }
  if (env['GITHUB_ACTIONS'] === 'true') (dryRun ? err : out)(annotations(findingsOfHead(review)))
  if (dryRun) out(reviewBody(review, { budget }).text)
}

const unwritable = refused(
  'review-summary',
  'cannot write the summary of the step',
  'GITHUB_STEP_SUMMARY has to name a file that can be written.',
)

function verdictCode(review: Review, { failOn }: ReviewOptions, { err, colorsErr }: Context): ExitCode {
  const { state, line } = verdictOf(review)
  err(`${state === 'success' ? colorsErr.green(state) : colorsErr.red(state)}: ${line}\n`)
  if ('diff' in review.outcome && meeting(review.outcome.diff.changes, failOn).length > 0) return exitCode.failOn
  return state === 'success' ? exitCode.clean : exitCode.findings
}
