// pgfleet generate from outside: where it writes, what --check says, and what is there when it is interrupted.
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bundle, canBeOther, folderOf, installCli, oneService, pgfleet } from '../support/cli.ts'

installCli()

const created = expect.stringMatching(/^ok out\/: \d+ created\n$/)
const isOutput = expect.stringMatching(/^ok out\/ is what services\.yaml says: \d+ files\n$/)
const apply = 'out/docker/apply.sh'
const conf = 'out/infrastructure/postgres/orders/postgresql.conf'

async function generated(yaml = oneService()): Promise<string> {
  const root = folderOf({ 'services.yaml': yaml })
  expect(await pgfleet(['generate'], { in: root })).toEqual({ code: 0, out: '', err: created })
  return root
}

/** Names of all files below a folder, and nothing else: no temporary ones either. */
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => lstatSync(join(folder, name)).isFile())
    .sort()

describe('--check', () => {
  test('fresh: exit code 0, nothing on standard output', async () => {
    expect(await pgfleet(['generate', '--check'], { in: await generated() })).toEqual({ code: 0, out: '', err: isOutput })
  })

  test('stale: exit code 1 with a diff, and nothing is written', async () => {
    const root = await generated()
    const before = readFileSync(join(root, conf), 'utf8')
    writeFileSync(join(root, 'services.yaml'), oneService('settings: { jit: on }\n'))
    const { code, out, err } = await pgfleet(['generate', '--check'], { in: root })
    expect({ code, err }).toEqual({ code: 1, err: 'stale out/: 2 to update; run `pgfleet generate`\n' })
    expect(out).toContain(`--- a/${conf.slice(4)}\n+++ b/${conf.slice(4)}\n@@ `)
    expect(out).toMatch(/^\+jit = on /m)
    expect(readFileSync(join(root, conf), 'utf8')).toBe(before)
  })

  test('edited by hand: named', async () => {
    const root = await generated()
    writeFileSync(join(root, apply), '#!/usr/bin/env bash\n', { flag: 'a' })
    expect(await pgfleet(['generate', '--check'], { in: root })).toMatchObject({
      code: 1,
      out: expect.stringContaining('\n-#!/usr/bin/env bash\n'),
      err: `stale out/: 1 to update; run \`pgfleet generate\`\n  ${apply} was edited by hand: what was changed belongs in services.yaml\n`,
    })
  })

  test('JSON: what would change, and no diff behind it', async () => {
    const root = await generated()
    writeFileSync(join(root, apply), 'x', { flag: 'a' })
    const { code, out } = await pgfleet(['generate', '--check', '--json'], { in: root })
    expect({ code, out: JSON.parse(out) }).toEqual({
      code: 1,
      out: { findings: [], changes: [{ op: 'update', path: 'docker/apply.sh', edited: true }] },
    })
  })

  test('the command to run carries the options', async () => {
    const root = folderOf({ 'my fleet.yaml': oneService() })
    const { code, err } = await pgfleet(['generate', '--check', 'my fleet.yaml', '--out', "o'ut", '--target', 'embedded'], { in: root })
    expect(code).toBe(1)
    expect(err).toMatch(/^stale o'ut\/: \d+ to create; run `pgfleet generate --out 'o'\\''ut' --target embedded 'my fleet\.yaml'`\n$/)
  })

  test('a file in the way that is not ours: both refuse, and it stays', async () => {
    const root = folderOf({ 'services.yaml': oneService(), [apply]: 'mine' })
    const { code, err } = await pgfleet(['generate', '--check'], { in: root })
    expect({ code, err: err.split('\n')[1] }).toEqual({ code: 1, err: `  ${apply} was not made by pgfleet and stands in the way` })
    expect(await pgfleet(['generate'], { in: root })).toEqual({
      code: 3,
      out: '',
      err: `error: docker/apply.sh in ${root}/out: pgfleet would write there, but did not make what stands there now [output-conflict]
  help: Move these files away, or choose another folder with --out.
`,
    })
    expect(filesIn(join(root, 'out'))).toEqual(['docker/apply.sh'])
    expect(readFileSync(join(root, apply), 'utf8')).toBe('mine')
  })
})

describe('where it writes', () => {
  test.each([
    ['new folders', 'a/b/c', 'a/b/c/'],
    ['beside, from a path upwards', '../elsewhere/out', '../elsewhere/out/'],
    ['an odd name', `ünï "q" $HOME`, `ünï "q" $HOME/`],
    ['the current folder', '.', './'],
    ['a symlink to a folder', 'link', 'link/'],
  ])('--out: %s', async (_, out, shown) => {
    const root = join(folderOf({ 'in/services.yaml': oneService(), 'in/real/x': '' }), 'in')
    symlinkSync('real', join(root, 'link'))
    const { code, err } = await pgfleet(['generate', '--out', out], { in: root })
    expect({ code, err: err.replace(/\d+/, 'N') }).toEqual({ code: 0, err: `ok ${shown}: N created\n` })
    expect(existsSync(join(root, out, 'docker/apply.sh'))).toBe(true)
    expect(existsSync(join(root, 'out'))).toBe(false)
  })

  test('--out is a file: exit code 3', async () => {
    const root = folderOf({ 'services.yaml': oneService() })
    const { code, err } = await pgfleet(['generate', '--out', 'services.yaml'], { in: root })
    expect(code).toBe(3)
    expect(err).toMatch(/^error: cannot read the output: ENOTDIR: .* \[output-read\]\n$/)
    expect(readFileSync(join(root, 'services.yaml'), 'utf8')).toBe(oneService())
  })

  test('an embedded target needs no containers, and does not take the place of what is committed', async () => {
    const root = await generated(oneService())
    const committed = filesIn(join(root, 'out'))
    expect((await pgfleet(['generate', '--target', 'embedded'], { in: root })).code).toBe(0)
    const files = filesIn(join(root, '.pgfleet/out'))
    expect(files.filter((name) => name.endsWith('postgresql.conf'))).toHaveLength(1)
    expect(files.filter((name) => /docker|pgbouncer|cron/.test(name))).toEqual([])
    expect(filesIn(join(root, 'out'))).toEqual(committed)
  })

  test('a service that is taken away takes its files with it, and nothing else', async () => {
    const second = 'services:\n  second: { port: 5999, memory: 2GiB, cpus: 2 }\n'
    const root = await generated(oneService().replace('services:\n', second))
    writeFileSync(join(root, 'out/mine.txt'), 'mine')
    expect(filesIn(root).filter((name) => name.includes('second'))).not.toEqual([])
    writeFileSync(join(root, 'services.yaml'), oneService())
    expect((await pgfleet(['generate'], { in: root })).code).toBe(0)
    expect(filesIn(root).filter((name) => name.includes('second'))).toEqual([])
    expect(existsSync(join(root, 'out/mine.txt'))).toBe(true)
  })

  test.skipIf(!canBeOther)('a folder that it may not write: exit code 3, nothing changed, nothing left', async () => {
    const root = await generated()
    const before = filesIn(root)
    chmodSync(root, 0o755)
    writeFileSync(join(root, 'services.yaml'), oneService('settings: { jit: on }\n'))
    const { code, out, err } = await pgfleet(['generate'], { in: root, asOther: true })
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err).toMatch(/^error: cannot write the output: EACCES: permission denied, .* \[output-write\]\n$/)
    expect(filesIn(root)).toEqual(before)
    expect(readFileSync(join(root, conf), 'utf8')).not.toContain('jit = on')
  })
})

describe('interrupted', () => {
  /** JavaScript that does something just before the given call of a function of node:fs on the output. */
  const beforeCall = (name: string, call: number, action: string) => `
    import fs from 'node:fs'
    import { spawnSync } from 'node:child_process'
    import { syncBuiltinESMExports } from 'node:module'
    const original = fs.${name}
    let calls = 0
    fs.${name} = (...args) => {
      if (args.some((arg) => String(arg).includes('/out/')) && ++calls === ${call}) ${action}
      return original(...args)
    }
    syncBuiltinESMExports()`
  /** Renaming puts a finished file in its place. */
  const kill = (signal: string) => beforeCall('renameSync', 3, `process.kill(process.pid, '${signal}')`)

  const services = (size: number, more = '') =>
    `version: 1\nfleet: demo\nhost: { memory: 64GiB, cpus: 8, disk: 1TiB }\nservices:\n${Array.from(
      { length: size },
      (_, index) => `  s${index}: { port: ${5500 + index}, memory: 2GiB${more} }\n`,
    ).join('')}`
  const withoutJit = services(4, ', settings: { jit: on }')

  const configurations = (root: string) =>
    filesIn(root)
      .filter((name) => name.endsWith('postgresql.conf'))
      .map((name) => readFileSync(join(root, name), 'utf8'))

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s while it writes: it ends when the output is complete', async (signal) => {
    const root = await generated(services(4))
    writeFileSync(join(root, 'services.yaml'), withoutJit)
    const ended = { code: 0, err: expect.stringMatching(/^ok out\/: 5 updated, \d+ unchanged\n$/) }
    expect(await pgfleet(['generate'], { in: root, before: kill(signal) })).toMatchObject(ended)
    expect(await pgfleet(['generate', '--check'], { in: root })).toEqual({ code: 0, out: '', err: isOutput })
  })

  test('killed while it writes: no file is half of one, none looks edited, and the next run mends it', async () => {
    const root = await generated(services(4))
    const old = configurations(root)
    writeFileSync(join(root, 'services.yaml'), withoutJit)
    expect(await pgfleet(['generate'], { in: root, before: kill('SIGKILL') })).toEqual({ code: null, out: '', err: '' })
    const now = configurations(root)
    expect(now.map((text) => (text.includes('\njit = on ') ? 'new' : old.includes(text) ? 'old' : text))).toEqual([
      'new',
      'new',
      'old',
      'old',
    ])

    const stale = { code: 1, err: 'stale out/: 3 to update; run `pgfleet generate`\n' }
    expect(await pgfleet(['generate', '--check'], { in: root })).toMatchObject(stale)
    expect((await pgfleet(['generate'], { in: root })).err).toMatch(/^ok out\/: 3 updated, /)
    expect(filesIn(root).filter((name) => name.endsWith('.tmp'))).toEqual([])
    expect(await pgfleet(['generate', '--check'], { in: root })).toEqual({ code: 0, out: '', err: isOutput })
  })

  const another = `spawnSync(process.execPath, [${JSON.stringify(bundle)}, 'generate'], { stdio: 'ignore' })`
  test.each([
    ['after the files were listed', beforeCall('openSync', 1, another)],
    ['when half of the files were read', beforeCall('readFileSync', 9, another)],
    ['before the first file is removed', beforeCall('rmSync', 1, another)],
    ['before the second folder is removed', beforeCall('rmdirSync', 2, another)],
    ['before the first file is in its place', beforeCall('renameSync', 1, another)],
  ])('a second run that removes the same files %s: both succeed', async (_, preload) => {
    const root = await generated(services(4))
    writeFileSync(join(root, 'services.yaml'), services(2))
    expect(await pgfleet(['generate'], { in: root, before: preload })).toMatchObject({ code: 0, out: '' })
    expect(await pgfleet(['generate', '--check'], { in: root })).toEqual({ code: 0, out: '', err: isOutput })
    expect(filesIn(root).filter((name) => /s[23]|\.tmp$/.test(name))).toEqual([])
  })
})
