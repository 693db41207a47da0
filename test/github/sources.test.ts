import { describe, expect, test } from 'vitest'
import { readFileAt, readFoldersAt, type SourceLimits, sourceLimits, sourceReader } from '../../src/io/github/sources.ts'
import { addCommit, type File } from './fake/git.ts'
import { failureOf, onStage } from './setup.ts'

const stage = onStage()
const repo = { owner: 'acme', name: 'fleet' }
const reader = (limits?: SourceLimits) => sourceReader(stage.client(), limits)
const commit = (files: Record<string, File>) => ({ repo, sha: addCommit(stage.fake.state, files) })

describe('a file at a commit', () => {
  test.each([
    ['at the top', 'services.yaml'],
    ['in a folder', 'deploy/db/services.yaml'],
  ])('%s', async (_, path) => {
    const text = 'name: größe 😀\n'.repeat(20)
    const at = commit({ [path]: text, 'README.md': 'x', 'deploy/other': 'y' })
    expect(await readFileAt(reader(), at, path)).toBe(text)
  })

  test('none there', async () => {
    const at = commit({ 'README.md': 'x', deploy: 'a file' })
    expect(await readFileAt(reader(), at, 'services.yaml')).toBeUndefined()
    expect(await readFileAt(reader(), at, 'deploy/services.yaml')).toBeUndefined()
    expect(await readFileAt(reader(), at, 'nowhere/services.yaml')).toBeUndefined()
  })

  test('a repository of more files than GitHub lists at once is no trouble', async () => {
    const at = commit({ 'services.yaml': 'x', ...Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`many/${index}`, 'x'])) })
    stage.fake.state.treeLimit = 10
    expect(await readFileAt(reader(), at, 'services.yaml')).toBe('x')
  })

  test.each<[string, Record<string, File>, string]>([
    ['a symlink', { 'db/services.yaml': { mode: '120000', content: '/etc/passwd' } }, 'source-not-plain: db/services.yaml is a symlink'],
    ['a symlinked folder', { db: { mode: '120000', content: '/etc' } }, 'source-not-plain: db is a symlink'],
    ['a submodule', { db: { mode: '160000', content: '' } }, 'source-not-plain: db is a submodule'],
    ['a folder', { 'db/services.yaml/x': 'x' }, 'source-not-plain: db/services.yaml is a folder'],
    [
      'too large',
      { 'db/services.yaml': 'x'.repeat(1024 ** 2 + 1) },
      'source-too-large: db/services.yaml has 1048577 bytes, more than 1048576',
    ],
  ])('%s', async (_, files, message) => {
    expect(await failureOf(readFileAt(reader(), commit(files), 'db/services.yaml'))).toContain(message)
    expect(stage.fake.count('git/get-blob')).toBe(0)
  })

  test('as large as may be', async () => {
    const text = 'x'.repeat(1024 ** 2)
    expect(await readFileAt(reader(), commit({ 'services.yaml': text }), 'services.yaml')).toBe(text)
  })

  test('a commit that is not there', async () => {
    expect(await failureOf(readFileAt(reader(), { repo, sha: 'f'.repeat(40) }, 'services.yaml'))).toBe(
      'github-not-found: acme/fleet has no commit ffffffffffff, or the token cannot see it',
    )
  })

  test('what is not what its hash says', async () => {
    const at = commit({ 'services.yaml': 'x' })
    for (const sha of stage.fake.state.blobs.keys()) stage.fake.state.blobs.set(sha, Buffer.from('y'))
    expect(await failureOf(readFileAt(reader(), at, 'services.yaml'))).toContain('source-damaged: services.yaml')
  })
})

describe('folders at a commit', () => {
  test('everything below them, by path', async () => {
    const at = commit({
      'sql/b/2.sql': 'two',
      'sql/a.sql': 'one',
      'db/sql/x.sql': 'x',
      'sql2/no.sql': 'no',
      'run.sh': { mode: '100755', content: '' },
    })
    expect([...(await readFoldersAt(reader(), at, ['sql', 'db/sql', 'missing']))]).toEqual([
      ['db/sql/x.sql', 'x'],
      ['sql/a.sql', 'one'],
      ['sql/b/2.sql', 'two'],
    ])
  })

  test('what base and head have in common is read once', async () => {
    const both = reader()
    const base = commit({ 'sql/a.sql': 'a', 'sql/b.sql': 'b', 'services.yaml': 'x' })
    const head = commit({ 'sql/a.sql': 'a', 'sql/b.sql': 'changed', 'services.yaml': 'x' })
    for (const at of [base, head]) {
      await readFileAt(both, at, 'services.yaml')
      expect((await readFoldersAt(both, at, ['sql', 'missing', './sql/'])).size).toBe(2)
    }
    expect([stage.fake.count('git/get-tree'), stage.fake.count('git/get-blob')]).toEqual([2, 4])
  })

  test.each<[string, Record<string, File>, string]>([
    ['a symlink', { 'sql/x/a.sql': { mode: '120000', content: '../../..' } }, 'source-not-plain: sql/x/a.sql is a symlink'],
    ['a submodule', { 'sql/x': { mode: '160000', content: '' }, 'sql/y': 'y' }, 'source-not-plain: sql/x is a submodule'],
    ['one large file', { 'sql/a.sql': 'x'.repeat(101) }, 'source-too-large: sql/a.sql has 101 bytes, more than 100'],
    [
      'much in all',
      { 'sql/a.sql': 'x'.repeat(90), 'sql/b.sql': 'y'.repeat(90), 'sql/c.sql': 'z'.repeat(30) },
      'source-too-large: the files up to sql/c.sql have 210 bytes, more than 200 in all',
    ],
    [
      'many',
      { 'sql/1': '1', 'sql/2': '2', 'sql/3': '3', 'sql/4': '4' },
      'source-too-many: 4 files are more than 3; the first too many is sql/4',
    ],
  ])('%s', async (_, files, message) => {
    const limits = { file: 100, total: 200, files: 3 }
    expect(await failureOf(readFoldersAt(reader(limits), commit(files), ['sql']))).toBe(
      message.startsWith('source-not') ? `${message}: only plain files and folders are read` : message,
    )
    expect(stage.fake.count('git/get-blob')).toBe(0)
  })

  test('of a repository with more than GitHub lists at once', async () => {
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`many/${index}`, 'x']))
    const at = commit({ ...many, 'db/sql/x/a.sql': 'a', 'db/sql/b.sql': 'b' })
    const linked = commit({ ...many, 'db/sql': { mode: '120000', content: '../many' }, 'db2/sql/x': { mode: '120000', content: '/etc' } })
    stage.fake.state.treeLimit = 10
    expect([...(await readFoldersAt(reader(), at, ['db/sql']))]).toEqual([
      ['db/sql/b.sql', 'b'],
      ['db/sql/x/a.sql', 'a'],
    ])
    expect(await failureOf(readFoldersAt(reader(), linked, ['db/sql']))).toContain('source-not-plain: db/sql is a symlink')
    expect(await failureOf(readFoldersAt(reader(), linked, ['db2/sql']))).toContain('source-not-plain: db2/sql/x is a symlink')
    expect(await failureOf(readFoldersAt(reader(), at, ['many']))).toBe('source-too-many: many holds more files than GitHub lists')
  })

  test('a path that leads out', async () => {
    expect(await failureOf(readFoldersAt(reader(), commit({ 'sql/a': 'x' }), ['sql/../..']))).toBe(
      'source-not-plain: sql/../.. leads out of its folder',
    )
  })

  test('the limits', () => {
    expect(sourceLimits).toEqual({ file: 1_048_576, total: 4_194_304, files: 2000 })
  })
})
