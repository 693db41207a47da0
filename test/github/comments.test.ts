import { describe, expect, test } from 'vitest'
import { type CommentRequest, upsertComment } from '../../src/io/github/comments.ts'
import { printMarker } from '../../src/io/github/marker.ts'
import { addComment, addPull, type Pull, people } from './fake/state.ts'
import { failureOf, onStage } from './setup.ts'

const stage = onStage()
const repo = { owner: 'acme', name: 'fleet' }
const head = 'b'.repeat(40)

const request = (more: Partial<CommentRequest> = {}): CommentRequest => ({
  repo,
  number: 7,
  id: 'services.yaml',
  head,
  run: { id: 50, attempt: 1 },
  mode: 'update',
  bodies: () => 'new body',
  budget: 60_000,
  ...more,
})

const markerOf = (run: number, id = 'services.yaml') =>
  printMarker({ id, head: 'c'.repeat(40), run: { id: run, attempt: 1 }, hash: 'sha256:0' })
const old = (run = 10, id?: string) => `${markerOf(run, id)}\nold body`
const shown = (pull: Pull) => pull.comments.filter(({ minimized }) => !minimized)
const bodies = (pull: Pull) => pull.comments.map(({ user, body, minimized }) => [user.login, body.split('\n').at(-1), minimized])
const pull7 = () => addPull(stage.fake.state, 7)
const upsert = (more?: Partial<CommentRequest>, token = 'ghs_actions-write') => upsertComment(stage.client(token), request(more))

describe('finding our comment', () => {
  test.each([0, 29, 30, 31, 100, 101, 250])('behind %i others: it is edited, none is added', async (others) => {
    const pull = pull7()
    for (let index = 0; index < others; index++) addComment(stage.fake.state, pull, people.alice, `comment ${index}`)
    addComment(stage.fake.state, pull, people.actions, old())
    expect(await upsert()).toMatchObject({ action: 'updated', hidden: 0 })
    expect(pull.comments).toHaveLength(others + 1)
    expect(pull.comments.at(-1)!.body).toMatch(/new body$/)
  })

  test.each([0, 29, 30, 31, 100, 101, 250])('none among %i others: one is added', async (others) => {
    const pull = pull7()
    for (let index = 0; index < others; index++) addComment(stage.fake.state, pull, people.alice, `comment ${index}`)
    expect(await upsert()).toMatchObject({ action: 'created' })
    expect(pull.comments).toHaveLength(others + 1)
  })

  test.each([
    ['pasted by a user', people.alice, old()],
    ['pasted by a user of the name that our app has without [bot]', people.impostor, old()],
    ['of another app with the same text', people.otherApp, old()],
    ['of ours, quoted in a reply', people.actions, `> ${markerOf(10)}\n> old body`],
    ['of ours, further down', people.actions, `hello\n${markerOf(10)}`],
    ['of ours, for another services.yaml', people.actions, old(10, 'other/services.yaml')],
    ['nowhere, in a comment of the same account', people.actions, 'pgfleet: old body'],
  ])('a marker %s is left alone', async (_, user, body) => {
    const pull = pull7()
    const other = addComment(stage.fake.state, pull, user, body)
    expect(await upsert()).toMatchObject({ action: 'created', hidden: 0 })
    expect(pull.comments).toHaveLength(2)
    expect(other).toMatchObject({ body, minimized: false })
  })

  test('a minimized one is not edited: another is added', async () => {
    const pull = pull7()
    addComment(stage.fake.state, pull, people.actions, old()).minimized = true
    expect(await upsert()).toMatchObject({ action: 'created' })
    expect(bodies(pull)).toEqual([
      ['github-actions[bot]', 'old body', true],
      ['github-actions[bot]', 'new body', false],
    ])
  })

  test('of several of ours the newest is edited and the rest is hidden', async () => {
    const pull = pull7()
    for (const run of [1, 2, 3]) addComment(stage.fake.state, pull, people.actions, old(run))
    expect(await upsert()).toMatchObject({ action: 'updated', hidden: 2 })
    expect(bodies(pull).map(([, body, minimized]) => [body, minimized])).toEqual([
      ['old body', true],
      ['old body', true],
      ['new body', false],
    ])
  })

  test('an app edits its own, and not that of github-actions', async () => {
    const pull = pull7()
    addComment(stage.fake.state, pull, people.actions, old())
    addComment(stage.fake.state, pull, people.app, old())
    expect(await upsert({}, 'ghs_app-write')).toMatchObject({ action: 'updated' })
    expect(bodies(pull).map(([login, body]) => [login, body])).toEqual([
      ['github-actions[bot]', 'old body'],
      ['fleet-review[bot]', 'new body'],
    ])
  })

  test.each([
    ['github-actions[bot]', 1],
    ['alice', 2],
  ])('--bot-login %s asks nobody who we are', async (botLogin, edited) => {
    const pull = pull7()
    for (const user of [people.impostor, people.actions, people.alice]) addComment(stage.fake.state, pull, user, old())
    expect(await upsert({ botLogin })).toMatchObject({ action: 'updated', hidden: 0 })
    expect(pull.comments.map(({ body }) => body.endsWith('new body'))).toEqual([0, 1, 2].map((index) => index === edited))
    expect(stage.fake.requests.some(({ body }) => body.includes('viewer'))).toBe(false)
  })
})

describe('what is new', () => {
  test('the same again writes nothing', async () => {
    pull7()
    await upsert()
    const before = stage.fake.requests.length
    expect(await upsert({ run: { id: 51, attempt: 1 } })).toMatchObject({ action: 'unchanged' })
    expect(stage.fake.requests.slice(before).map(({ operation }) => operation)).toEqual(['graphql', 'issues/list-comments', 'graphql'])
  })

  test('the same of another commit edits the marker only', async () => {
    const pull = pull7()
    await upsert()
    pull.head.sha = 'd'.repeat(40)
    expect(await upsert({ head: 'd'.repeat(40), run: { id: 51, attempt: 1 } })).toMatchObject({ action: 'updated' })
    expect(pull.comments.map(({ body }) => body)).toEqual([expect.stringMatching(/"head":"d{40}","run":"51\.1".*\nnew body$/)])
  })

  test('what differs at each run makes nothing new', async () => {
    pull7()
    const stable = (body: string) => body.replace(/run \d+/, '')
    await upsert({ bodies: () => 'body, run 50', stable })
    expect(await upsert({ bodies: () => 'body, run 51', stable, run: { id: 51, attempt: 1 } })).toMatchObject({ action: 'unchanged' })
    expect(await upsert({ bodies: () => 'other, run 52', stable, run: { id: 52, attempt: 1 } })).toMatchObject({ action: 'updated' })
  })

  test('somebody edited the body: it is written again', async () => {
    const pull = pull7()
    await upsert()
    pull.comments[0]!.body = pull.comments[0]!.body.replace('new body', 'nothing to see')
    expect(await upsert()).toMatchObject({ action: 'updated' })
    expect(pull.comments[0]!.body).toMatch(/new body$/)
  })

  test('line ends and space at the end, which browsers change, do not count', async () => {
    const pull = pull7()
    await upsert({ bodies: () => 'a\nb\n' })
    pull.comments[0]!.body = `${pull.comments[0]!.body.trimEnd().replaceAll('\n', '\r\n')}`
    expect(await upsert({ bodies: () => 'a\nb\n' })).toMatchObject({ action: 'unchanged' })
  })

  test('control characters and any script arrive as they are', async () => {
    const pull = pull7()
    const body = 'a \u0007 \u000b \u{1f600} \u202e "\\x41" %q'
    await upsert({ bodies: () => body })
    expect(pull.comments[0]!.body.split('\n').at(-1)).toBe(body)
  })
})

describe('modes', () => {
  const thrice = async (mode: CommentRequest['mode']) => {
    const pull = pull7()
    const results = []
    for (const [run, text] of [
      [1, 'one'],
      [2, 'one'],
      [3, 'two'],
    ] as const)
      results.push(await upsert({ mode, run: { id: run, attempt: 1 }, bodies: () => text }))
    return { actions: results.map(({ action, hidden }) => [action, hidden]), shown: shown(pull).map(({ body }) => body.split('\n').at(-1)) }
  }

  test.each([
    [
      'update',
      [
        ['created', 0],
        ['unchanged', 0],
        ['updated', 0],
      ],
      ['two'],
    ],
    [
      'new',
      [
        ['created', 0],
        ['created', 0],
        ['created', 0],
      ],
      ['one', 'one', 'two'],
    ],
    [
      'hide-and-new',
      [
        ['created', 0],
        ['unchanged', 0],
        ['created', 1],
      ],
      ['two'],
    ],
  ] as const)('%s', async (mode, actions, left) => {
    expect(await thrice(mode)).toEqual({ actions, shown: left })
  })

  test.each([
    ['update', ['again']],
    ['new', ['earlier', 'again']],
    ['hide-and-new', ['again']],
  ] as const)('%s: a step that runs again in its run adds nothing', async (mode, left) => {
    const pull = pull7()
    await upsert({ mode, run: { id: 49, attempt: 1 }, bodies: () => 'earlier' })
    await upsert({ mode })
    expect(await upsert({ mode, bodies: () => 'again' })).toMatchObject({ action: 'updated' })
    expect(shown(pull).map(({ body }) => body.split('\n').at(-1))).toEqual(left)
  })
})

describe('permissions', () => {
  test('a token that may only read', async () => {
    pull7()
    expect(await failureOf(upsert({}, 'ghs_actions-read'))).toBe(
      'github-forbidden: cannot comment on #7 of acme/fleet: Resource not accessible by integration',
    )
    const error = await upsert({}, 'ghs_actions-read').catch((thrown) => thrown)
    expect(error.hint).toContain('pull-requests: write')
    expect(stage.fake.count('issues/create-comment')).toBe(2)
  })

  test('one that may not hide still comments, and says so', async () => {
    const pull = pull7()
    for (const run of [1, 2]) addComment(stage.fake.state, pull, people.actions, old(run))
    const forbidden = {
      status: 200,
      body: { data: null, errors: [{ type: 'FORBIDDEN', message: 'Resource not accessible by integration' }] },
    }
    stage.fake.before('issues/update-comment', () => stage.fake.faults.push({ operation: 'graphql', answer: forbidden }))
    expect(await upsert()).toMatchObject({ action: 'updated', hidden: 0 })
    expect(stage.log.join()).toContain('could not be hidden')
  })
})
