// The command line: its arguments, exit codes, streams and formats.
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bundle, canBeOther, environment, folderOf, installCli, oneService, pgfleet, run } from '../support/cli.ts'

installCli()

const hint = '(pgfleet --help shows what there is)\n'
const tooFew = 'It must be a whole number from 1 to 9999.'

describe('a wrong command line: exit code 2, a few words, nothing on standard output', () => {
  test.each<[string[], string]>([
    [['vlaidate'], "error: unknown command 'vlaidate'\n(Did you mean validate?)\n"],
    [['validate', '--fromat', 'json'], "error: unknown option '--fromat'\n(Did you mean --format?)\n"],
    [['validate', '--out', 'x'], "error: unknown option '--out'\n"],
    [['validate', 'a', 'b'], "error: too many arguments for 'validate'. Expected 1 argument but got 2.\n"],
    [['validate', ''], "error: command-argument value '' is invalid for argument 'file'. It must not be empty.\n"],
    [['explain'], "error: missing required argument 'name'\n"],
    [
      ['validate', '--format', 'xml'],
      "error: option '--format <format>' argument 'xml' is invalid. Allowed choices are pretty, oneline, json.\n",
    ],
    [
      ['generate', '--target', 'k8s'],
      "error: option '--target <target>' argument 'k8s' is invalid. Allowed choices are compose, embedded.\n",
    ],
    [['generate', '--out', ''], "error: option '--out <dir>' argument '' is invalid. It must not be empty.\n"],
    [['schedule', '--count', '0'], `error: option '-n, --count <count>' argument '0' is invalid. ${tooFew}\n`],
    [['schedule', '-n', '-3'], `error: option '-n, --count <count>' argument '-3' is invalid. ${tooFew}\n`],
    [['schedule', '-n', '1e3'], `error: option '-n, --count <count>' argument '1e3' is invalid. ${tooFew}\n`],
  ])('%j', async (args, message) => {
    expect(await pgfleet(args)).toEqual({ code: 2, out: '', err: message + hint })
  })

  test('no command: the help', async () => {
    expect(await pgfleet([])).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^Usage: pgfleet \[options\] \[command\]\n/) })
  })
})

test('--version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  expect(await pgfleet(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' })
})

test.each([['--help'], ['help', 'generate'], ['validate', '--help'], ['schedule', '--help']])('help: %s %s', async (...args) => {
  const { code, out, err } = await pgfleet(args)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/^Usage: pgfleet /)
  expect(out).not.toContain('default: false')
})

describe('FILE', () => {
  const wrong = oneService().replace('5433', 'x')
  const finding = (name: string) =>
    `${name}:6:11: error: services.orders.port must be a whole number, but is "x"; e.g. 5433 [schema/type]\n`
  const odd = `a b/ünï "q" 'x' $HOME`
  const folder = () => folderOf({ 'services.yaml': wrong, 'deep/er/x.yaml': '', [`${odd}/my fleet.yaml`]: wrong })

  test.each([
    ['none: services.yaml of the current folder', '.', undefined, 'services.yaml'],
    ['a name', '.', 'services.yaml', 'services.yaml'],
    ['a path upwards', 'deep/er', '../../services.yaml', '../../services.yaml'],
    ['a name with spaces, quotes and letters of all kinds', '.', `${odd}/my fleet.yaml`, `${odd}/my fleet.yaml`],
    ['the same, from its folder', odd, 'my fleet.yaml', 'my fleet.yaml'],
  ])('%s', async (_, from, file, shown) => {
    const args = ['validate', '--format', 'oneline', ...(file === undefined ? [] : [file])]
    expect(await pgfleet(args, { in: join(folder(), from) })).toEqual({ code: 1, out: finding(shown), err: '' })
  })

  test('an absolute path is shown as it looks from the current folder', async () => {
    const root = folder()
    const args = ['validate', '--format', 'oneline', join(root, 'services.yaml')]
    expect(await pgfleet(args, { in: join(root, 'deep') })).toEqual({ code: 1, out: finding('../services.yaml'), err: '' })
  })

  test('a symlink counts as the file that it leads to, in the folder where it stands', async () => {
    const root = folderOf({ 'real/services.yaml': oneService() })
    symlinkSync('real/services.yaml', join(root, 'link.yaml'))
    expect(await pgfleet(['generate', 'link.yaml'], { in: root })).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^ok out\/: \d+ created\n$/),
    })
  })

  const help = '  help: Name the services.yaml of your fleet, or change to its folder.\n'
  test.each([
    ['missing', 'nope.yaml', `error: cannot read nope.yaml: there is no such file [file-unreadable]\n${help}`],
    ['a folder', './', `error: cannot read ./: it is a folder [file-unreadable]\n${help}`],
    ['below a file', 'a.yaml/b', `error: cannot read a.yaml/b: a part of its path is no folder [file-unreadable]\n${help}`],
    ['a circle of symlinks', 'loop.yaml', 'error: cannot read loop.yaml: its symlinks lead in a circle [file-unreadable]\n'],
    ['bytes', 'binary.yaml', 'error: binary.yaml is not UTF-8 [file-encoding]\n  help: Save it as UTF-8.\n'],
    ['a name that a terminal obeys', '\x1b[31m', `error: cannot read \\u{1b}[31m: there is no such file [file-unreadable]\n${help}`],
  ])('%s: exit code 3', async (_, file, message) => {
    const root = folderOf({ 'a.yaml': '', 'binary.yaml': Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0xff, 0]) })
    symlinkSync('loop.yaml', join(root, 'loop.yaml'))
    expect(await pgfleet(['validate', file], { in: root })).toEqual({ code: 3, out: '', err: message })
  })

  test.skipIf(!canBeOther)('not readable: exit code 3', async () => {
    const root = folderOf({ 'services.yaml': oneService() })
    await run('chmod', ['600', 'services.yaml'], { cwd: root })
    const message = 'error: cannot read services.yaml: this user may not read it [file-unreadable]\n'
    expect(await pgfleet(['validate'], { in: root, asOther: true })).toEqual({ code: 3, out: '', err: message })
  })
})

describe('formats', () => {
  const folder = () => folderOf({ 'services.yaml': oneService('colour: red\n') })

  test('pretty: findings are the result, their count is not', async () => {
    expect(await pgfleet(['validate'], { in: folder() })).toEqual({
      code: 1,
      out: `error: unknown key "colour" in services.orders [schema/additionalProperties]
  --> services.yaml:9:5
  7 |     memory: 2GiB
  8 |     cpus: 2
  9 |     colour: red
    |     ^^^^^^
  help: expected one of summary, database, volume, port, postgres, workload, memory, cpus, disk, pool, app, extensions, timescaledb, schemas, sql, seed, readable, references, settings, timeseries, jobs, retention, compliance, backup, assumptions
`,
      err: '\n1 error in services.yaml\n',
    })
  })

  test.each([
    ['validate', '--json'],
    ['validate', '--format', 'json'],
    ['generate', '--json'],
    ['generate', '--json', '--check'],
    ['schedule', '--json'],
  ])('json alone on standard output: %s %s %s', async (...args) => {
    const { code, out, err } = await pgfleet(
      args.filter((arg) => arg !== undefined),
      { in: folder() },
    )
    expect({ code, err }).toEqual({ code: 1, err: '' })
    const place = { file: 'services.yaml', line: 9, column: 5, endLine: 9, endColumn: 11 }
    expect(JSON.parse(out)).toEqual({
      findings: [
        {
          ...place,
          code: 'schema/additionalProperties',
          severity: 'error',
          message: expect.any(String),
          help: expect.any(String),
          related: [],
        },
      ],
    })
  })

  test('what is well: said to people, not to pipes', async () => {
    const root = folderOf({ 'services.yaml': oneService() })
    const all = ['pretty', 'oneline', 'json'].map((format) => pgfleet(['validate', '--format', format], { in: root }))
    expect(await Promise.all(all)).toEqual([
      { code: 0, out: '', err: 'ok services.yaml: 1 service, 4 budgets hold\n' },
      { code: 0, out: '', err: '' },
      { code: 0, out: '{\n  "findings": []\n}\n', err: '' },
    ])
  })

  test('warnings alone do not fail', async () => {
    const root = folderOf({ 'services.yaml': oneService('settings: { work_mem: 4000 }\n') })
    expect(await pgfleet(['validate', '--format', 'oneline'], { in: root })).toEqual({
      code: 0,
      out: 'services.yaml:9:27: warning: work_mem: 4000 is 4000kB, because a bare number counts in units of kB; write the unit: "4000kB" for this value, or "4000MB" [setting-without-unit]\n',
      err: '',
    })
  })
})

describe('colours', () => {
  const bad = () => folderOf({ 'services.yaml': oneService(`colour: ${'red '.repeat(50)}\n`) })
  const isColoured = (text: string) => text.includes('\x1b[')

  test.each<[string[], Record<string, string>, boolean]>([
    [[], {}, false],
    [[], { FORCE_COLOR: '1' }, true],
    [[], { FORCE_COLOR: '0' }, false],
    [[], { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    [[], { FORCE_COLOR: '1', NO_COLOR: '' }, true],
    [['--no-color'], { FORCE_COLOR: '1' }, false],
    [['--format', 'oneline'], { FORCE_COLOR: '1' }, false],
    [['--format', 'json'], { FORCE_COLOR: '1' }, false],
  ])('into a pipe: validate %j with %j', async (args, env, expected) => {
    const { out, err } = await pgfleet(['validate', ...args], { in: bad(), env })
    expect(isColoured(out + err)).toBe(expected)
  })

  test('--no-color counts before the command, too', async () => {
    expect(isColoured((await pgfleet(['--no-color', 'validate'], { in: bad(), env: { FORCE_COLOR: '1' } })).out)).toBe(false)
  })

  const inTerminal = (env: Record<string, string>) =>
    run('script', ['-qec', `stty cols 40; '${process.execPath}' '${bundle}' validate`, '/dev/null'], {
      cwd: bad(),
      env: { ...environment, ...env },
    })

  test('on a terminal: colours, unless they are not wanted or it has none; frames as wide as it is', async () => {
    const all = await Promise.all([{ TERM: 'xterm' }, { TERM: 'xterm', NO_COLOR: '1' }, { TERM: 'dumb' }].map(inTerminal))
    expect(all.map(({ out }) => isColoured(out))).toEqual([true, false, false])
    const frames = all[1]!.out.split('\r\n').filter((line) => / \| /.test(line))
    expect(frames).toHaveLength(4)
    expect(Math.max(...frames.map((line) => line.length))).toBe(39)
  })
})
