import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inProcess } from '../support/cli-in-process.ts'
import { diff, gone, targets, without } from '../support/diff-cli.ts'
import { commit, type Files, git, hasGit, repository, temporaryFolder, write } from '../support/git-repository.ts'
import { shopFiles as fleet, shop, shopSql } from '../support/review-fleet.ts'

const short = (hash: string): string => hash.slice(0, 8)

describe.skipIf(!hasGit)('what is compared without a base', () => {
  test.each(['main', 'master'])('where the branch left %s, with the working tree', async (name) => {
    const folder = repository([fleet()], name)
    const base = git(folder, 'rev-parse', 'HEAD')
    git(folder, 'switch', '--quiet', '--create', 'change')
    commit(folder, fleet(without))
    git(folder, 'switch', '--quiet', name)
    commit(folder, fleet({ schemas: 'orders, spare, later' }))
    git(folder, 'switch', '--quiet', 'change')
    expect(await targets(folder)).toEqual(gone)
    expect((await diff(folder)).err).toMatch(`${name} (${short(base)}) -> working tree: 1 change, `)
    git(folder, 'switch', '--quiet', name)
    expect(await targets(folder)).toEqual({ code: 0, targets: [], notes: [] })
  })

  test('what origin calls its head comes before main', async () => {
    const origin = repository([fleet()], 'trunk')
    const folder = temporaryFolder()
    git(folder, 'clone', '--quiet', `file://${origin}`, '.')
    git(folder, 'branch', 'main')
    commit(folder, fleet(without))
    expect(await targets(folder)).toEqual(gone)
    expect((await diff(folder)).err).toMatch(/^origin\/trunk \([0-9a-f]{8}\) -> working tree: 1 change/)
  })

  test('a branch of origin comes before an old one of the same name here', async () => {
    const folder = repository([fleet(), fleet(without)])
    git(folder, 'update-ref', 'refs/remotes/origin/main', 'HEAD')
    git(folder, 'branch', '--move', 'change')
    git(folder, 'branch', 'main', 'HEAD~')
    expect(await targets(folder)).toEqual({ code: 0, targets: [], notes: [] })
  })

  test('a head of origin that was pruned counts for nothing', async () => {
    const folder = repository([fleet(), fleet(without)])
    git(folder, 'symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/gone')
    git(folder, 'switch', '--quiet', '--create', 'change')
    git(folder, 'branch', '--force', 'main', 'HEAD~')
    expect(await targets(folder)).toEqual(gone)
  })

  test('a repository without a main branch', async () => {
    const { code, out, err } = await diff(repository([fleet()], 'trunk'))
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toBe(
      'error: there is neither a branch main nor master, nor an origin that says which it is [no-main-branch]\n  help: Name the base: pgfleet diff BASE.\n',
    )
  })

  test('a shallow clone without the merge base', async () => {
    const origin = repository([fleet()])
    git(origin, 'switch', '--quiet', '--create', 'change')
    commit(origin, fleet(without))
    git(origin, 'switch', '--quiet', 'main')
    commit(origin, fleet({ memory: '3GiB' }))
    const folder = temporaryFolder()
    git(folder, 'clone', '--quiet', '--depth=1', '--no-single-branch', '--branch=change', `file://${origin}`, '.')
    const { code, err } = await diff(folder)
    expect(code).toBe(2)
    expect(err).toBe(
      'error: HEAD and origin/main have no common ancestor here [no-merge-base]\n  help: Name the base: pgfleet diff BASE. In a shallow clone fetch more: git fetch --unshallow.\n',
    )
    expect((await targets(folder, 'origin/main')).code).toBe(1)
    git(folder, 'fetch', '--quiet', '--unshallow')
    expect(await targets(folder)).toEqual(gone)
  })

  test('a folder in no repository', async () => {
    const { code, err } = await diff(temporaryFolder(fleet()))
    expect(code).toBe(2)
    expect(err).toBe(
      'error: this folder is in no git repository [no-repository]\n  help: Name two files: pgfleet diff OLD.yaml NEW.yaml.\n',
    )
  })

  test('a repository without a commit', async () => {
    const { code, err } = await diff(repository([]))
    expect(code).toBe(2)
    expect(err).toContain('[no-main-branch]')
  })
})

describe.skipIf(!hasGit)('revisions', () => {
  const folder = hasGit ? repository([fleet(), fleet(without), fleet()]) : ''
  const [first, second] = hasGit ? git(folder, 'rev-list', '--reverse', 'HEAD').split('\n') : []

  test.each([
    [['HEAD~'], ['orders/schema/spare'], 'HEAD~'],
    [['HEAD~', 'HEAD'], ['orders/schema/spare'], 'HEAD~'],
    [['HEAD~2', 'HEAD~1'], ['orders/schema/spare'], 'HEAD~2'],
    [['HEAD~2', 'HEAD'], [], 'HEAD~2'],
    [['main^{/change}~2', 'main'], [], 'main^{/change}~2'],
  ])('%j', async (args, expected, label) => {
    expect((await targets(folder, ...args)).targets).toEqual(expected)
    expect((await diff(folder, ...args)).err.startsWith(`${label} (`)).toBe(true)
  })

  test('a hash, whole and short', async () => {
    expect(await targets(folder, first!, second!.slice(0, 6))).toEqual(gone)
    expect((await diff(folder, first!, second!.slice(0, 6))).err).toContain(`${short(first!)} -> ${short(second!)}: 1 change`)
  })

  test.each(['nowhere', ' ', 'HEAD:services.yaml', '--help-me', '--upload-pack=touch canary', '-x', 'HEAD..HEAD~', '^HEAD'])(
    '%j is none',
    async (name) => {
      const { code, out, err } = await diff(folder, '--', name)
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(err).toMatch(/^error: .*\[(revision-unknown|usage)\]\n/)
    },
  )

  test('a branch that looks like an option', async () => {
    git(folder, 'update-ref', 'refs/heads/-x', first!)
    git(folder, 'update-ref', 'refs/heads/--all', second!)
    expect(await targets(folder, '--', '-x', '--all')).toEqual(gone)
  })

  test('a name that is both a file and a branch means the file', async () => {
    const folder = repository([fleet(), fleet(without)])
    git(folder, 'branch', 'services.yaml', 'HEAD~')
    expect(await targets(folder, 'services.yaml')).toEqual({ code: 0, targets: [], notes: [] })
    expect(await targets(folder, 'refs/heads/services.yaml')).toEqual(gone)
  })

  test('a folder of the name of a branch is no file', async () => {
    const folder = repository([fleet(), fleet(without)])
    git(folder, 'branch', 'sql', 'HEAD~')
    expect(await targets(folder, 'sql')).toEqual(gone)
  })

  test('a tag of a commit, and an object that is no commit', async () => {
    const folder = repository([fleet(), fleet(without)])
    git(folder, 'tag', '--annotate', '--message=v1', 'v1', 'HEAD~')
    git(folder, 'tag', 'blob', 'HEAD:services.yaml')
    expect(await targets(folder, 'v1')).toEqual(gone)
    expect((await diff(folder, 'blob')).code).toBe(2)
  })

  test('configuration of git that prints more changes nothing', async () => {
    const folder = repository([fleet(), fleet(without)])
    for (const [key, value] of Object.entries({
      'log.showSignature': 'true',
      'color.ui': 'always',
      'core.quotePath': 'true',
      'log.decorate': 'full',
    }))
      git(folder, 'config', key, value)
    expect(await targets(folder, 'HEAD~', 'HEAD')).toEqual(gone)
  })
})

describe.skipIf(!hasGit)('where services.yaml is', () => {
  const deep = (options?: Parameters<typeof shop>[0]): Files => ({
    'db/eu/services.yaml': shop(options),
    'db/eu/sql/orders/0001-items.sql': shopSql['sql/orders/0001-items.sql'],
    'services.yaml': 'not this one',
  })
  const folder = hasGit ? repository([deep(), deep(without)]) : ''

  test('in a folder below, from each place', async () => {
    expect(await targets(folder, '--file', 'db/eu/services.yaml', 'HEAD~')).toEqual(gone)
    expect(await targets(join(folder, 'db'), '--file', 'eu/services.yaml', 'HEAD~', 'HEAD')).toEqual(gone)
    expect(await targets(join(folder, 'db/eu'), 'HEAD~')).toEqual(gone)
    expect(await targets(join(folder, 'db/eu/sql'), '--file', '../services.yaml', 'HEAD~', 'HEAD')).toEqual(gone)
  })

  test('behind a symlink', async () => {
    const link = join(temporaryFolder(), 'link')
    symlinkSync(join(folder, 'db'), link)
    expect(await targets(link, '--file', 'eu/services.yaml', 'HEAD~')).toEqual(gone)
    expect(await targets(join(link, 'eu'), 'HEAD~', 'HEAD')).toEqual(gone)
  })

  test('in a linked worktree, in a hook: git says where it is by GIT_DIR', async () => {
    const tree = join(temporaryFolder(), 'linked')
    git(folder, 'worktree', 'add', '--quiet', '--detach', tree)
    const options = { in: tree, env: { GIT_DIR: join(folder, '.git/worktrees/linked'), GIT_INDEX_FILE: 'index' } }
    const { code, out } = await inProcess(['diff', '--file', 'db/eu/services.yaml', 'HEAD~', 'HEAD', '--json'], options)
    expect([code, JSON.parse(out).changes.map(({ target }: { target: string }) => target)]).toEqual([1, ['orders/schema/spare']])
  })

  test('a symlink: what it leads to, where that is in the repository', async () => {
    const folder = repository([])
    write(folder, { 'db/services.yaml': shop(), ...shopSql })
    symlinkSync('db/services.yaml', join(folder, 'services.yaml'))
    symlinkSync('nowhere.yaml', join(folder, 'dangling.yaml'))
    symlinkSync('/etc/passwd', join(folder, 'outside.yaml'))
    symlinkSync('loop.yaml', join(folder, 'loop.yaml'))
    commit(folder, {})
    commit(folder, { 'db/services.yaml': shop(without) })
    expect(await targets(folder, 'HEAD~', 'HEAD')).toEqual(gone)
    expect(await targets(folder, 'HEAD~')).toEqual(gone)
    for (const name of ['dangling', 'outside', 'loop']) {
      const { code, out } = await diff(folder, 'HEAD~', 'HEAD', '--file', `${name}.yaml`)
      expect(code).toBe(3)
      expect(out).toContain(`there is no ${name}.yaml in HEAD (`)
    }
  })

  test('an SQL file that leads nowhere is none, and does not shift those behind it', async () => {
    const folder = repository([])
    write(folder, { ...fleet(), 'sql/orders/0002-more.sql': 'CREATE TABLE orders.more (id bigint PRIMARY KEY);\n' })
    symlinkSync('nowhere.sql', join(folder, 'sql/orders/0001-dangling.sql'))
    commit(folder, {})
    commit(folder, { 'sql/orders/0002-more.sql': undefined })
    expect((await targets(folder, 'HEAD~', 'HEAD')).targets).toEqual(['orders/sql/0002-more.sql'])
  })

  test('in a folder that is gone from the working tree', async () => {
    const folder = repository([deep(), deep(without), { db: undefined }])
    expect(await targets(folder, '--file', 'db/eu/services.yaml', 'HEAD~2', 'HEAD~')).toEqual(gone)
  })

  test('in a folder with a name of its own kind', async () => {
    const name = "größe [x] *'s $(touch canary)"
    const at = (options?: Parameters<typeof shop>[0]): Files => ({
      [`${name}/services.yaml`]: shop(options),
      [`${name}/sql/orders/0001-items.sql`]: shopSql['sql/orders/0001-items.sql'],
    })
    expect(await targets(repository([at(), at(without)]), '--file', `${name}/services.yaml`, 'HEAD~', 'HEAD')).toEqual(gone)
  })

  test.each([
    ['a base without it: a new fleet', ['HEAD~2', 'HEAD~'], 1, 'there is no services.yaml in HEAD~2 ('],
    ['a head without it: the fleet is gone', ['HEAD~', 'HEAD'], 1, 'there is no services.yaml in HEAD ('],
  ])('%s', async (_, args, code, note) => {
    const folder = repository([{ 'README.md': 'x' }, fleet(), { 'services.yaml': undefined }])
    const found = await targets(folder, ...args)
    expect(found.code).toBe(code)
    expect(found.targets).toContain('orders')
    expect(found.notes[0]).toContain(note)
  })

  test('neither side has it', async () => {
    const { code, out, err } = await diff(repository([{ 'README.md': 'x' }, { 'README.md': 'y' }]), 'HEAD~')
    expect(code).toBe(3)
    expect(out).toContain('there is no services.yaml in HEAD~ (')
    expect(out).toContain('there is no services.yaml in working tree [services-missing]')
    expect(err).toContain('working tree cannot be compiled: 1 error')
  })
})

describe.skipIf(!hasGit)('the working tree', () => {
  test('with SQL that is not committed', async () => {
    const folder = repository([fleet()])
    write(folder, { 'sql/orders/0002-more.sql': 'CREATE TABLE orders.more (id bigint PRIMARY KEY);\n' })
    expect(await targets(folder)).toEqual({ code: 1, targets: ['orders/sql/0002-more.sql'], notes: [] })
    expect((await diff(folder, 'HEAD', 'HEAD')).code).toBe(0)
  })

  test('SQL that is committed and gone here', async () => {
    const folder = repository([{ ...fleet(), 'sql/orders/0002-more.sql': 'CREATE TABLE orders.more (id bigint PRIMARY KEY);\n' }])
    write(folder, { 'sql/orders/0002-more.sql': undefined })
    expect((await targets(folder)).targets).toEqual(['orders/sql/0002-more.sql'])
  })

  test('nothing is written, neither there nor to git', async () => {
    const folder = repository([fleet(), fleet(without)])
    const all = () => git(folder, 'status', '--porcelain', '--ignored') + git(folder, 'count-objects', '-v') + git(folder, 'for-each-ref')
    write(folder, { 'services.yaml': shop({ memory: '3GiB' }) })
    const before = all()
    for (const args of [[], ['HEAD~', 'HEAD', '--artifacts'], ['--format', 'markdown'], ['nowhere'], ['--json', '--fail-on', 'restart']])
      await diff(folder, ...args)
    expect(all()).toBe(before)
  })
})
