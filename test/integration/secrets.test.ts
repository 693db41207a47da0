// `pgfleet secrets` as people call it: git, other runs, kills, disks that refuse, and what it shows.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { canBeOther, folderOf, installCli, oneService, pgfleet, type Ran } from '../support/cli.ts'
import { filesIn, twoServices } from '../support/secrets.ts'

installCli()

const fleetFolder = (yaml = oneService()) => folderOf({ 'services.yaml': yaml })
const init = (folder: string, ...more: string[]) => pgfleet(['secrets', 'init', ...more], { in: folder })
const complete = (folder: string): Promise<Ran> => init(folder, '--json')

/** Verifies certificates in the eyes of OpenSSL, and that nothing is missing, left over or does not fit. */
async function expectComplete(folder: string): Promise<void> {
  const { code, out } = await complete(folder)
  const { made, unused, findings } = JSON.parse(out)
  expect({ code, made, unused, findings }).toEqual({ code: 0, made: [], unused: [], findings: [] })
  for (const of of ['server', 'pooler'])
    execFileSync('openssl', ['verify', '-CAfile', 'ca.crt', `services/orders/${of}/tls/server.crt`], {
      cwd: join(folder, 'secrets'),
      stdio: 'pipe',
    })
}

test('says what it made, as JSON where that is wanted', async () => {
  const folder = fleetFolder()
  expect(await init(folder)).toEqual({ code: 0, out: '', err: 'ok secrets/: 19 files made\n' })
  const { code, out, err } = await init(folder, '--json')
  expect({ code, err }).toEqual({ code: 0, err: 'ok secrets/: 19 files kept\n' })
  expect(JSON.parse(out)).toEqual({ folder: join(folder, 'secrets'), made: [], kept: 19, unused: [], findings: [] })
})

test('findings are named with the command that helps, and make exit code 1', async () => {
  const folder = fleetFolder()
  await init(folder)
  chmodSync(join(folder, 'secrets/ca.key'), 0o640)
  const { code, err } = await init(folder)
  expect(code).toBe(1)
  expect(err).toBe(
    'ok secrets/: 19 files kept\nwarning secrets/ca.key: others can reach it (mode 0640)\n  help: chmod 600 secrets/ca.key\n',
  )
  execFileSync('sh', ['-c', /help: (.*)/.exec(err)![1]!], { cwd: folder })
  expect((await init(folder)).code).toBe(0)
})

describe('where the folder is', () => {
  test.each([
    [['--secrets', 'here'], {}, 'here'],
    [[], { PGFLEET_SECRETS: 'mine' }, 'out/mine'],
    [['--secrets', 'here'], { PGFLEET_SECRETS: 'mine' }, 'here'],
    [[], { PGFLEET_SECRETS: '' }, 'secrets'],
  ])('%j with %j', async (args, env, expected) => {
    const folder = fleetFolder()
    await pgfleet(['secrets', 'init', ...args], { in: folder, env })
    expect(existsSync(join(folder, expected, 'ca.key'))).toBe(true)
  })
})

describe('in a git repository', () => {
  const git = (cwd: string, ...args: string[]) => execFileSync('git', args, { cwd, stdio: 'pipe', encoding: 'utf8' })
  const repository = () => {
    const folder = fleetFolder()
    git(folder, 'init', '--quiet')
    return folder
  }

  test.each(['secrets', 'a [b] *c', 'deep/er/secrets'])('%s is refused until it is ignored, by the line that is shown', async (name) => {
    const folder = repository()
    const { code, err } = await init(folder, '--secrets', name)
    expect(code).toBe(3)
    expect(err).toContain('git would commit the secrets')
    expect(existsSync(join(folder, name))).toBe(false)
    writeFileSync(join(folder, '.gitignore'), `${/`(\/.*)` to/.exec(err)![1]}\n`)
    expect((await init(folder, '--secrets', name)).code).toBe(0)
    expect(git(folder, 'status', '--porcelain', '--untracked-files=all')).toBe('?? .gitignore\n?? services.yaml\n')
  })

  test.each([
    ['a part of it is not ignored', '/secrets/*\n!/secrets/pgpass\n', () => {}],
    [
      'a file of it is committed',
      '/secrets/\n',
      (folder: string) => {
        mkdirSync(join(folder, 'secrets'))
        writeFileSync(join(folder, 'secrets/ca.key'), 'x')
        git(folder, 'add', '--force', 'secrets/ca.key')
      },
    ],
  ])('refused when %s', async (_, ignore, prepare) => {
    const folder = repository()
    writeFileSync(join(folder, '.gitignore'), ignore)
    prepare(folder)
    expect((await init(folder)).code).toBe(3)
  })

  test('refused for the top of the repository; fine outside of it', async () => {
    const folder = repository()
    const { code, err } = await init(folder, '--secrets', '.')
    expect(code).toBe(3)
    expect(err).toContain('Choose a folder of its own')
    expect((await init(folder, '--secrets', '../elsewhere')).code).toBe(0)
    rmSync(join(folder, '../elsewhere'), { recursive: true })
  })

  test('the folder of this repository is ignored', () => {
    expect(spawnSync('git', ['check-ignore', '-q', 'secrets/ca.key']).status).toBe(0)
    expect(spawnSync('git', ['check-ignore', '-q', 'src/runtime/secrets/init.ts']).status).toBe(1)
  })
})

describe('cut short', () => {
  /** Kills the process when it is about to rename its nth file. */
  const killAt = (n: number, before: boolean) => `
    import fs from 'node:fs/promises'
    import { syncBuiltinESMExports } from 'node:module'
    const rename = fs.rename
    let count = 0
    fs.rename = async (from, to) => {
      if (/run-|claim-/.test(to)) return rename(from, to)
      const last = ++count === ${n}
      if (last && ${before}) process.kill(process.pid, 'SIGKILL')
      await rename(from, to)
      if (last) process.kill(process.pid, 'SIGKILL')
    }
    syncBuiltinESMExports()`

  test.each(Array.from({ length: 19 }, (_, index) => index + 1))('at file %i of 19: the next run completes it', async (n) => {
    const folder = fleetFolder()
    const { code } = await pgfleet(['secrets', 'init'], { in: folder, before: killAt(n, n % 2 === 0) })
    expect(code).toBe(null)
    const half = filesIn(join(folder, 'secrets'))
    expect((await init(folder)).code).toBe(0)
    await expectComplete(folder)
    // Nothing that was complete has changed; a key whose certificate is missing is not complete.
    const whole = filesIn(join(folder, 'secrets'))
    const isComplete = (path: string) =>
      !/^(\.partial|run-)/.test(path) && !(path.endsWith('.key') && path !== 'ca.key' && !(path.replace('.key', '.crt') in half))
    const kept = Object.keys(half).filter(isComplete)
    expect(kept.map((path) => [path, whole[path]])).toEqual(kept.map((path) => [path, half[path]]))
  })

  test('while it replaces a pair of which half was lost', async () => {
    const folder = fleetFolder()
    await init(folder)
    for (const n of [1, 2]) {
      rmSync(join(folder, 'secrets/services/orders/server/tls/server.key'), { force: true })
      expect((await pgfleet(['secrets', 'init'], { in: folder, before: killAt(n, true) })).code).toBe(null)
      expect((await init(folder)).code).toBe(0)
      await expectComplete(folder)
    }
  })

  test('Ctrl-C leaves no half file and no lock', async () => {
    const folder = fleetFolder(twoServices())
    const { code, err } = await pgfleet(['secrets', 'init'], { in: folder, before: killAt(5, true).replaceAll('SIGKILL', 'SIGINT') })
    expect({ code, err }).toEqual({ code: 3, err: 'Interrupted: what was made stays; run it again for the rest.\n' })
    expect(Object.keys(filesIn(join(folder, 'secrets'))).filter((path) => /^(\.partial|run-|claim-)/.test(path))).toEqual([])
    await init(folder)
    await expectComplete(folder)
  })
})

test('of runs at the same time one makes the secrets, and the others say so', async () => {
  const folder = fleetFolder(twoServices())
  const all = await Promise.all(Array.from({ length: 4 }, () => init(folder)))
  expect(all.map(({ code }) => code)).toContain(0)
  for (const { code, err } of all) {
    expect([0, 3]).toContain(code)
    if (code === 3)
      expect(err).toMatch(
        /^error: pgfleet already runs with .*\[already-running\]\n {2}help: Wait until it has ended, then run the command again\.\n$/,
      )
  }
  await expectComplete(folder)
})

describe('a disk that refuses', () => {
  const full = `
    import fs from 'node:fs/promises'
    import { syncBuiltinESMExports } from 'node:module'
    const open = fs.open
    let count = 0
    fs.open = async (path, flags, mode) => {
      if (flags === 'wx' && ++count === 5) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' })
      return open(path, flags, mode)
    }
    syncBuiltinESMExports()`

  test('is said in one line, and the next run completes it', async () => {
    const folder = fleetFolder()
    const { code, err } = await pgfleet(['secrets', 'init'], { in: folder, before: full })
    expect(code).toBe(3)
    expect(err).toBe(`error: cannot write the secrets in ${folder}/secrets: ENOSPC: no space left on device, write [secrets-write]\n`)
    await init(folder)
    await expectComplete(folder)
  })

  test.runIf(canBeOther)('as does a folder that is not ours', async () => {
    const folder = fleetFolder()
    const { code, err } = await pgfleet(['secrets', 'init'], { in: folder, asOther: true, env: { PGFLEET_CACHE: '/nonexistent' } })
    expect(code).toBe(3)
    expect(err).toMatch(/^error: cannot write the secrets in .*EACCES/)
  })
})

describe('nothing secret is shown', () => {
  const secretsOf = (folder: string) => {
    const files = Object.entries(filesIn(join(folder, 'secrets')))
    const texts = files.filter(([path]) => /^passwords|verifiers|\.key$/.test(path)).map(([, text]) => text.trimEnd())
    // Every line of a key; of a verifier the parts.
    return texts.flatMap((text) => text.split(/[\n$:]/)).filter((part) => part.length > 15 && !part.startsWith('---'))
  }
  const forms = (secret: string) => [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)]
  const shows = (text: string, folder: string) => secretsOf(folder).some((secret) => forms(secret).some((form) => text.includes(form)))

  test('by any command, also when it fails; but by urls when asked', async () => {
    const folder = fleetFolder()
    const said: Ran[] = [await init(folder, '--json')]
    said.push(
      await init(folder),
      await pgfleet(['secrets', 'urls'], { in: folder }),
      await pgfleet(['secrets', 'urls', '--json'], { in: folder }),
    )
    writeFileSync(
      join(folder, 'secrets/services/orders/server/verifiers/monitor'),
      readFileSync(join(folder, 'secrets/passwords/orders/monitor')),
    )
    writeFileSync(join(folder, 'secrets/ops/ca.crt'), readFileSync(join(folder, 'secrets/ca.key')))
    said.push(await init(folder))
    rmSync(join(folder, 'secrets/services/orders/server/tls/server.crt'))
    writeFileSync(join(folder, 'secrets/ca.key'), readFileSync(join(folder, 'secrets/services/orders/server/tls/server.key')))
    said.push(await init(folder))
    expect(said.map(({ code }) => code)).toEqual([0, 0, 0, 0, 1, 3])
    expect(secretsOf(folder).length).toBeGreaterThan(15)
    expect(said.filter(({ out, err }) => shows(out + err, folder))).toEqual([])
    const asked = await pgfleet(['secrets', 'urls', '--show-passwords'], { in: folder })
    expect(shows(asked.out, folder)).toBe(true)
  })
})

describe('urls', () => {
  test('of one service, with the place of the passwords', async () => {
    const folder = fleetFolder(twoServices('roles: { "me & you": { access: admin } }'))
    await init(folder)
    const { code, out, err } = await pgfleet(['secrets', 'urls', 'price-list'], { in: folder })
    const tls = `sslmode=verify-full&sslrootcert=${folder}/secrets/ca.crt`
    expect({ code, err }).toEqual({
      code: 0,
      err: 'The passwords: export PGPASSFILE=secrets/pgpass, or --show-passwords to have them in the URLs\n',
    })
    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['SERVICE', 'ROLE', 'THROUGH', 'URL'],
      ['price-list', 'demo_price_list_service', 'pooler', `postgresql://demo_price_list_service@localhost:6434/demo_price_list?${tls}`],
      ['price-list', 'demo_price_list_migrator', 'server', `postgresql://demo_price_list_migrator@localhost:5434/demo_price_list?${tls}`],
      ['price-list', 'me & you', 'server', `postgresql://me%20%26%20you@localhost:5434/demo_price_list?${tls}`],
      [''],
    ])
  })

  test('of another copy of the fleet, at its address', async () => {
    const { out } = await pgfleet(['secrets', 'urls', '--json'], { in: fleetFolder(), env: { PGFLEET_BIND: '127.0.0.2' } })
    expect(new URL(JSON.parse(out).urls[0].url).searchParams.get('hostaddr')).toBe('127.0.0.2')
  })

  test.each([
    [['urls', 'order'], 2, 'error: there is no service "order"\n  help: did you mean "orders"?\n'],
    [['rotate'], 2, 'error: nothing to rotate is named\n  help: add --certificates, --passwords or both\n'],
    [['rotate', '--passwords', 'order'], 2, 'error: there is no service "order"\n  help: did you mean "orders"?\n'],
  ])('%j', async (args, code, err) => {
    expect(await pgfleet(['secrets', ...args], { in: fleetFolder() })).toEqual({ code, out: '', err })
  })

  test.each([
    [['urls', '--show-passwords'], 'there is no password of demo_orders_service of orders, demo_orders_migrator of orders'],
    [['rotate', '--passwords'], 'there are no secrets in'],
  ])('%j without secrets', async (args, message) => {
    const { code, err } = await pgfleet(['secrets', ...args], { in: fleetFolder() })
    expect(code).toBe(3)
    expect(err).toContain(message)
    expect(err).toContain('pgfleet secrets init')
  })
})
