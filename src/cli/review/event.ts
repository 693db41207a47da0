// What GitHub Actions says of the run that this is: https://docs.github.com/en/actions/reference/workflows-and-actions/variables
import { readText } from '../../io/disk.ts'
import type { RunOrigin } from '../../io/github/pull-request.ts'
import { parseRepository, type Repository } from '../../io/github/repository.ts'
import { OperationError } from '../../io/operation-error.ts'
import type { Context } from '../context.ts'

/** Where to look for the pull request, and who asks. */
export type Occasion = {
  readonly repo: Repository
  /** The number where it is trusted; otherwise what the run was of. */
  readonly pull: number | RunOrigin
  /** Of this run, for the order of runs; 0 outside of Actions. */
  readonly run: { readonly id: number; readonly attempt: number }
  /** The run that may have left evidence. */
  readonly evidenceRun?: { readonly id: number; readonly url: string }
  /** Address of this run. */
  readonly url?: string
}

export type OccasionOptions = { readonly repo?: string; readonly pullRequest?: number }

type Json = { readonly [key: string]: unknown }

/** From the options where they name a pull request, otherwise from the event; undefined where neither does. */
export function occasionOf({ repo, pullRequest }: OccasionOptions, { env }: Context): Occasion | undefined {
  const repository = repo ?? env['GITHUB_REPOSITORY']
  const run = { id: Number(env['GITHUB_RUN_ID'] ?? 0), attempt: Number(env['GITHUB_RUN_ATTEMPT'] ?? 1) }
  const url = env['GITHUB_RUN_ID'] ? `${env['GITHUB_SERVER_URL'] ?? 'https://github.com'}/${repository}/actions/runs/${run.id}` : undefined
  const common = { run, ...(url === undefined ? {} : { url }) }
  if (pullRequest !== undefined) {
    if (repository === undefined) throw wrong('--pull-request needs --repo OWNER/NAME outside of GitHub Actions')
    return { ...common, repo: parseRepository(repository), pull: pullRequest }
  }
  const path = env['GITHUB_EVENT_PATH']
  if (!path || repository === undefined) return undefined
  const event = parsed(readText(path, 'the event (GITHUB_EVENT_PATH)'))
  const target = { ...common, repo: parseRepository(repository) }
  const name = env['GITHUB_EVENT_NAME'] ?? ''
  switch (name) {
    case 'workflow_run': {
      const of = objectAt(event, 'workflow_run')
      return {
        ...target,
        pull: {
          headSha: textAt(of, 'head_sha', /^[0-9a-f]{40}$/),
          headRepository: textAt(objectAt(of, 'head_repository'), 'full_name'),
          headBranch: textAt(of, 'head_branch'),
        },
        evidenceRun: { id: numberAt(of, 'id'), url: textAt(of, 'html_url') },
      }
    }
    case 'pull_request':
    case 'pull_request_target':
      return { ...target, pull: numberAt(objectAt(event, 'pull_request'), 'number') }
    default:
      throw wrong(`the event ${name || '(none)'} has no pull request; there are workflow_run, pull_request and pull_request_target`)
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    throw wrong('the file of GITHUB_EVENT_PATH is no JSON')
  }
}

function objectAt(json: Json, key: string): Json {
  const value = json[key]
  if (typeof value !== 'object' || value === null) throw wrong(`the event has no ${key}`)
  return value as Json
}

function textAt(json: Json, key: string, pattern = /./): string {
  const value = json[key]
  if (typeof value !== 'string' || !pattern.test(value)) throw wrong(`the event has no ${key}`)
  return value
}

function numberAt(json: Json, key: string): number {
  const value = json[key]
  if (!Number.isSafeInteger(value)) throw wrong(`the event has no ${key}`)
  return value as number
}

const wrong = (message: string): OperationError =>
  new OperationError('review-event', message, 'Run it in a workflow, or name the pull request: --repo OWNER/NAME --pull-request N.')
