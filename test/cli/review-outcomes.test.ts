import { describe, expect, test } from 'vitest'
import type { Pull } from '../github/fake/state.ts'
import { without } from '../support/diff-cli.ts'
import { repository, temporaryFolder } from '../support/git-repository.ts'
import { bodyOf, onGitHub, onlyBody, openPull, push, statusesOf, titleOf } from '../support/github-review.ts'
import { problemsOf } from '../support/markdown-tree.ts'
import { allowSpare, shopFiles as fleet, shop } from '../support/review-fleet.ts'

const stage = onGitHub()
const open = (head: Parameters<typeof shop>[0], more: Partial<Parameters<typeof openPull>[2]> = {}): Pull =>
  openPull(stage.fake.state, 7, { base: fleet(), head: fleet(head), ...more })
const refused = '### ⛔ Not allowed: destroys data of `orders`'

describe('what cannot be compared', () => {
  const broken = { memory: 'much' }
  test.each<[string, object, object, string, string]>([
    ['the head', fleet(), fleet(broken), '### ❌ `services.yaml` does not compile: 1 error', 'failure'],
    ['the base', fleet(broken), fleet(), '### ⚠️ The base of `services.yaml` does not compile: the change cannot be judged', 'error'],
    [
      'both',
      fleet(broken),
      fleet({ ...broken, schemas: 'x' }),
      '### ❌ `services.yaml` does not compile: 1 error, and neither does its base',
      'failure',
    ],
    [
      'neither is there',
      { 'README.md': 'x' },
      { 'README.md': 'y' },
      '### ❌ `services.yaml` does not compile: 1 error, and neither does its base',
      'failure',
    ],
  ])('%s', async (_, base, head, first, state) => {
    const pull = openPull(stage.fake.state, 7, { base: base as Record<string, string>, head: head as Record<string, string> })
    const { code } = await stage.review(pull)
    expect(code).toBe(0)
    const body = onlyBody(pull)
    expect(titleOf(body)).toBe(first)
    expect(problemsOf(body)).toEqual([])
    expect(statusesOf(stage.fake.state, pull).map((status) => status.state)).toEqual([state])
    expect([...pull.labels]).toEqual(['pgfleet:invalid'])
  })

  test('the findings stand at their lines', async () => {
    const pull = open(broken)
    const { out } = await stage.review(pull)
    expect(out).toBe(
      '::error file=services.yaml,line=7,endLine=7,col=13,endColumn=17,title=schema/pattern::services.orders.memory cannot be "much" (use KiB, MiB, GiB or TiB, e.g. 8GiB)\n',
    )
    expect(onlyBody(pull)).toContain(
      '- ❌ `services.yaml:7:13` services.orders.memory cannot be "much"; use KiB, MiB, GiB or TiB, e.g. 8GiB',
    )
    expect(pull.reviewComments.map(({ path, line }) => `${path}:${line}`)).toEqual(['services.yaml:7'])
  })

  test('findings of the base stand at no line of the head', async () => {
    const pull = openPull(stage.fake.state, 7, { base: fleet(broken), head: fleet() })
    const { out } = await stage.review(pull)
    expect(onlyBody(pull)).toContain('services.orders.memory cannot be "much"')
    expect([out, pull.reviewComments]).toEqual(['', []])
  })

  test('an entry of allow: that permits nothing is a finding at its line', async () => {
    const pull = open({ top: allowSpare() })
    const { out } = await stage.review(pull)
    expect(out).toMatch(/^::warning file=services\.yaml,line=\d+,.*title=allow-stale::/)
    expect(pull.reviewComments.map(({ body }) => body)).toEqual([expect.stringContaining('`allow-stale`')])
    expect(onlyBody(pull)).toContain('remove the entry')
  })

  test('a new fleet: its services are added', async () => {
    const pull = openPull(stage.fake.state, 7, { base: { 'README.md': 'x' }, head: fleet() })
    expect((await stage.review(pull)).code).toBe(0)
    expect(onlyBody(pull)).toContain('service orders')
    expect(statusesOf(stage.fake.state, pull)[0]!.state).toBe('success')
  })

  test('a fleet that is gone: its services are lost, and nothing permits it', async () => {
    const pull = openPull(stage.fake.state, 7, { base: fleet(), head: { 'README.md': 'x' } })
    await stage.review(pull)
    expect(titleOf(onlyBody(pull))).toBe(refused)
    expect(statusesOf(stage.fake.state, pull)[0]!.state).toBe('failure')
  })
})

describe('several services.yaml in one repository', () => {
  const at = (folder: string, options?: Parameters<typeof shop>[0]) =>
    Object.fromEntries(Object.entries(fleet(options)).map(([path, text]) => [`${folder}/${path}`, text]))

  test('one comment, one status and inline comments for each', async () => {
    const base = { ...at('eu'), ...at('us') }
    const pull = openPull(stage.fake.state, 7, { base, head: { ...at('eu', without), ...at('us', { memory: '3GiB' }) } })
    await stage.review(pull, ['eu/services.yaml'])
    await stage.review(pull, ['us/services.yaml'])
    expect(pull.comments.map(({ body }) => titleOf(bodyOf(body)))).toEqual([refused, '### 🟠 Recreates containers of `orders`'])
    expect(statusesOf(stage.fake.state, pull).map(({ context, state }) => [context, state])).toEqual([
      ['pgfleet/eu/services.yaml', 'failure'],
      ['pgfleet/us/services.yaml', 'success'],
    ])
    expect(pull.reviewComments.map(({ path }) => path)).toEqual(['eu/services.yaml'])
    expect([...pull.labels].sort()).toEqual(['pgfleet:destroy', 'pgfleet:recreate'])
    const written = stage.writes().length
    await stage.review(pull, ['eu/services.yaml'], { run: [101, 1] })
    await stage.review(pull, ['us/services.yaml'], { run: [101, 1] })
    expect(stage.writes().slice(written)).toEqual([])
  })

  test('the labels are those of all; that nothing changes has to be so for all', async () => {
    const base = { ...at('eu'), ...at('us') }
    const pull = openPull(stage.fake.state, 7, { base, head: { ...at('eu', without), ...at('us') } })
    await stage.review(pull, ['us/services.yaml'])
    expect([...pull.labels]).toEqual(['pgfleet:no-change'])
    await stage.review(pull, ['eu/services.yaml'])
    expect([...pull.labels]).toEqual(['pgfleet:destroy'])
    push(stage.fake.state, pull, base, { ...base, 'README.md': 'x' })
    await stage.review(pull, ['us/services.yaml'], { run: [101, 1] })
    expect([...pull.labels]).toEqual(['pgfleet:destroy'])
    await stage.review(pull, ['eu/services.yaml'], { run: [101, 1] })
    expect([...pull.labels]).toEqual(['pgfleet:no-change'])
  })

  test('findings have the path in the repository', async () => {
    const base = at('eu')
    const { out } = await stage.review(openPull(stage.fake.state, 7, { base, head: at('eu', { memory: 'much' }) }), ['eu/services.yaml'])
    expect(out).toMatch(/^::error file=eu\/services\.yaml,line=7,/)
  })

  test('only the SQL beside it is read', async () => {
    const base = { ...at('eu'), ...at('us') }
    const pull = openPull(stage.fake.state, 7, { base, head: { ...base, 'us/sql/orders/0002-x.sql': 'CREATE TABEL x ();' } })
    await stage.review(pull, ['eu/services.yaml'])
    expect(titleOf(onlyBody(pull))).toBe('### ✅ `eu/services.yaml` changes nothing')
  })
})

describe('--dry-run', () => {
  test('prints the bytes that are posted below the marker, and writes nothing', async () => {
    const pull = open({ ...without, memory: '3GiB' })
    const env = { GITHUB_TOKEN: 'ghs_actions-write', GITHUB_API_URL: stage.fake.apiUrl }
    const { out } = await stage.cli(['--dry-run', '--repo', 'acme/fleet', '--pull-request', '7'], { env })
    expect(stage.writes()).toEqual([])
    await stage.cli(['--repo', 'acme/fleet', '--pull-request', '7'], { env })
    expect(out).toBe(onlyBody(pull))
  })

  test.each([4096, 6000, 9000])('the same bytes where not all fits: --budget %i', async (budget) => {
    const pull = open({ ...without, memory: '3GiB' })
    const args = ['--budget', String(budget), '--repo', 'acme/fleet', '--pull-request', '7']
    const env = { GITHUB_TOKEN: 'ghs_actions-write', GITHUB_API_URL: stage.fake.apiUrl }
    const { out } = await stage.cli(['--dry-run', ...args], { env })
    await stage.cli(args, { env })
    expect(out).toBe(onlyBody(pull))
    expect(out).toContain('#### Left out here')
    expect(Buffer.byteLength(pull.comments[0]!.body)).toBeLessThanOrEqual(budget)
  })

  test('in a workflow annotations go to the other stream', async () => {
    const ran = await stage.review(open({ memory: 'much' }), ['--dry-run'])
    expect(ran.out).toMatch(/^### ❌ /)
    expect(ran.err).toMatch(/^::error /)
    expect(ran.summary).toMatch(/^### ❌ /)
  })

  test('a token that may only read is enough', async () => {
    const ran = await stage.review(open(without), ['--dry-run'], { event: 'pull_request', token: 'ghs_actions-read' })
    expect(ran.code).toBe(1)
    expect(ran.err).toMatch(/^failure: destroys without leave/)
  })

  test.each([
    ['no such revision', ['--base', 'nowhere'], 2],
    ['two files, one missing', ['--base', 'services.yaml', '--head', 'nowhere'], 2],
  ])('%s', async (_, args, code) => {
    const ran = await stage.cli(['--dry-run', ...args], { in: repository([fleet()]) })
    expect([ran.code, ran.out]).toEqual([code, ''])
    expect(ran.err).toMatch(/^error: nowhere is /)
  })

  test('of files on this machine needs neither a token nor a network', async () => {
    const folder = temporaryFolder({ ...fleet(), 'new.yaml': shop(without) })
    const { code, out } = await stage.cli(['--dry-run', '--base', 'services.yaml', '--head', 'new.yaml'], { in: folder })
    expect(code).toBe(1)
    expect(titleOf(out)).toBe(refused)
    expect(stage.fake.requests).toEqual([])
  })
})
