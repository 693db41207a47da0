import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Fake, startFake } from '../github/fake/fake.ts'
import type { Pull } from '../github/fake/state.ts'
import { bundle, environment, installCli, pgfleet } from '../support/cli.ts'
import { temporaryFolder } from '../support/git-repository.ts'
import { onlyBody, openPull, workflowRun } from '../support/github-review.ts'
import { shop, shopSql } from '../support/review-fleet.ts'

installCli()

let fake: Fake
let pull: Pull
let folder: string
/** A GitHub Enterprise Server: its API is below a path, and GraphQL is beside it. */
beforeEach(async () => {
  fake = await startFake({ basePath: '/api/v3' })
  pull = openPull(fake.state, 7, {
    base: { 'services.yaml': shop(), ...shopSql },
    head: { 'services.yaml': shop({ schemas: 'orders' }), ...shopSql },
  })
  folder = temporaryFolder({ 'event.json': JSON.stringify(workflowRun(pull)), 'summary.md': 'what another step said\n' })
})
afterEach(async () => {
  await fake.close()
  expect(fake.problems).toEqual([])
})

const step = (more: Record<string, string> = {}) => ({
  GITHUB_ACTIONS: 'true',
  GITHUB_EVENT_NAME: 'workflow_run',
  GITHUB_EVENT_PATH: join(folder, 'event.json'),
  GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
  GITHUB_REPOSITORY: 'acme/fleet',
  GITHUB_RUN_ID: '100',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_SERVER_URL: 'https://ghes.test',
  GITHUB_API_URL: fake.apiUrl,
  GITHUB_TOKEN: 'ghs_actions-write',
  ...more,
})

/** octokit spaces its requests by seconds; see test/support/github-review.ts. */
const atOnce = `const later = setTimeout
globalThis.setTimeout = (run, ms, ...args) => (args.length > 0 || ms === 499 ? later(run, ms, ...args) : setImmediate(run))`

describe('as a step of a workflow on GitHub Enterprise Server', () => {
  test.each(['', '/'])('all is written, with %j behind the address', async (slash) => {
    const ran = await pgfleet(['review'], { in: folder, env: step({ GITHUB_API_URL: fake.apiUrl + slash }), before: atOnce })
    expect(ran.code, ran.err).toBe(0)
    expect(onlyBody(pull)).toMatch(/^### ⛔ Not allowed: destroys data of `orders`\n/)
    expect([pull.labels.size, pull.reviewComments.length, fake.state.statuses.length]).toEqual([1, 1, 1])
    expect(fake.requests.filter(({ url }) => !/\/api\/(v3\/|graphql$)|\/store\//.test(url))).toEqual([])
  })

  test('the summary is added to what is there', async () => {
    await pgfleet(['review', '--dry-run'], { in: folder, env: step(), before: atOnce })
    expect(readFileSync(join(folder, 'summary.md'), 'utf8')).toMatch(/^what another step said\n### ⛔ Not allowed/)
  })

  test('a summary that cannot be written', async () => {
    const { code, err } = await pgfleet(['review', '--dry-run'], {
      in: folder,
      env: step({ GITHUB_STEP_SUMMARY: join(folder, 'no/summary.md') }),
      before: atOnce,
    })
    expect(code).toBe(3)
    expect(err).toContain('error: cannot write the summary of the step')
    expect(err).not.toContain('    at ')
  })

  test('the token is nowhere', async () => {
    const ran = await pgfleet(['review'], { in: folder, env: step({ GITHUB_TOKEN: 'ghs_unknown-token' }), before: atOnce })
    expect(ran.code).toBe(3)
    expect(ran.err).toContain('[github-unauthorized]')
    expect(ran.out + ran.err + readFileSync(join(folder, 'summary.md'), 'utf8')).not.toContain('ghs_')
  })
})

describe('while it waits for a limit', () => {
  const limited = {
    status: 403,
    headers: { 'retry-after': '60' },
    body: { message: 'You have exceeded a secondary rate limit.', documentation_url: 'https://docs.github.com/rest' },
  }

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it, and nothing is written', async (signal) => {
    fake.faults.push({ operation: 'issues/create-comment', answer: limited })
    const child = spawn(process.execPath, [bundle, 'review'], {
      cwd: folder,
      env: { ...environment, ...step() },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let err = ''
    const waits = new Promise<void>((done) =>
      child.stderr.on('data', (chunk) => {
        err += chunk
        if (err.includes('waiting')) done()
      }),
    )
    const ended = new Promise<number | null>((done) => child.on('close', done))
    await waits
    const begin = Date.now()
    child.kill(signal)
    expect(await ended).toBe(3)
    expect(Date.now() - begin).toBeLessThan(3000)
    expect(err).toBe(
      'github: secondary rate limit at POST /repos/{owner}/{repo}/issues/{issue_number}/comments: waiting 60 s\nInterrupted: what was written so far stays, and another run completes it.\n',
    )
    expect([pull.comments, fake.state.statuses]).toEqual([[], []])
  })
})
