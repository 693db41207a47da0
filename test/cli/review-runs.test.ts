import { describe, expect, test } from 'vitest'
import type { Pull } from '../github/fake/state.ts'
import { without } from '../support/diff-cli.ts'
import { bodyOf, onGitHub, onlyBody, openPull, push, statusesOf, titleOf } from '../support/github-review.ts'
import { allowSpare, shopFiles as fleet, type shop } from '../support/review-fleet.ts'

const stage = onGitHub()
const open = (head: Parameters<typeof shop>[0], more: Partial<Parameters<typeof openPull>[2]> = {}): Pull =>
  openPull(stage.fake.state, 7, { base: fleet(), head: fleet(head), ...more })

describe('a second run', () => {
  test.each(['update', 'hide-and-new'])('without a change writes nothing: %s', async (mode) => {
    const pull = open(without)
    await stage.review(pull, ['--mode', mode])
    const written = stage.writes().length
    const { code, err } = await stage.review(pull, ['--mode', mode], { run: [101, 1] })
    expect([code, stage.writes().length]).toEqual([0, written])
    expect(err).toContain('unchanged https://github.test/')
  })

  test('of another commit edits the comment, and what is settled goes', async () => {
    const pull = open(without)
    await stage.review(pull)
    push(stage.fake.state, pull, fleet(), fleet({ ...without, top: allowSpare() }))
    const { code, err } = await stage.review(pull, [], { run: [101, 1] })
    expect(code).toBe(0)
    expect(err).toContain('updated https://github.test/')
    expect(titleOf(onlyBody(pull))).toBe('### 🔴 Destroys data of `orders` (allowed)')
    expect(statusesOf(stage.fake.state, pull)).toEqual([
      { state: 'success', context: 'pgfleet/services.yaml', description: '1 change, gravest: destroy (1)' },
    ])
    expect(pull.reviewComments).toEqual([])
  })

  test('labels follow the verdict; those of others stay', async () => {
    const pull = open(without, { labels: new Set(['bug']) })
    await stage.review(pull)
    push(stage.fake.state, pull, fleet(), fleet({ memory: '3GiB' }))
    await stage.review(pull, [], { run: [101, 1] })
    expect([...pull.labels].sort()).toEqual(['bug', 'pgfleet:recreate'])
  })

  test.each([
    ['new', [false, false]],
    ['hide-and-new', [true, false]],
  ])('--mode %s adds a comment', async (mode, minimized) => {
    const pull = open(without)
    await stage.review(pull, ['--mode', mode])
    push(stage.fake.state, pull, fleet(), fleet({ memory: '3GiB' }))
    await stage.review(pull, ['--mode', mode], { run: [101, 1] })
    expect(pull.comments.map((comment) => comment.minimized)).toEqual(minimized)
    expect(titleOf(bodyOf(pull.comments[1]!.body))).toBe('### 🟠 Recreates containers of `orders`')
  })

  test('an older run that comes later writes nothing at all', async () => {
    const pull = open(without)
    await stage.review(pull, [], { run: [101, 1] })
    const before = [stage.writes().length, onlyBody(pull)]
    const { code, err } = await stage.review(pull, [], { run: [100, 2] })
    expect(code).toBe(0)
    expect(err).toMatch(/^superseded: .*run 101/m)
    expect([stage.writes().length, onlyBody(pull)]).toEqual(before)
  })

  test('a commit that is pushed while the review is made: nothing is written', async () => {
    const pull = open(without)
    stage.fake.before('issues/list-comments', () => push(stage.fake.state, pull, fleet(), fleet()))
    const { code, err } = await stage.review(pull)
    expect(code).toBe(0)
    expect(err).toMatch(/^superseded: the head of #7 is [0-9a-f]{12} by now; this run reviewed [0-9a-f]{12}\n/)
    expect(stage.writes()).toEqual([])
  })

  test('a pull request that is closed while the review is made: nothing is written', async () => {
    const pull = open(without)
    stage.fake.before('issues/list-comments', () => (pull.state = 'closed'))
    const { code, err } = await stage.review(pull)
    expect(code).toBe(0)
    expect(err).toMatch(/^superseded: #7 is closed\n/)
    expect(stage.writes()).toEqual([])
  })
})

describe('nothing changes', () => {
  test('is said', async () => {
    const pull = open({ more: '# a comment\n' })
    expect((await stage.review(pull)).code).toBe(0)
    expect(titleOf(onlyBody(pull))).toBe('### ✅ `services.yaml` changes nothing')
    expect([...pull.labels]).toEqual(['pgfleet:no-change'])
    expect(statusesOf(stage.fake.state, pull)).toEqual([
      { state: 'success', context: 'pgfleet/services.yaml', description: 'nothing changes' },
    ])
  })

  test('--skip-no-changes: no first comment, but the status', async () => {
    const pull = open({ more: '# a comment\n' })
    expect((await stage.review(pull, ['--skip-no-changes'])).code).toBe(0)
    expect(pull.comments).toEqual([])
    expect(statusesOf(stage.fake.state, pull)).toHaveLength(1)
  })

  test('--skip-no-changes: a comment that is there is brought up to date', async () => {
    const pull = open(without)
    await stage.review(pull, ['--skip-no-changes'])
    push(stage.fake.state, pull, fleet(), fleet())
    await stage.review(pull, ['--skip-no-changes'], { run: [101, 1] })
    expect(titleOf(onlyBody(pull))).toBe('### ✅ `services.yaml` changes nothing')
  })

  test('what the base branch did since counts for nothing', async () => {
    const pull = open({}, { head: { ...fleet(), 'README.md': 'x' }, main: fleet({ memory: '3GiB' }) })
    await stage.review(pull)
    expect(titleOf(onlyBody(pull))).toBe('### ✅ `services.yaml` changes nothing')
  })
})
