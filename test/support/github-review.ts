// pgfleet review against the GitHub in test/github/fake: pull requests with commits, events as GitHub sends them, and what came of it.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createTwoFilesPatch, OMIT_HEADERS } from 'diff'
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest'
import { type Fake, startFake, type tokens } from '../github/fake/fake.ts'
import { addCommit, type File } from '../github/fake/git.ts'
import { addPull, type Pull, type State } from '../github/fake/state.ts'
import { tokensOutside } from '../github/setup.ts'
import { type ZipEntry, zipOf } from '../github/zip.ts'
import type { Ran } from './cli.ts'
import { type InProcess, inProcess } from './cli-in-process.ts'
import { temporaryFolder, write } from './git-repository.ts'

type Tree = Readonly<Record<string, File>>

/** `main`: what the base branch has by now, when that is more than the base. */
export type PullOptions = {
  readonly base: Tree
  readonly head: Tree
  readonly main?: Tree
  readonly fork?: string
  readonly labels?: Set<string>
}

/** A pull request of two commits; its files have patches as GitHub gives them. */
export function openPull(state: State, number: number, { base, head, main, fork, labels = new Set() }: PullOptions): Pull {
  const parent = addCommit(state, base)
  const tip = main ? addCommit(state, main, parent) : parent
  return addPull(state, number, {
    head: { repo: fork ?? 'acme/fleet', ref: 'change', sha: addCommit(state, head, parent) },
    base: { repo: 'acme/fleet', ref: 'main', sha: tip },
    files: changedFiles(base, head),
    labels,
  })
}

/** Another commit on the branch of a pull request. */
export function push(state: State, pull: Pull, base: Tree, head: Tree): void {
  pull.head.sha = addCommit(state, head, pull.head.sha)
  pull.files = changedFiles(base, head)
}

function changedFiles(base: Tree, head: Tree): Pull['files'] {
  const textOf = (file: File | undefined) => (typeof file === 'string' ? file : '')
  return [...new Set([...Object.keys(base), ...Object.keys(head)])]
    .filter((path) => textOf(base[path]) !== textOf(head[path]))
    .map((filename) => {
      const patch = createTwoFilesPatch('a', 'b', textOf(base[filename]), textOf(head[filename]), '', '', {
        headerOptions: OMIT_HEADERS,
        maxEditLength: 4000,
      })
      return { filename, status: filename in base ? ('modified' as const) : ('added' as const), patch: patch ?? '' }
    })
}

const examples: { name: string; examples: Record<string, object>[] }[] = createRequire(import.meta.url)('@octokit/webhooks-examples')

const example = (name: string): Record<string, object> => structuredClone(examples.find((each) => each.name === name)!.examples[0]!)

/** The event of a finished run, as GitHub fills it: its list of pull requests is empty for forks. */
export function workflowRun({ head }: Pull, runId = 5): object {
  const event = example('workflow_run')
  const repository = { ...event['repository'], full_name: 'acme/fleet' }
  const run = {
    ...event['workflow_run'],
    id: runId,
    html_url: `https://github.test/acme/fleet/actions/runs/${runId}`,
    event: 'pull_request',
    head_sha: head.sha,
    head_branch: head.ref,
    head_repository: { ...event['repository'], full_name: head.repo },
    pull_requests: [],
  }
  return { ...event, action: 'completed', repository, workflow_run: run }
}

export function pullRequestEvent({ number }: Pull): object {
  const event = example('pull_request')
  return { ...event, number, pull_request: { ...event['pull_request'], number } }
}

export type Occasion = {
  readonly event?: 'workflow_run' | 'pull_request' | 'pull_request_target' | 'push'
  readonly payload?: object | string
  /** Id and attempt of this run. */
  readonly run?: readonly [id: number, attempt: number]
  readonly token?: keyof typeof tokens
  readonly env?: Readonly<Record<string, string>>
}

export type Reviewed = Ran & {
  /** What the step's summary holds. */
  readonly summary: string
}

export type Stage = {
  readonly fake: Fake
  readonly env: (pull: Pull, occasion?: Occasion) => Record<string, string>
  /** As a step of a workflow. */
  readonly review: (pull: Pull, args?: readonly string[], occasion?: Occasion) => Promise<Reviewed>
  /** As somebody at a terminal. */
  readonly cli: (args: readonly string[], options?: Partial<InProcess>) => Promise<Ran>
  /** Puts evidence where the run 5 leaves it. */
  readonly leaveEvidence: (content: object | string | Buffer, more?: { entries?: readonly ZipEntry[]; name?: string }) => void
  /** Names of the operations that wrote, in order. */
  readonly writes: () => string[]
  /** The folder that steps run in: a checkout with secrets and without services.yaml. */
  readonly folder: string
}

/**
 * A GitHub of its own for each test of a file. After each: neither side broke the contract, and no token went anywhere but into the header
 * that is for it. Waits between writes take no time.
 */
export function onGitHub(options: Parameters<typeof startFake>[0] = {}): Stage {
  let fake: Fake
  const folder = temporaryFolder()
  const said: string[] = []
  let steps = 0
  beforeAll(() => {
    const later = setTimeout
    // octokit spaces its requests. The timers of Node's own fetch are left alone: they have arguments, or tick each 499 ms.
    vi.stubGlobal('setTimeout', (run: () => void, ms: number, ...args: []) =>
      args.length > 0 || ms === 499 ? later(run, ms, ...args) : setImmediate(run),
    )
  })
  afterAll(() => vi.unstubAllGlobals())
  beforeEach(async () => {
    fake = await startFake(options)
    said.length = 0
  })
  afterEach(async () => {
    await fake.close()
    expect(fake.problems).toEqual([])
    expect(tokensOutside(fake, said)).toEqual([])
  })
  const env: Stage['env'] = (
    pull,
    { event = 'workflow_run', payload, run = [100, 1], token = 'ghs_actions-write', env: more = {} } = {},
  ) => {
    const body = payload ?? (event === 'workflow_run' ? workflowRun(pull) : pullRequestEvent(pull))
    const name = `step-${++steps}`
    write(folder, { [`${name}.json`]: typeof body === 'string' ? body : JSON.stringify(body), [`${name}.md`]: '' })
    return {
      GITHUB_ACTIONS: 'true',
      GITHUB_EVENT_NAME: event,
      GITHUB_EVENT_PATH: join(folder, `${name}.json`),
      GITHUB_STEP_SUMMARY: join(folder, `${name}.md`),
      GITHUB_REPOSITORY: 'acme/fleet',
      GITHUB_RUN_ID: String(run[0]),
      GITHUB_RUN_ATTEMPT: String(run[1]),
      GITHUB_SERVER_URL: 'https://github.test',
      GITHUB_API_URL: fake.apiUrl,
      GITHUB_TOKEN: token,
      ...more,
    }
  }
  const cli: Stage['cli'] = async (args, options = {}) => {
    const ran = await inProcess(['review', ...args], { in: folder, ...options })
    said.push(ran.out, ran.err)
    return ran
  }
  return {
    get fake() {
      return fake
    },
    folder,
    env,
    cli,
    review: async (pull, args = [], occasion = {}) => {
      const given = env(pull, occasion)
      const ran = await cli(args, { env: given })
      const summary = readFileSync(given['GITHUB_STEP_SUMMARY']!, 'utf8')
      said.push(summary)
      return { ...ran, summary }
    },
    leaveEvidence: (content, { entries, name = 'pgfleet-evidence' } = {}) => {
      const json = typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content)
      const zip = zipOf(entries ?? [{ name: 'evidence.json', content: json }])
      fake.state.artifacts.push({ id: fake.state.nextId++, runId: 5, name, expired: false, size: zip.length, zip })
    },
    writes: () => fake.requests.filter(isWrite).map(({ operation }) => operation),
  }
}

const isWrite = ({ operation, body }: { operation: string; body: string }): boolean =>
  operation === 'graphql' ? body.includes('mutation') : !/\/(get|list|compare|download)|^store$/.test(operation)

/** Body of the only comment of a pull request, without the line of its marker. */
export function onlyBody({ comments }: Pull): string {
  expect(comments).toHaveLength(1)
  return bodyOf(comments[0]!.body)
}

export const bodyOf = (comment: string): string => {
  expect(comment).toMatch(/^<!-- pgfleet:v1 \{.*\} -->\n/)
  return comment.slice(comment.indexOf('\n') + 1)
}

export const titleOf = (body: string): string => body.split('\n', 1)[0]!

/** Statuses of the head of a pull request. */
export const statusesOf = ({ statuses }: State, { head }: Pull): { state: string; context: string; description: string }[] =>
  statuses.filter(({ sha }) => sha === head.sha).map(({ state, context, description }) => ({ state, context, description }))
