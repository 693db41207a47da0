import type { GitHub } from './client.ts'
import { githubFailed } from './failure.ts'
import { fullName, inRepository, parseRepository, type Repository } from './repository.ts'

export type PullRequest = {
  readonly number: number
  readonly base: { readonly repo: Repository; readonly ref: string; readonly sha: string }
  readonly head: { readonly repo: Repository; readonly ref: string; readonly sha: string }
  /** Its head is in another repository: whoever wrote it decides what its workflows do. */
  readonly fork: boolean
}

/** What the event of a finished workflow says of the commit that it ran for. GitHub fills these; the workflow cannot. */
export type RunOrigin = {
  /** `workflow_run.head_sha` */
  readonly headSha: string
  /** `workflow_run.head_repository.full_name` */
  readonly headRepository: string
  /** `workflow_run.head_branch` */
  readonly headBranch: string
}

/**
 * The open pull request that a workflow ran for. `workflow_run.pull_requests` is empty for forks, and a number in an artifact is the
 * word of whoever wrote the change: so exactly one has to have this head commit, head repository and base repository.
 */
export async function findPullRequest(
  client: GitHub,
  repo: Repository,
  { headSha, headRepository, headBranch }: RunOrigin,
): Promise<{ readonly pull: PullRequest } | { readonly pull?: undefined; readonly why: string }> {
  const label = `${parseRepository(headRepository).owner}:${headBranch}`
  const open = await client
    .paginate(client.rest.pulls.list, { ...inRepository(repo), state: 'open', head: label, per_page: 100 })
    .catch(githubFailed(`look for the pull request of ${label}`, 'pull-requests: read'))
  const found = open.filter(
    ({ head, base }) =>
      head.sha === headSha && isRepository(head.repo?.full_name, headRepository) && isRepository(base.repo.full_name, fullName(repo)),
  )
  if (found.length === 1) return { pull: pullRequest(found[0]!) }
  const commit = `${headSha.slice(0, 12)} of ${headRepository}`
  if (found.length > 1) return { why: `${found.map(({ number }) => `#${number}`).join(' and ')} all have ${commit} as their head` }
  return { why: `no open pull request has ${commit} as its head: it was closed, or has newer commits` }
}

/** GitHub's names differ by more than the case of letters. */
const isRepository = (name: string | undefined, wanted: string): boolean => name?.toLowerCase() === wanted.toLowerCase()

/** The pull request of a number. Its head repository may be gone: then so is what there was to review, and an OperationError is thrown. */
export async function readPullRequest(client: GitHub, repo: Repository, number: number): Promise<PullRequest> {
  return pullRequest(await getPullRequest(client, repo, number))
}

async function getPullRequest(client: GitHub, repo: Repository, number: number) {
  const { data } = await client.rest.pulls
    .get({ ...inRepository(repo), pull_number: number })
    .catch(githubFailed(`read pull request #${number} of ${fullName(repo)}`, 'pull-requests: read'))
  return data
}

type Ref = { readonly ref: string; readonly sha: string; readonly repo: { readonly full_name: string } | null }

function pullRequest({ number, base, head }: { number: number; base: Ref; head: Ref }): PullRequest {
  // Of a fork that was deleted, the commits are still in the base repository: refs/pull/N/head.
  const side = ({ ref, sha, repo }: Ref) => ({ ref, sha, repo: parseRepository((repo ?? base.repo)!.full_name) })
  return { number, base: side(base), head: side(head), fork: head.repo?.full_name !== base.repo?.full_name }
}

/** Asked right before anything is written: why what was reviewed is not what is to be merged any more; undefined while it is. */
export async function headMoved(client: GitHub, repo: Repository, number: number, head: string): Promise<string | undefined> {
  const { state, head: newest } = await getPullRequest(client, repo, number)
  if (state === 'closed') return `#${number} is closed`
  const now = newest.sha
  return now === head ? undefined : `the head of #${number} is ${now.slice(0, 12)} by now; this run reviewed ${head.slice(0, 12)}`
}

/** Where the changes of a pull request begin: what base and head have in common last. Asked in the base repository, which has both. */
export async function mergeBase(client: GitHub, repo: Repository, base: string, head: string): Promise<string> {
  const { data } = await client.rest.repos
    .compareCommitsWithBasehead({ ...inRepository(repo), basehead: `${base}...${head}`, per_page: 1 })
    .catch(githubFailed(`find the merge base of ${base.slice(0, 12)} and ${head.slice(0, 12)}`, 'contents: read'))
  return data.merge_base_commit.sha
}
