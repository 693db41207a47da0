import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { beforeAll, describe, expect, test } from 'vitest'
import { bundle, canBeOther, environment, folderOf, installCli, pgfleet, run } from '../support/cli.ts'
import { inProcess } from '../support/cli-in-process.ts'
import { compileText } from '../support/fleet.ts'
import { commit, type Files, git, hasGit, repository, temporaryFolder, write } from '../support/git-repository.ts'
import { nasty, nastyFleet } from '../support/hostile-texts.ts'
import { problemsOf } from '../support/markdown-tree.ts'
import { allowSpare, shop, shopSql } from '../support/review-fleet.ts'

installCli()

const ajv = new Ajv({ strict: true, allowUnionTypes: true })
const validate = ajv.compile(JSON.parse(readFileSync('schema/diff.schema.json', 'utf8')))
const more = { 'sql/orders/0002-more.sql': 'CREATE TABLE orders.more (id bigint PRIMARY KEY);\n' }

/** Two files with SQL beside each. */
const pair = (base: string, head: string, headSql: Files = shopSql): string =>
  temporaryFolder({
    'old/services.yaml': base,
    'new/services.yaml': head,
    ...Object.fromEntries(Object.entries(shopSql).map(([path, text]) => [`old/${path}`, text])),
    ...Object.fromEntries(Object.entries(headSql).map(([path, text]) => [`new/${path}`, text])),
  })
const files = ['old/services.yaml', 'new/services.yaml']

/** Heads that change each kind of thing. */
const heads: Readonly<Record<string, readonly [string, Files]>> = {
  nothing: [shop(), shopSql],
  memory: [shop({ memory: '3GiB' }), shopSql],
  'new SQL': [shop(), { ...shopSql, ...more }],
  'a schema gone': [shop({ schemas: 'orders' }), shopSql],
  'a schema gone, permitted': [shop({ schemas: 'orders', top: allowSpare() }), shopSql],
  'an entry too many': [shop({ top: allowSpare() }), shopSql],
  'another database': [shop({ more: 'database: sales\n' }), shopSql],
  'another key': [shop({ key: 'sales' }), shopSql],
  'two services': [`${shop()}  archive: { port: 5434, memory: 1GiB }\n`, shopSql],
}

describe.each(Object.entries(heads))('%s', (_, [head, sql]) => {
  const folder = pair(shop(), head, sql)
  const diff = (...args: string[]) => inProcess(['diff', ...files, ...args], { in: folder })

  test('JSON as its schema says, one document, whatever the exit code', async () => {
    for (const args of [[], ['--artifacts'], ['--fail-on', 'restart', 'security']]) {
      const { out } = await diff('--json', ...args)
      expect(validate(JSON.parse(out)), ajv.errorsText(validate.errors)).toBe(true)
      expect((await diff('--format', 'json', ...args)).out).toBe(out)
    }
  })

  test('Markdown that is whole', async () => {
    for (const args of [[], ['--artifacts']]) expect(problemsOf((await diff('--format', 'markdown', ...args)).out)).toEqual([])
  })

  test.skipIf(!hasGit)('the diff of the artifacts makes the output of the base that of the head', async () => {
    const [old, wanted] = await Promise.all([
      compileText(shop(), shopSql),
      compileText(head, Object.fromEntries(Object.entries(sql).map(([path, text]) => [path, String(text)]))),
    ])
    const before = Object.fromEntries(old.artifacts.map(({ path, content }) => [path, content]))
    const after = Object.fromEntries(wanted.artifacts.map(({ path, content }) => [path, content]))
    const { out } = await diff('--artifacts')
    const patch = out.slice(out.search(/^(diff |--- )/m))
    for (const command of [
      ['git', 'apply', '--whitespace=nowarn'],
      ['patch', '--strip=1', '--silent', '--remove-empty-files'],
    ]) {
      const work = temporaryFolder(before)
      if (out.search(/^(diff |--- )/m) >= 0) {
        const applied = spawnSync(command[0]!, command.slice(1), { cwd: work, input: patch, encoding: 'utf8' })
        expect(applied.stderr + applied.stdout).toBe('')
      }
      const found = spawnSync('find', ['.', '-type', 'f'], { cwd: work, encoding: 'utf8' }).stdout.trim().split('\n')
      const texts = Object.fromEntries(found.map((path) => [path.slice(2), readFileSync(join(work, path), 'utf8')]))
      expect(texts).toEqual(after)
    }
  })
})

test('Markdown of what would like to act', async () => {
  const head = nastyFleet(nasty.slice(0, 9).join(' '), '3GiB')
  const { 'services.yaml': text, ...sql } = head
  for (const args of [[], ['--artifacts']]) {
    const { code, out } = await inProcess(['diff', ...files, '--format', 'markdown', ...args], { in: pair(shop(), text, sql) })
    expect([code, problemsOf(out)]).toEqual([1, []])
  }
})

describe('colours', () => {
  const folder = pair(shop(), shop({ memory: '3GiB' }))
  const sequence = '\u001b['

  test.each<[string, Record<string, string>, string[], boolean]>([
    ['none into a pipe', {}, [], false],
    ['forced', { FORCE_COLOR: '1' }, [], true],
    ['NO_COLOR comes first', { FORCE_COLOR: '1', NO_COLOR: '1' }, [], false],
    ['--no-color comes first', { FORCE_COLOR: '1' }, ['--no-color'], false],
    ['never in JSON', { FORCE_COLOR: '1' }, ['--json'], false],
    ['never in Markdown', { FORCE_COLOR: '1' }, ['--format', 'markdown'], false],
  ])('%s', async (_, env, args, colored) => {
    const global = args.filter((arg) => arg === '--no-color')
    const { out, code } = await pgfleet([...global, 'diff', ...files, ...args.filter((arg) => arg !== '--no-color')], { in: folder, env })
    expect(code).toBe(1)
    expect(out.includes(sequence)).toBe(colored)
  })

  test.each(['"\\e[2J gone"', '"\\u202e gone"', '\u202egone'])('what services.yaml says is text: %j', async (reason) => {
    const hostile = shop({ schemas: 'orders', top: allowSpare().replace('nobody uses it', reason) })
    const { out, err } = await inProcess(['diff', ...files], { in: pair(shop(), hostile) })
    expect(`${out}${err}`).toContain('gone')
    expect(`${out}${err}`.match(/[^\P{C}\n]/gu)).toBe(null)
  })
})

describe.skipIf(!hasGit)('as a process', () => {
  let folder = ''
  beforeAll(() => {
    folder = repository([{ 'services.yaml': shop(), ...shopSql }])
    write(folder, { 'services.yaml': shop({ memory: '3GiB' }) })
  })

  test.each<[string, string[], number]>([
    ['nothing changes', ['HEAD', 'HEAD'], 0],
    ['something does', [], 1],
    ['wrong usage', ['--format', 'xml'], 2],
    ['three sides', ['HEAD', 'HEAD', 'HEAD'], 2],
    ['a side that cannot be compiled', ['HEAD', 'sql/orders/0001-items.sql'], 3],
    ['--fail-on', ['--fail-on', 'recreate'], 4],
  ])('%s', async (_, args, code) => {
    const ran = await pgfleet(['diff', ...args], { in: folder })
    expect(ran.code, ran.err).toBe(code)
    expect(ran.err).not.toContain(' at ')
  })

  test('git is missing', async () => {
    const { code, err } = await pgfleet(['diff'], { in: folder, env: { PATH: '' } })
    expect(code).toBe(3)
    expect(err).toBe('error: git could not be started [git-missing]\n  help: Install git, or compare two files: pgfleet diff FILE FILE.\n')
    write(folder, { 'old.yaml': shop() })
    expect((await pgfleet(['diff', 'old.yaml', 'services.yaml'], { in: folder, env: { PATH: '' } })).code).toBe(1)
  })

  test.skipIf(!canBeOther)('a repository of another user', async () => {
    const folder = folderOf({ 'services.yaml': shop(), ...shopSql })
    git(folder, 'init', '--quiet', '--initial-branch=main')
    commit(folder, {})
    const { code, err } = await pgfleet(['diff'], { in: folder, asOther: true })
    expect(code).toBe(3)
    expect(err).toBe(
      'error: git does not read this repository: it belongs to another user [git-ownership]\n  help: Tell git that it may: git config --global --add safe.directory FOLDER.\n',
    )
  })

  test('a reader that closes the pipe is no failure', async () => {
    const script = '"$0" "$1" diff --artifacts | head -n 1; exit "${PIPESTATUS[0]}"'
    const { code, out, err } = await run('bash', ['-c', script, process.execPath, bundle], { cwd: folder, env: environment })
    expect([code, out.split('\n').length]).toEqual([1, 2])
    expect(err).not.toContain('EPIPE')
  })

  test('a revision that the shell gives as a file', async () => {
    const script = '"$0" "$1" diff <(git show HEAD:services.yaml) services.yaml'
    const { code, out } = await run('bash', ['-c', script, process.execPath, bundle], { cwd: folder, env: environment })
    expect(code).toBe(1)
    expect(out).toMatch(/memory limit +2GiB -> 3GiB/)
    expect(out).toMatch(/sql\/orders is not there beside \/dev\/fd\/\d+: taken as unchanged/)
  })

  test('nothing is left in git by a process that ends early', async () => {
    await pgfleet(['diff', '--json'], { in: folder })
    expect(git(folder, 'fsck', '--no-dangling')).toBe('')
  })
})
