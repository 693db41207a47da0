import { describe, expect, test } from 'vitest'
import { printInlineMarker } from '../../src/io/github/own-inline-comments.ts'
import { type InlineComment, type InlineRequest, syncInlineComments } from '../../src/io/github/review-comments.ts'
import { refused } from './fake/call.ts'
import { addPull, type Pull, people, type ReviewComment, type User } from './fake/state.ts'
import { failureOf, onStage } from './setup.ts'

const stage = onStage()
const path = 'services.yaml'
const files: Pull['files'] = [{ filename: path, status: 'modified', patch: `@@ -1,0 +1,100 @@\n${'+x\n'.repeat(100)}` }]
const changed = new Map([[path, new Set(Array.from({ length: 100 }, (_, index) => index + 1))]])
const finding = (line: number, fingerprint = `f${line}`): InlineComment => ({ path, line, body: `finding ${line}`, fingerprint })
const pull7 = () => addPull(stage.fake.state, 7, { files })

const sync = (comments: InlineComment[], more: Partial<InlineRequest> = {}) =>
  syncInlineComments(stage.client(), {
    repo: { owner: 'acme', name: 'fleet' },
    number: 7,
    id: path,
    head: 'b'.repeat(40),
    comments,
    changed,
    ...more,
  })

const add = (pull: Pull, user: User, fingerprint: string, more: Partial<ReviewComment> = {}, id = path): ReviewComment => {
  const comment = { id: stage.fake.state.nextId++, user, path, line: 1, body: `${printInlineMarker({ id, fingerprint })}\nold`, ...more }
  pull.reviewComments.push(comment)
  return comment
}
const none = { created: 0, kept: 0, deleted: 0, elsewhere: 0, omitted: 0 }

describe('inline comments', () => {
  test('one review, on changed lines only', async () => {
    const pull = pull7()
    expect(await sync([finding(1), finding(2), finding(101), { ...finding(3), path: 'other' }])).toEqual({
      ...none,
      created: 2,
      elsewhere: 2,
    })
    expect(pull.reviews).toBe(1)
    expect(pull.reviewComments.map(({ line, body }) => [line, body])).toEqual([
      [1, '<!-- pgfleet:inline:v1 {"id":"services.yaml","fingerprint":"f1"} -->\nfinding 1'],
      [2, '<!-- pgfleet:inline:v1 {"id":"services.yaml","fingerprint":"f2"} -->\nfinding 2'],
    ])
  })

  test('the same again writes nothing', async () => {
    const pull = pull7()
    await sync([finding(1), finding(2)])
    expect(await sync([finding(1), finding(2)])).toEqual({ ...none, kept: 2 })
    expect(pull.reviews).toBe(1)
  })

  test('what is solved goes, what is new comes, what is there stays', async () => {
    const pull = pull7()
    await sync([finding(1), finding(2)])
    expect(await sync([finding(2), finding(3)])).toEqual({ ...none, created: 1, kept: 1, deleted: 1 })
    expect(pull.reviewComments.map(({ line }) => line)).toEqual([2, 3])
  })

  test('outdated ones are written anew where the finding is now; those with replies stay', async () => {
    const pull = pull7()
    add(pull, people.actions, 'f1', { line: null })
    const answered = add(pull, people.actions, 'f2', { line: null })
    add(pull, people.alice, 'x', { body: 'but why?', inReplyTo: answered.id })
    expect(await sync([finding(1), finding(2)])).toEqual({ ...none, created: 1, kept: 1, deleted: 1 })
    expect(pull.reviewComments.map(({ line }) => line)).toEqual([null, 1, 1])
  })

  test.each([
    ['pasted by a user', people.alice, path],
    ['of another app', people.otherApp, path],
    ['for another services.yaml', people.actions, 'other/services.yaml'],
  ])('a marker %s is left alone, and counts for nothing', async (_, user, id) => {
    const pull = pull7()
    add(pull, user, 'f1', {}, id)
    expect(await sync([finding(1)])).toEqual({ ...none, created: 1 })
    expect(pull.reviewComments).toHaveLength(2)
  })

  test('our own are found behind 250 others', async () => {
    const pull = pull7()
    for (let index = 0; index < 250; index++) add(pull, people.alice, 'x', { body: 'a word' })
    add(pull, people.actions, 'f1')
    expect(await sync([finding(1)])).toEqual({ ...none, kept: 1 })
  })

  test('30 of many; the rest is counted', async () => {
    const pull = pull7()
    expect(await sync(Array.from({ length: 45 }, (_, index) => finding(index + 1)))).toEqual({ ...none, created: 30, omitted: 15 })
    expect(pull.reviewComments.map(({ line }) => line)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
  })

  test('one for a fingerprint', async () => {
    pull7()
    expect(await sync([finding(1, 'same'), finding(2, 'same')])).toMatchObject({ created: 1 })
    expect(stage.fake.state.pulls.get(7)!.reviewComments.map(({ line }) => line)).toEqual([1])
  })

  test('a line that GitHub refuses costs the others nothing', async () => {
    const pull = pull7()
    const wide = new Map([[path, new Set([1, 2, 500])]])
    expect(await sync([finding(1), finding(500), finding(2)], { changed: wide })).toEqual({ ...none, created: 2, omitted: 1 })
    expect(pull.reviewComments.map(({ line }) => line)).toEqual([1, 2])
  })

  test.each(['before', 'after'] as const)('the connection is cut %s the review was written: each is there once', async (cut) => {
    const pull = pull7()
    stage.fake.faults.push({ operation: 'pulls/create-review', cut })
    expect(await sync([finding(1), finding(2)])).toMatchObject({ created: 2 })
    expect(pull.reviewComments.map(({ line }) => line)).toEqual([1, 2])
  })

  test('the head moved: nothing is written or deleted', async () => {
    const pull = pull7()
    add(pull, people.actions, 'f9')
    stage.fake.before('pulls/get', () => {
      pull.head.sha = 'e'.repeat(40)
    })
    expect(await sync([finding(1)])).toMatchObject({ created: 0, deleted: 0, superseded: expect.stringContaining('the head of #7 is') })
    expect(pull.reviewComments).toHaveLength(1)
  })

  test('a refusal is said', async () => {
    pull7()
    stage.fake.faults.push({ operation: 'pulls/create-review', answer: refused(403, 'Resource not accessible by integration') })
    expect(await failureOf(sync([finding(1)]))).toContain('github-forbidden: cannot comment on lines of #7')
  })
})
