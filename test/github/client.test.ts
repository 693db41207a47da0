import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { viewerLogin } from '../../src/io/github/identity.ts'
import { readPullRequest } from '../../src/io/github/pull-request.ts'
import { refused } from './fake/call.ts'
import { addPull } from './fake/state.ts'
import { failureOf, onStage } from './setup.ts'

const repo = { owner: 'acme', name: 'fleet' }
const secondary = {
  ...refused(403, 'You have exceeded a secondary rate limit. Please wait a few minutes.'),
  headers: { 'retry-after': '7' },
}
const exhausted = {
  ...refused(403, 'API rate limit exceeded for installation.'),
  headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${Math.floor(Date.now() / 1000) + 3600}` },
}

describe('where it asks', () => {
  describe.each([
    ['', ''],
    ['/api/v3', ''],
    ['/api/v3', '/'],
  ])('api url with path %j and %j at its end', (basePath, end) => {
    const stage = onStage({ basePath })
    test('REST and GraphQL', async () => {
      addPull(stage.fake.state, 7)
      const client = stage.client('ghs_actions-write', { apiUrl: stage.fake.apiUrl + end })
      expect((await readPullRequest(client, repo, 7)).number).toBe(7)
      expect(await viewerLogin(client)).toBe('github-actions[bot]')
      expect(stage.fake.requests.map(({ url }) => new URL(url).pathname)).toEqual([
        `${basePath}/repos/acme/fleet/pulls/7`,
        basePath === '' ? '/graphql' : '/api/graphql',
      ])
    })
  })
})

describe('what is tried again', () => {
  const stage = onStage()
  const read = () => readPullRequest(stage.client(), repo, 7)
  const fail = (...answers: object[]) => {
    addPull(stage.fake.state, 7)
    stage.fake.faults.push(...answers.map((answer) => ({ operation: 'pulls/get', ...answer })))
  }

  test.each([
    ['500 twice', [{ answer: refused(500, 'Server Error') }, { answer: refused(502, 'Bad Gateway') }], 3],
    ['a connection that is cut', [{ cut: 'before' }], 2],
    ['a secondary limit with retry-after', [{ answer: secondary }], 2],
    ['429 without words', [{ answer: { ...refused(429, 'Too Many Requests'), headers: { 'retry-after': '3' } } }], 2],
  ])('%s', async (_, faults, requests) => {
    fail(...faults)
    expect((await read()).number).toBe(7)
    expect(stage.fake.count('pulls/get')).toBe(requests)
  })

  test.each([
    [
      '500 for ever',
      Array(9).fill({ answer: refused(500, 'Server Error') }),
      4,
      'github-unreachable: cannot read pull request #7 of acme/fleet: Server Error',
    ],
    [
      'a secondary limit for ever',
      Array(9).fill({ answer: secondary }),
      3,
      'github-rate-limited: cannot read pull request #7 of acme/fleet: You have',
    ],
    ['an hour to wait', [{ answer: exhausted }], 1, 'github-rate-limited: cannot read pull request #7 of acme/fleet: API rate'],
    ['403', [{ answer: refused(403, 'Resource not accessible by integration') }], 1, 'github-forbidden: cannot read pull request #7'],
    ['404', [{ answer: refused(404, 'Not Found') }], 1, 'github-not-found: cannot read pull request #7'],
    ['422', [{ answer: refused(422, 'Validation Failed') }], 1, 'github-refused: cannot read pull request #7'],
  ])('%s ends, and says so', async (_, faults, requests, message) => {
    fail(...faults)
    expect(await failureOf(read())).toContain(message)
    expect(stage.fake.count('pulls/get')).toBe(requests)
  })

  test('waits are said', async () => {
    fail({ answer: secondary })
    await read()
    expect(stage.log).toEqual(['github: secondary rate limit at GET /repos/{owner}/{repo}/pulls/{pull_number}: waiting 7 s'])
  })

  test('what the user ends is not tried again', async () => {
    fail(...Array(9).fill({ cut: 'before' }))
    const ending = new AbortController()
    stage.fake.before('pulls/get', () => ending.abort(new Error('ended')))
    expect(await failureOf(readPullRequest(stage.client('ghs_actions-write', { signal: ending.signal }), repo, 7))).toBe('Error: ended')
    await sleep(100)
    expect(stage.fake.count('pulls/get')).toBe(1)
  })

  test('nor waited for', async () => {
    fail({ answer: { ...secondary, headers: { 'retry-after': '299' } } })
    const ending = new AbortController()
    const client = stage.client('ghs_actions-write', {
      signal: ending.signal,
      waits: { ...stage.waits, second: 1000 },
      log: () => ending.abort(new Error('ended')),
    })
    expect(await failureOf(readPullRequest(client, repo, 7))).toBe('Error: ended')
  })
})

describe('refusals', () => {
  const stage = onStage()
  test('a wrong token: what to do, and not the token', async () => {
    const error = await readPullRequest(stage.client('ghs_expired'), repo, 7).catch((thrown) => thrown)
    expect({ code: error.code, message: error.message, hint: error.hint }).toEqual({
      code: 'github-unauthorized',
      message: 'cannot read pull request #7 of acme/fleet: Bad credentials',
      hint: 'The token is wrong or has expired, or it is one of another server: check --api-url as well.',
    })
    expect(JSON.stringify({ ...error, stack: error.stack, cause: error.cause })).not.toContain('ghs_expired')
  })
})
