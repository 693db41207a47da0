// The command line against content that is broken or hostile, and readers that go away.
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bundle, canBeOther, environment, folderOf, installCli, oneService, pgfleet, run } from '../support/cli.ts'

installCli()

const oneline = (file: string, root: string) => pgfleet(['validate', '--format', 'oneline', file], { in: root })
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202e\u200b]/

describe('services.yaml', () => {
  const top = 'version: 1\nfleet: demo\n'
  const longLine = 'a'.repeat(10_000_000)
  test.each<[string, string | Uint8Array, string]>([
    ['no bytes', '', '1:1: error: the file holds no data; it needs at least version, fleet, host and services [yaml/empty]'],
    ['zeros', new Uint8Array(50_000_000), '1:1: error: the character U+0000 cannot be printed; remove it [yaml/control-character]'],
    ['a NUL', 'version: 1\0', '1:11: error: the character U+0000 cannot be printed; remove it [yaml/control-character]'],
    [
      'terminal escapes',
      `${top}\x1b]0;title\x07: 1\n`,
      '3:1: error: the character U+001B cannot be printed; remove it [yaml/control-character]',
    ],
    [
      'terminal escapes in escapes',
      oneService().replace('fleet: demo', 'fleet: "\\e[31mdemo"'),
      '2:8: error: the character U+001B cannot be printed; remove it [yaml/control-character]',
    ],
    [
      'text that turns around',
      oneService().replace('fleet: demo', 'fleet: demo\u202e\u200b'),
      '2:8: error: fleet cannot be "demo\\u{202e}\\u{200b}"; start with a lower-case letter and go on with up to 30 lower-case letters, digits and underscores, e.g. acme [schema/pattern]',
    ],
    [
      'a value of ten million letters',
      oneService().replace('5433', longLine),
      `6:11: error: services.orders.port must be a whole number, but is "${'a'.repeat(60)}…"; e.g. 5433 [schema/type]`,
    ],
    ['ten million brackets', '['.repeat(10_000_000), '1:101: error: nested deeper than 100 levels [yaml/resource-exhaustion]'],
    [
      'aliases of aliases',
      `a: &a [${'x,'.repeat(9)}]\n${[...'bcdefghi'].map((name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]},`.repeat(9)}]\n`).join('')}`,
      '7:14: error: the aliases repeat more than 2,000,000 values; write fewer aliases of aliases [yaml/resource-exhaustion]',
    ],
    [
      'a byte order mark and CRLF',
      `\ufeff${oneService().replace('5433', 'x')}`.replaceAll('\n', '\r\n'),
      '6:11: error: services.orders.port must be a whole number, but is "x"; e.g. 5433 [schema/type]',
    ],
  ])('%s', async (_, content, line) => {
    const root = folderOf({ 's.yaml': content })
    expect(await oneline('s.yaml', root)).toEqual({ code: 1, out: `s.yaml:${line}\n`, err: '' })
    const { code, out, err } = await pgfleet(['validate', 's.yaml'], { in: root })
    expect({ code, err }).toEqual({ code: 1, err: '\n1 error in s.yaml\n' })
    expect(out.length).toBeLessThan(1000)
    expect(out).not.toMatch(control)
  })

  test.each([
    [
      "'../../../etc'",
      'services cannot have the key "../../../etc"; use lower-case words joined by hyphens, e.g. market-data [schema/pattern]',
    ],
    ["'..'", 'services cannot have the key ".."; use lower-case words joined by hyphens, e.g. market-data [schema/pattern]'],
    [
      '/etc/cron.d/x',
      'services cannot have the key "/etc/cron.d/x"; use lower-case words joined by hyphens, e.g. market-data [schema/pattern]',
    ],
    [
      "'$(touch x)'",
      'services cannot have the key "$(touch x)"; use lower-case words joined by hyphens, e.g. market-data [schema/pattern]',
    ],
  ])('a service named %s reaches nothing', async (key, message) => {
    const root = folderOf({ 'services.yaml': oneService().replace('orders', key) })
    expect(await pgfleet(['generate', '--format', 'oneline'], { in: root })).toEqual({
      code: 1,
      out: `services.yaml:5:3: error: ${message}\n`,
      err: '',
    })
    expect(existsSync(join(root, 'out'))).toBe(false)
  })

  test.each(['../sql', '/etc', 'sql/../../etc'])('sql: %s is refused, not read', async (folder) => {
    const { code, out } = await oneline('services.yaml', folderOf({ 'services.yaml': oneService(`sql: ${folder}\n`) }))
    expect(code).toBe(1)
    expect(out).toBe(
      `services.yaml:9:10: error: services.orders.sql cannot be "${folder}"; write folders of letters, digits, '.', '_' and '-' joined by slashes, e.g. sql/orders [schema/pattern]\n`,
    )
  })

  const call = 'write one call: schema.function(arguments) or CALL schema.procedure(arguments) [job-call]'
  test.each([
    ['app.f(); DROP TABLE app.t', call],
    ['app.f() -- all', `a comment cannot end a call: ${call}`],
    ['app.f();', `leave out the semicolon: ${call}`],
    ['(SELECT app.f())', call],
  ])('a job that calls %s', async (text, message) => {
    const job = `schemas: [app]\njobs: { tidy: { schedule: "0 2 * * *", call: "${text}" } }\n`
    const { code, out } = await oneline('services.yaml', folderOf({ 'services.yaml': oneService(job) }))
    expect({ code, out }).toEqual({
      code: 1,
      out: `services.yaml:10:50: error: "${text}" of the job tidy is not a call; ${message}\n`,
    })
  })
})

describe('SQL files', () => {
  const yaml = oneService('sql: sql\n')
  const table = 'CREATE TABLE t (id bigint);\n'

  test.each<[string, Record<string, string | Uint8Array>, string]>([
    [
      'no folder',
      {},
      'services.yaml:9:10: error: there are no *.sql files in sql; the path is relative to services.yaml; files are named like 0001-tables.sql [sql-missing]',
    ],
    [
      'names that are no names',
      { 'sql/0001-a.sql': table, 'sql/0002-\x1b[31mred.sql': '', 'sql/0003-B.SQL': '', 'sql/0004-d.sql': '' },
      `sql/0002-\\u{1b}[31mred.sql:1:1: error: 0002-\\u{1b}[31mred.sql is not named NNNN-name.sql; name it 0002-31mred.sql [sql-numbering]
sql/0003-B.SQL:1:1: error: 0003-B.SQL is not named NNNN-name.sql; name it 0003-B.sql [sql-numbering]`,
    ],
    [
      'a mistake behind CRLF',
      { 'sql/0001-a.sql': 'SELECT 1;\r\nSELECT\r\n1 frm x;\r\n' },
      'sql/0001-a.sql:3:7: error: PostgreSQL 17 cannot parse 0001-a.sql: syntax error at or near "x"; correct the statement; psql commands such as \\i are not SQL [sql-syntax]',
    ],
    [
      'a NUL',
      { 'sql/0001-a.sql': 'SELECT 1;\0' },
      'sql/0001-a.sql:1:10: error: PostgreSQL 17 cannot parse 0001-a.sql: SQL cannot contain the character U+0000; correct the statement; psql commands such as \\i are not SQL [sql-syntax]',
    ],
  ])('%s', async (_, files, lines) => {
    const root = folderOf({ 'services.yaml': yaml, ...files })
    expect(await oneline('services.yaml', root)).toEqual({ code: 1, out: `${lines}\n`, err: '' })
  })

  test('a byte order mark, CRLF, no statement at all: fine', async () => {
    const files = { 'sql/0001-a.sql': `\ufeff${table}`.replaceAll('\n', '\r\n'), 'sql/0002-b.sql': '', 'sql/0003-c.sql': '-- later' }
    expect(await oneline('services.yaml', folderOf({ 'services.yaml': yaml, ...files }))).toEqual({ code: 0, out: '', err: '' })
  })

  test.each<[string, (file: string) => void, string]>([
    ['a folder', (file) => mkdirSync(file), 'it is a folder'],
    ['a symlink to nowhere', (file) => symlinkSync('nowhere', file), 'there is no such file'],
  ])('%s named like one: exit code 3', async (_, make, why) => {
    const root = folderOf({ 'services.yaml': yaml, 'sql/0001-a.sql': table })
    make(join(root, 'sql/0002-b.sql'))
    expect(await oneline('services.yaml', root)).toEqual({
      code: 3,
      out: '',
      err: `error: cannot read ${root}/sql/0002-b.sql: ${why} [file-unreadable]\n`,
    })
  })

  test('bytes that are no UTF-8: exit code 3', async () => {
    const root = folderOf({ 'services.yaml': yaml, 'sql/0001-a.sql': Buffer.from("SELECT 'caf\xe9'", 'latin1') })
    const message = `error: ${root}/sql/0001-a.sql is not UTF-8 [file-encoding]\n  help: Save it as UTF-8.\n`
    expect(await oneline('services.yaml', root)).toEqual({ code: 3, out: '', err: message })
  })

  test.skipIf(!canBeOther).each([
    ['the file', 'sql/0001-a.sql', 'sql/0001-a.sql'],
    ['the folder', 'sql', 'the folder sql'],
  ])('%s is not readable: exit code 3', async (_, path, shown) => {
    const root = folderOf({ 'services.yaml': yaml, 'sql/0001-a.sql': table })
    await run('chmod', ['go-rwx', path], { cwd: root })
    const message = `error: cannot read ${shown.replace('sql', `${root}/sql`)}: this user may not read it [file-unreadable]\n`
    expect(await pgfleet(['validate'], { in: root, asOther: true })).toEqual({ code: 3, out: '', err: message })
  })
})

describe('readers that go away', () => {
  const many = `${oneService()}${Array.from({ length: 2000 }, (_, index) => `    k${index}: 1\n`).join('')}`
  const shell = (script: string) =>
    run('bash', ['-c', `set -o pipefail; pgfleet() { '${process.execPath}' '${bundle}' "$@"; }; ${script}`], {
      cwd: folderOf({ 'services.yaml': many }),
      env: environment,
    })

  test.each([
    ['validate | head -1', 'error: unknown key "k0" in services.orders [schema/additionalProperties]\n'],
    ['validate --json | head -1', '{\n'],
  ])('%s: no complaint, and the exit code of the findings', async (command, out) => {
    const ran = await shell(`pgfleet ${command}`)
    expect({ ...ran, err: ran.err.trim() }).toEqual({ code: 1, out, err: command.includes('json') ? '' : '2000 errors in services.yaml' })
  })

  test.each(['validate >&-', 'validate 2>&-', 'validate >&- 2>&-'])('%s: the exit code of the findings', async (command) => {
    expect((await shell(`pgfleet ${command} | tail -1 >/dev/null`)).code).toBe(1)
  })

  test('a full disk: exit code 3, in one line', async () => {
    const { code, err } = await shell('pgfleet explain work_mem >/dev/full')
    expect({ code, err }).toEqual({
      code: 3,
      err: expect.stringMatching(
        /^(\n.*\n)?error: cannot write to the standard output: ENOSPC: no space left on device, write \[output-lost\]\n$/,
      ),
    })
  })
})

test('a folder that is gone: exit code 3', async () => {
  const root = folderOf({ 'gone/x': '' })
  const before = `process.chdir(${JSON.stringify(`${root}/gone`)}); (await import('node:fs')).rmSync('.', { recursive: true, force: true })`
  expect(await pgfleet(['validate'], { in: root, before: before.replace("'.'", JSON.stringify(`${root}/gone`)) })).toEqual({
    code: 3,
    out: '',
    err: 'error: the current folder does not exist any more [no-current-folder]\n  help: Change to another one.\n',
  })
})
