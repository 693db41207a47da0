import { describe, expect, test } from 'vitest'
import { type CommentRequest, upsertComment } from '../../src/io/github/comments.ts'
import { printMarker } from '../../src/io/github/marker.ts'
import { refused } from './fake/call.ts'
import { addComment, addPull, people } from './fake/state.ts'
import { failureOf, onStage, type Stage } from './setup.ts'

const head = 'b'.repeat(40)

const request = (more: Partial<CommentRequest> = {}): CommentRequest => ({
  repo: { owner: 'acme', name: 'fleet' },
  number: 7,
  id: 'services.yaml',
  head,
  run: { id: 50, attempt: 1 },
  mode: 'update',
  bodies: () => 'new body',
  budget: 60_000,
  ...more,
})

const old = (run: number) =>
  `${printMarker({ id: 'services.yaml', head: 'c'.repeat(40), run: { id: run, attempt: 1 }, hash: 'sha256:0' })}\nold body`

const setting = ({ fake }: Stage) => {
  const pull = addPull(fake.state, 7)
  return { pull, last: () => pull.comments.map(({ body }) => body.split('\n').at(-1)) }
}

describe.each([65_536, 262_144])('a body of at most %i bytes', (bodyLimit) => {
  const stage = onStage({ bodyLimit })
  const filled = (budget: number) => 'é'.repeat(Math.floor(budget / 2))

  test.each(['created', 'updated'])('the budget is of the whole comment in bytes, %s', async (action) => {
    const { pull } = setting(stage)
    if (action === 'updated') addComment(stage.fake.state, pull, people.actions, old(1))
    expect(await upsertComment(stage.client(), request({ budget: bodyLimit, bodies: filled }))).toMatchObject({ action })
    expect(Buffer.byteLength(pull.comments[0]!.body)).toBeGreaterThan(bodyLimit - 2)
    expect(stage.fake.count(action === 'created' ? 'issues/create-comment' : 'issues/update-comment')).toBe(1)
  })

  test.each(['created', 'updated'])('GitHub finds it too long: a quarter of the budget, %s', async (action) => {
    const { pull } = setting(stage)
    if (action === 'updated') addComment(stage.fake.state, pull, people.actions, old(1))
    const budget = bodyLimit * 2
    expect(await upsertComment(stage.client(), request({ budget, bodies: filled }))).toMatchObject({ action })
    expect(Buffer.byteLength(pull.comments[0]!.body)).toBeLessThanOrEqual(budget / 4)
    expect(pull.comments).toHaveLength(1)
  })

  test('then the least', async () => {
    const { pull } = setting(stage)
    const asked: number[] = []
    const bodies = (budget: number) => {
      asked.push(budget)
      return filled(budget)
    }
    await upsertComment(stage.client(), request({ budget: bodyLimit * 8, bodies }))
    expect(asked).toHaveLength(3)
    expect(Buffer.byteLength(pull.comments[0]!.body)).toBeLessThanOrEqual(4_000)
  })

  test('never cut: a body that heeds no budget is refused as a whole', async () => {
    const { pull } = setting(stage)
    const whole = `${'x'.repeat(bodyLimit)}\n`
    expect(await failureOf(upsertComment(stage.client(), request({ bodies: () => whole })))).toContain('github-body-too-long')
    expect(pull.comments).toEqual([])
  })
})

describe('faults', () => {
  const stage = onStage()

  test('500 twice while it is created: one comment', async () => {
    const { last } = setting(stage)
    for (const status of [500, 502]) stage.fake.faults.push({ operation: 'issues/create-comment', answer: refused(status, 'Server Error') })
    expect(await upsertComment(stage.client(), request())).toMatchObject({ action: 'created' })
    expect(last()).toEqual(['new body'])
    expect(stage.fake.count('issues/create-comment')).toBe(3)
  })

  test('the connection is cut after it was created: it is found, and not created again', async () => {
    const { last } = setting(stage)
    stage.fake.faults.push({ operation: 'issues/create-comment', cut: 'after' })
    expect(await upsertComment(stage.client(), request())).toMatchObject({ action: 'created' })
    expect(last()).toEqual(['new body'])
    expect(stage.fake.count('issues/create-comment')).toBe(1)
  })

  test.each(['update', 'new', 'hide-and-new'] as const)('the same in mode %s, with an older comment of ours', async (mode) => {
    const { pull } = setting(stage)
    addComment(stage.fake.state, pull, people.actions, old(1))
    stage.fake.faults.push({ operation: 'issues/create-comment', cut: 'after' }, { operation: 'issues/update-comment', cut: 'after' })
    await upsertComment(stage.client(), request({ mode }))
    expect(pull.comments.filter(({ body }) => body.endsWith('new body'))).toHaveLength(1)
  })

  test('5xx without end: bounded, and said', async () => {
    const { last } = setting(stage)
    for (let times = 0; times < 9; times++) stage.fake.faults.push({ operation: 'issues/create-comment', cut: 'before' })
    expect(await failureOf(upsertComment(stage.client(), request()))).toContain('github-unreachable: cannot comment on #7 of acme/fleet')
    expect(last()).toEqual([])
    expect(stage.fake.count('issues/create-comment')).toBe(3)
  })

  test('a secondary limit at creating waits and creates once', async () => {
    const { last } = setting(stage)
    const answer = { ...refused(403, 'You have exceeded a secondary rate limit.'), headers: { 'retry-after': '2' } }
    stage.fake.faults.push({ operation: 'issues/create-comment', answer })
    await upsertComment(stage.client(), request())
    expect(last()).toEqual(['new body'])
  })

  test('a refusal is not tried again', async () => {
    setting(stage)
    stage.fake.faults.push({ operation: 'issues/create-comment', answer: refused(403, 'Resource not accessible by integration') })
    expect(await failureOf(upsertComment(stage.client(), request()))).toContain('github-forbidden')
    expect(stage.fake.count('issues/create-comment')).toBe(1)
  })

  test.each(['issues/get-comment', 'issues/update-comment'])('deleted meanwhile, before %s: another is created', async (operation) => {
    const { pull, last } = setting(stage)
    addComment(stage.fake.state, pull, people.actions, old(1))
    stage.fake.before(operation, () => pull.comments.splice(0))
    expect(await upsertComment(stage.client(), request())).toMatchObject({ action: 'created' })
    expect(last()).toEqual(['new body'])
  })

  test('deleted between the list and the question whether it is hidden', async () => {
    const { pull, last } = setting(stage)
    addComment(stage.fake.state, pull, people.actions, old(1))
    addComment(stage.fake.state, pull, people.actions, old(2))
    stage.fake.before('graphql', () => {})
    stage.fake.before('graphql', () => pull.comments.shift())
    expect(await upsertComment(stage.client(), request())).toMatchObject({ action: 'updated' })
    expect(last()).toEqual(['new body'])
  })
})

describe('races', () => {
  const stage = onStage()
  const run = (id: number, more: Partial<CommentRequest> = {}) =>
    upsertComment(stage.client(), request({ run: { id, attempt: 1 }, bodies: () => `body of ${id}`, ...more }))

  test.each([
    ['a newer run did all while the older one had read', 51],
    ['an older run did all while the newer one had read', 49],
  ])('both found none: %s', async (_, other) => {
    const { pull } = setting(stage)
    stage.fake.before('issues/create-comment', () => run(other))
    await run(50)
    const shown = pull.comments.filter(({ minimized }) => !minimized)
    expect(shown.map(({ body }) => body.split('\n').at(-1))).toEqual([`body of ${Math.max(50, other)}`])
  })

  test('both edit: the older one, which had read before, sees the newer one', async () => {
    const { pull, last } = setting(stage)
    addComment(stage.fake.state, pull, people.actions, old(1))
    stage.fake.before('issues/get-comment', () => run(51))
    expect(await run(50)).toMatchObject({ action: 'superseded', reason: 'run 51.1 is newer than 50.1' })
    expect(last()).toEqual(['body of 51'])
  })

  test.each(['update', 'new', 'hide-and-new'] as const)('the older run finishes last, mode %s: it writes nothing', async (mode) => {
    const { last } = setting(stage)
    await run(51, { mode })
    expect(await run(50, { mode })).toMatchObject({ action: 'superseded', reason: 'run 51.1 is newer than 50.1' })
    expect(last()).toEqual(['body of 51'])
  })

  test('an attempt counts like a run', async () => {
    const { last } = setting(stage)
    await run(50, { run: { id: 50, attempt: 2 } })
    expect(await run(50)).toMatchObject({ action: 'superseded' })
    expect(last()).toEqual(['body of 50'])
  })

  test('a newer one that somebody has hidden is still newer', async () => {
    const { pull } = setting(stage)
    await run(51)
    pull.comments[0]!.minimized = true
    expect(await run(50)).toMatchObject({ action: 'superseded' })
    expect(pull.comments).toHaveLength(1)
  })

  test.each([
    ['created', []],
    ['edited', [old(1)]],
  ])('the head moved after the body was made, before it was %s', async (_, there) => {
    const { pull } = setting(stage)
    for (const body of there) addComment(stage.fake.state, pull, people.actions, body)
    const bodies = () => {
      pull.head.sha = 'e'.repeat(40)
      return 'late'
    }
    expect(await run(50, { bodies })).toMatchObject({
      action: 'superseded',
      reason: 'the head of #7 is eeeeeeeeeeee by now; this run reviewed bbbbbbbbbbbb',
    })
    expect(pull.comments.map(({ body }) => body)).toEqual(there)
  })
})
