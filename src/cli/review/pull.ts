import { posix } from 'node:path'
import { readEvidence } from '../../io/github/artifact.ts'
import { type GitHub, githubClient } from '../../io/github/client.ts'
import { findPullRequest, mergeBase, type PullRequest, readPullRequest } from '../../io/github/pull-request.ts'
import { fullName } from '../../io/github/repository.ts'
import { sourceReader } from '../../io/github/sources.ts'
import { OperationError } from '../../io/operation-error.ts'
import type { BootEvidence, Review } from '../../plan/changes/review.ts'
import type { ReviewOptions } from '../commands/review.ts'
import { UsageError } from '../compare/choose-sides.ts'
import type { TreeSide } from '../compare/compile-trees.ts'
import type { Context } from '../context.ts'
import type { Occasion } from './event.ts'
import { bootEvidence } from './evidence.ts'
import { treeOfCommit } from './github-tree.ts'
import { makeReview } from './make-review.ts'

export type PullReview = { readonly client: GitHub; readonly pull: PullRequest; readonly review: Review; readonly head?: TreeSide }

/** The review of a pull request, made from what the API says of its two commits: nothing of it runs here. */
export async function pullReview(
  occasion: Occasion,
  { file: named, evidenceArtifact }: ReviewOptions,
  context: Context,
  signal: AbortSignal,
): Promise<PullReview | { readonly why: string }> {
  const { repo, evidenceRun, url } = occasion
  const file = pathInRepository(named)
  const client = clientOf(context, signal)
  const found =
    typeof occasion.pull === 'number'
      ? { pull: await readPullRequest(client, repo, occasion.pull) }
      : await findPullRequest(client, repo, occasion.pull)
  if (!found.pull) return found
  const { pull } = found
  const base = await mergeBase(client, repo, pull.base.sha, pull.head.sha)
  const reader = sourceReader(client)
  const now = context.now()
  const evidence = async (services: string | undefined): Promise<BootEvidence> => {
    if (!evidenceRun) return { state: 'not-run', why: 'no run of this commit was asked for a record' }
    try {
      const json = await readEvidence(client, { repo, runId: evidenceRun.id, artifact: evidenceArtifact, signal })
      const missing = `the run left no artifact ${evidenceArtifact}: nothing was booted, or it did not get that far`
      return await bootEvidence({ json, missing, trusted: !pull.fork, url: evidenceRun.url }, services)
    } catch (error) {
      if (!(error instanceof OperationError)) throw error
      return { state: 'not-run', why: error.message }
    }
  }
  const made = await makeReview({
    trees: [
      treeOfCommit(reader, { repo, sha: base }, file, pull.base.ref),
      treeOfCommit(
        reader,
        { repo: pull.head.repo, sha: pull.head.sha },
        file,
        pull.fork ? `${pull.head.repo.owner}:${pull.head.ref}` : pull.head.ref,
      ),
    ],
    file,
    options: { cacheDir: context.cacheDir, today: now.toISOString().slice(0, 10) },
    from: now,
    evidence,
    elsewhere: url ?? `pgfleet review --dry-run --repo ${fullName(repo)} --pull-request ${pull.number}`,
  })
  return { client, pull, ...made }
}

/** As git names it: comments are told apart by it, and lines found. */
function pathInRepository(file: string): string {
  const path = posix.normalize(file)
  if (!posix.isAbsolute(path) && !path.startsWith('../')) return path
  throw new UsageError('review-path', `${file} is no path within a repository`, 'Name services.yaml from the top of its repository.')
}

function clientOf({ env, version, err }: Context, signal: AbortSignal): GitHub {
  const token = env['GITHUB_TOKEN'] || env['GH_TOKEN']
  if (!token)
    throw new OperationError(
      'github-token',
      'there is no token for GitHub',
      'Set GITHUB_TOKEN; in a workflow: env: { GITHUB_TOKEN: ${{ github.token }} }.',
    )
  const apiUrl = env['GITHUB_API_URL']
  return githubClient({
    token,
    userAgent: `pgfleet/${version}`,
    log: (message) => err(`${message}\n`),
    signal,
    ...(apiUrl ? { apiUrl } : {}),
  })
}
