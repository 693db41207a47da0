import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import { addedLines, changedFiles } from '../../src/io/github/changed-files.ts'
import { findPullRequest, headMoved, mergeBase, type RunOrigin, readPullRequest } from '../../src/io/github/pull-request.ts'
import { parseRepository } from '../../src/io/github/repository.ts'
import { addCommit } from './fake/git.ts'
import { addPull, type Pull } from './fake/state.ts'
import { failureOf, onStage } from './setup.ts'

const stage = onStage()
const repo = { owner: 'acme', name: 'fleet' }
const [sha, other] = ['b'.repeat(40), 'd'.repeat(40)]
const base = { repo: 'acme/fleet', ref: 'main', sha: 'a'.repeat(40) }
const origin: RunOrigin = { headSha: sha, headRepository: 'mallory/fleet', headBranch: 'change' }
const fork = (number: number, more: Partial<Pull['head']> = {}, rest: Partial<Pull> = {}) =>
  addPull(stage.fake.state, number, { head: { repo: 'mallory/fleet', ref: 'change', sha, ...more }, base, ...rest })
const found = async (from = origin) => {
  const { pull } = await findPullRequest(stage.client(), repo, from)
  return pull?.number
}

describe('the pull request of a run', () => {
  test('is the one of its commit, repository and branch', async () => {
    fork(1, { repo: 'acme/fleet' })
    fork(2)
    fork(3, { repo: 'alice/fleet' })
    expect(await findPullRequest(stage.client(), repo, origin)).toEqual({
      pull: {
        number: 2,
        base: { repo, ref: 'main', sha: base.sha },
        head: { repo: { owner: 'mallory', name: 'fleet' }, ref: 'change', sha },
        fork: true,
      },
    })
    expect(await found({ ...origin, headRepository: 'acme/fleet' })).toBe(1)
    expect((await findPullRequest(stage.client(), { owner: 'Acme', name: 'Fleet' }, origin)).pull?.number).toBe(2)
  })

  test.each<[string, Partial<Pull['head']>, Partial<Pull>]>([
    ['of another commit', { sha: other }, {}],
    ['of another repository of the same owner', { repo: 'mallory/other' }, {}],
    ['of a repository that is gone', { repo: null }, {}],
    ['that is closed', {}, { state: 'closed' }],
    ['into another repository', {}, { base: { ...base, repo: 'upstream/fleet' } }],
  ])('one %s is none', async (_, head, rest) => {
    fork(1, head, rest)
    expect(await findPullRequest(stage.client(), repo, origin)).toEqual({
      why: 'no open pull request has bbbbbbbbbbbb of mallory/fleet as its head: it was closed, or has newer commits',
    })
  })

  test('of two with the same head none is taken', async () => {
    fork(1)
    fork(2, {}, { base: { ...base, ref: 'release' } })
    expect(await findPullRequest(stage.client(), repo, origin)).toEqual({
      why: '#1 and #2 all have bbbbbbbbbbbb of mallory/fleet as their head',
    })
  })

  test('on the last of many pages', async () => {
    for (let number = 1; number <= 250; number++) fork(number, { sha: other })
    fork(251)
    expect(await found()).toBe(251)
  })

  test("GitHub's own example of the event says what is needed", async () => {
    const require = createRequire(import.meta.url)
    const event = require('@octokit/webhooks-examples').find(({ name }: { name: string }) => name === 'workflow_run').examples[0]
    const { head_sha: headSha, head_repository: head, head_branch: headBranch } = event.workflow_run
    const inBase = parseRepository(event.repository.full_name)
    addPull(stage.fake.state, 9, {
      head: { repo: head.full_name, ref: headBranch, sha: headSha },
      base: { ...base, repo: event.repository.full_name },
    })
    const { pull } = await findPullRequest(stage.client(), inBase, { headSha, headRepository: head.full_name, headBranch })
    expect(pull?.number).toBe(9)
  })
})

describe('around it', () => {
  test('the head, right before writing', async () => {
    const pull = fork(1)
    expect(await headMoved(stage.client(), repo, 1, sha)).toBeUndefined()
    pull.head.sha = other
    expect(await headMoved(stage.client(), repo, 1, sha)).toBe('the head of #1 is dddddddddddd by now; this run reviewed bbbbbbbbbbbb')
  })

  test('a fork that is gone is a fork all the same; its commits are in the base', async () => {
    fork(1, { repo: null })
    expect(await readPullRequest(stage.client(), repo, 1)).toMatchObject({ fork: true, head: { repo } })
  })

  test('the merge base', async () => {
    const { state } = stage.fake
    const first = addCommit(state, { a: '1' })
    const main = addCommit(state, { a: '2' }, first)
    const head = addCommit(state, { a: '3' }, addCommit(state, { a: '4' }, first))
    expect(await mergeBase(stage.client(), repo, main, head)).toBe(first)
    expect(await failureOf(mergeBase(stage.client(), repo, main, other))).toContain('github-not-found: cannot find the merge base of')
  })

  test('changed files, all pages', async () => {
    const files = Array.from({ length: 101 }, (_, index) => ({
      filename: `f${index}`,
      status: 'added' as const,
      patch: '@@ -0,0 +1,2 @@\n+a\n+b',
    }))
    fork(1, {}, { files })
    const changed = await changedFiles(stage.client(), repo, 1)
    expect(changed).toHaveLength(101)
    expect(changed.at(-1)).toEqual({ path: 'f100', status: 'added', lines: new Set([1, 2]) })
  })

  test.each([
    ['@@ -1,3 +1,4 @@ name:\n a\n-b\n+B\n+c\n d', [2, 3]],
    ['@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file', [1]],
    ['@@ -10,2 +20,3 @@\n x\n+y\n z\n@@ -30,0 +41,1 @@\n+++ plus', [21, 41]],
    ['', []],
  ])('lines that %j adds', (patch, lines) => {
    expect([...addedLines(patch)]).toEqual(lines)
  })

  test.each(['acme', 'acme/', '/fleet', 'a/b/c', 'acme/fl eet', '../fleet'])('%j is no repository', (text) => {
    expect(() => parseRepository(text)).toThrow('names no repository')
  })
})
