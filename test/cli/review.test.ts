import { describe, expect, test } from 'vitest'
import type { Pull } from '../github/fake/state.ts'
import { without } from '../support/diff-cli.ts'
import { onGitHub, onlyBody, openPull, pullRequestEvent, push, statusesOf, titleOf, workflowRun } from '../support/github-review.ts'
import { allowSpare, shopFiles as fleet, type shop } from '../support/review-fleet.ts'

const stage = onGitHub()
const open = (head: Parameters<typeof shop>[0], more: Partial<Parameters<typeof openPull>[2]> = {}): Pull =>
  openPull(stage.fake.state, 7, { base: fleet(), head: fleet(head), ...more })
const everyWrite = [
  'issues/create-comment',
  'repos/create-commit-status',
  'issues/create-label',
  'issues/add-labels',
  'pulls/create-review',
]
const refused = '### ⛔ Not allowed: destroys data of `orders`'

describe('which pull request', () => {
  test('that of a run that has finished: comment, status, labels and inline comments', async () => {
    const pull = open(without)
    const { code, out, err, summary } = await stage.review(pull)
    expect(code).toBe(0)
    expect(out).toBe('')
    expect(err).toMatch(/^created https:\/\/github\.test\/.*\nfailure: destroys without leave: orders\/schema\/spare; /)
    expect(titleOf(onlyBody(pull))).toBe(refused)
    expect(summary).toContain(refused)
    expect(statusesOf(stage.fake.state, pull)).toEqual([
      {
        state: 'failure',
        context: 'pgfleet/services.yaml',
        description: 'destroys without leave: orders/schema/spare; 1 change, gravest: destroy (1)',
      },
    ])
    expect([...pull.labels]).toEqual(['pgfleet:destroy'])
    expect(pull.reviewComments.map(({ path, line }) => `${path}:${line}`)).toEqual(['services.yaml:9'])
    expect(pull.reviewComments[0]!.body).toContain(
      '\n**destroy** schema spare: refused until `allow:` names `schema-removed` of `orders/schema/spare`\n',
    )
    expect(stage.writes()).toEqual(everyWrite)
  })

  test.each(['pull_request', 'pull_request_target'] as const)('that of the event %s', async (event) => {
    const pull = open(without)
    expect((await stage.review(pull, [], { event })).code).toBe(0)
    expect(onlyBody(pull)).toContain('⚪ **Not run**: no run of this commit was asked for a record')
  })

  test.each(['GITHUB_TOKEN', 'GH_TOKEN'])('that of --repo and --pull-request, with the token in %s', async (name) => {
    const pull = open(without)
    const env = { GITHUB_API_URL: stage.fake.apiUrl, [name]: 'ghp_alice-write' }
    const { code, out } = await stage.cli(['--repo', 'acme/fleet', '--pull-request', '7'], { env })
    expect([code, out]).toEqual([0, ''])
    expect(titleOf(onlyBody(pull))).toBe(refused)
    expect(pull.comments[0]!.user.login).toBe('alice')
  })

  test.each(['./services.yaml', 'x/../services.yaml'])('%s is services.yaml', async (file) => {
    const pull = open({ memory: 'much' })
    await stage.review(pull)
    const { out } = await stage.review(pull, [file])
    expect(titleOf(onlyBody(pull))).toBe('### ❌ `services.yaml` does not compile: 1 error')
    expect(pull.reviewComments.map(({ path }) => path)).toEqual(['services.yaml'])
    expect(out).toMatch(/^::error file=services\.yaml,/)
  })

  test.each(['/github/workspace/services.yaml', '../services.yaml'])('%s is in no repository', async (file) => {
    const { code, err } = await stage.review(open(without), [file])
    expect(code).toBe(2)
    expect(err).toBe(
      `error: ${file} is no path within a repository [review-path]\n  help: Name services.yaml from the top of its repository.\n`,
    )
    expect(stage.writes()).toEqual([])
  })

  test('--pull-request comes before the event, in the repository of the workflow', async () => {
    const other = openPull(stage.fake.state, 8, { base: fleet(), head: fleet() })
    const pull = open(without)
    await stage.review(other, ['--pull-request', '7'])
    expect([pull.comments.length, other.comments.length]).toEqual([1, 0])
  })

  test('of two branches of one name that of the repository that the run was of', async () => {
    const own = open(without)
    const fork = openPull(stage.fake.state, 8, { base: fleet(), head: fleet({ memory: '3GiB' }), fork: 'mallory/fleet' })
    expect((await stage.review(fork)).code).toBe(0)
    expect(own.comments).toEqual([])
    expect(titleOf(onlyBody(fork))).toBe('### 🟠 Recreates containers of `orders`')
    expect(onlyBody(fork)).toContain('`mallory:change`')
  })

  test.each<[string, (pull: Pull) => void]>([
    ['was closed', (pull) => (pull.state = 'closed')],
    ['has a newer commit', (pull) => push(stage.fake.state, pull, fleet(), fleet())],
  ])('none where it %s', async (_, change) => {
    const pull = open(without)
    const payload = workflowRun(pull)
    change(pull)
    const { code, err, summary } = await stage.review(pull, [], { payload })
    expect(code).toBe(0)
    expect(err).toMatch(
      /^nothing to review: no open pull request has [0-9a-f]{12} of acme\/fleet as its head: it was closed, or has newer commits\n$/,
    )
    expect([summary, stage.writes()]).toEqual(['', []])
  })

  test.each<[string, object | string, string]>([
    ['push', {}, 'the event push has no pull request'],
    ['workflow_run', {}, 'the event has no workflow_run'],
    ['workflow_run', { workflow_run: { head_sha: 'main' } }, 'the event has no head_sha'],
    ['workflow_run', { workflow_run: { head_sha: 'a'.repeat(40), head_repository: null } }, 'the event has no head_repository'],
    ['pull_request', { pull_request: { number: '7' } }, 'the event has no number'],
    ['pull_request', '{', 'the file of GITHUB_EVENT_PATH is no JSON'],
  ])('an event %s of %j', async (event, payload, message) => {
    const { code, err } = await stage.review(open(without), [], { event: event as 'push', payload })
    expect(code).toBe(3)
    expect(err).toContain(`error: ${message}`)
    expect(err).toContain('[review-event]\n  help: Run it in a workflow, or name the pull request: --repo OWNER/NAME --pull-request N.')
    expect(stage.fake.requests).toEqual([])
  })

  test.each<[string, string[], Record<string, string>, number, string]>([
    ['no token', ['--repo', 'acme/fleet', '--pull-request', '7'], {}, 3, '[github-token]'],
    [
      'a token that GitHub does not know',
      ['--repo', 'acme/fleet', '--pull-request', '7'],
      { GITHUB_TOKEN: 'ghp_wrong' },
      3,
      '[github-unauthorized]',
    ],
    ['no repository', ['--pull-request', '7'], { GITHUB_TOKEN: 'ghp_alice-write' }, 3, '[review-event]'],
    ['no such pull request', ['--repo', 'acme/fleet', '--pull-request', '9'], { GITHUB_TOKEN: 'ghp_alice-write' }, 3, '[github-not-found]'],
    ['no pull request', [], {}, 2, '[review-nowhere]'],
    [
      'a repository that is none',
      ['--repo', 'fleet', '--pull-request', '7'],
      { GITHUB_TOKEN: 'ghp_alice-write' },
      3,
      '[github-repository]',
    ],
    ['a number that is none', ['--repo', 'acme/fleet', '--pull-request', '0'], {}, 2, 'invalid'],
    ['a budget too small', ['--budget', '10'], {}, 2, 'invalid'],
    ['a mode that is none', ['--mode', 'append'], {}, 2, 'Allowed choices are update, new, hide-and-new'],
  ])('%s', async (_, args, env, code, said) => {
    open(without)
    const ran = await stage.cli(args, { env: { GITHUB_API_URL: stage.fake.apiUrl, ...env } })
    expect([ran.code, ran.out]).toEqual([code, ''])
    expect(ran.err).toContain(said)
    expect(ran.err).not.toMatch(/gh[ps]_/)
  })
})

describe('exit codes', () => {
  test.each<[string, Parameters<typeof shop>[0], string[], number]>([
    ['a loss: the status says it', without, [], 0],
    ['a loss', without, ['--fail-on', 'destroy'], 4],
    ['a loss that is permitted', { ...without, top: allowSpare() }, ['--fail-on', 'destroy'], 0],
    ['a loss', without, ['--fail-on', 'security'], 0],
    ['a restart', { more: 'settings: { max_wal_senders: 20 }\n' }, ['--fail-on', 'restart'], 4],
    ['a loss, --dry-run', without, ['--dry-run'], 1],
    ['a loss, --dry-run', without, ['--dry-run', '--fail-on', 'destroy'], 4],
    ['a restart, --dry-run', { more: 'settings: { max_wal_senders: 20 }\n' }, ['--dry-run'], 0],
    ['does not compile: the status says it', { memory: 'much' }, [], 0],
    ['does not compile, --dry-run', { memory: 'much' }, ['--dry-run'], 1],
  ])('%s %j %j', async (_, head, args, code) => {
    expect((await stage.review(open(head), args)).code).toBe(code)
  })

  test('a part that fails does not keep the others from being written', async () => {
    const pull = open(without)
    stage.fake.faults.push({ operation: 'issues/add-labels', answer: { status: 422, body: { message: 'no', documentation_url: 'x' } } })
    const { code, err } = await stage.review(pull)
    expect(code).toBe(3)
    expect(err).toContain('[github-refused]')
    expect(pull.comments).toHaveLength(1)
    expect(pull.reviewComments).toHaveLength(1)
  })
})

describe('GitHub or the network fails while sources are read', () => {
  const unavailable = { status: 502, body: { message: 'Server Error', documentation_url: 'https://docs.github.com/rest' } }
  test.each<[string, number, number, string]>([
    ['once', 1, 0, 'created'],
    ['for long', 8, 3, '[github-unreachable]'],
  ])('%s', async (_, times, code, said) => {
    const pull = open({ ...without, memory: '3GiB' })
    for (let time = 0; time < times; time++) stage.fake.faults.push({ operation: 'git/get-tree', answer: unavailable })
    const ran = await stage.review(pull)
    expect(ran.code).toBe(code)
    expect(ran.err).toContain(said)
    expect(stage.writes().length > 0).toBe(code === 0)
  })

  test('a commit that was pushed away says nothing of the change', async () => {
    const pull = open(without)
    stage.fake.before('repos/compare-commits-with-basehead', () =>
      stage.fake.before('git/get-tree', () => stage.fake.state.commits.delete(pull.head.sha)),
    )
    const { code, err } = await stage.review(pull)
    expect(code).toBe(3)
    expect(err).toContain('[github-not-found]')
    expect(stage.writes()).toEqual([])
  })
})

describe('a token that may only read, as runs of forks have it', () => {
  test.each<[string, Parameters<typeof shop>[0], number]>([
    ['a good verdict', { memory: '3GiB' }, 0],
    ['a bad one', without, 1],
    ['no compilation', { memory: 'much' }, 1],
  ])('%s: the summary and annotations say it', async (_, head, code) => {
    const pull = open(head, { fork: 'mallory/fleet' })
    const ran = await stage.review(pull, [], { event: 'pull_request', token: 'ghs_actions-read' })
    expect(ran.code).toBe(code)
    expect(ran.summary).toMatch(/^### /)
    expect(ran.out.startsWith('::error file=services.yaml,line=7,')).toBe(head?.memory === 'much')
    expect(ran.err).toContain('notice: the token may only read: the review is in the summary of this step, and nothing was written to #7\n')
    expect(ran.err).not.toContain('error: ')
    expect([pull.comments, statusesOf(stage.fake.state, pull), [...pull.labels], pull.reviewComments]).toEqual([[], [], [], []])
  })
})

test('the payload names no pull request of ours to trust: only commit, repository and branch count', async () => {
  const pull = open(without)
  const victim = openPull(stage.fake.state, 8, { base: fleet(), head: fleet({ memory: '3GiB' }) })
  const payload = workflowRun(pull) as { workflow_run: object }
  Object.assign(payload.workflow_run, { pull_requests: [{ number: 8 }], display_title: '#8' })
  await stage.review(pull, [], { payload })
  expect([pull.comments.length, victim.comments.length]).toEqual([1, 0])
  expect(pullRequestEvent(victim)).toMatchObject({ pull_request: { number: 8 } })
})

test('what both sides have is read once', async () => {
  const many = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [
      `sql/orders/${1000 + index}-x.sql`,
      `CREATE TABLE orders.t${index} (id bigint PRIMARY KEY);\n`,
    ]),
  )
  await stage.review(openPull(stage.fake.state, 7, { base: { ...fleet(), ...many }, head: { ...fleet(without), ...many } }))
  const asked = stage.fake.requests.filter(({ operation }) => operation === 'git/get-blob').map(({ url }) => url)
  expect([asked.length, new Set(asked).size]).toEqual([23, 23])
})
