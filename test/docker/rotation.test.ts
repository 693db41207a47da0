// New certificates and passwords under the hands of working clients.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { opsContainerName } from '../../src/fleet/container-names.ts'
import { wantedFiles } from '../../src/runtime/secrets/wanted.ts'
import { bundle, installCli, run } from '../support/cli.ts'
import { traffic } from '../support/client-traffic.ts'
import { docker } from '../support/docker.ts'
import type { Connection } from '../support/docker-access.ts'
import {
  console as consoleOf,
  containerOf,
  describeDocker,
  exec,
  fleet,
  loginOf,
  project,
  superuserQuery,
  superuserRun,
} from '../support/docker-fleet.ts'
import { states } from '../support/docker-project.ts'
import { filesIn } from '../support/secrets.ts'

const key = 'education'
const service = fleet.services.find((one) => one.key === key)!
const role = (kind: string) => service.roles.find((one) => one.kind === kind)!.name
const app: Connection = { key, via: 'pool', role: role('app') }
const migrator: Connection = { key, via: 'direct', role: role('migrator') }

const arguments_ = (...args: string[]) => [bundle, 'secrets', ...args, '--secrets', project.secrets]
const environment = () => ({ ...project.environment, PATH: process.env['PATH'] ?? '' })
installCli()
const rotate = (...args: string[]) =>
  run(process.execPath, arguments_('rotate', key, '--json', ...args), { cwd: process.cwd(), env: environment() })

const text = (path: string) => readFileSync(join(project.secrets, path), 'utf8')
const secrets = () => filesIn(project.secrets)
const certificateFile = (of: 'server' | 'pooler') => `services/${key}/${of}/tls/server.crt`
const logIn = async (connection: Connection, password?: string) => {
  const { Client } = await import('pg')
  const client = new Client({ ...loginOf(connection), ...(password === undefined ? {} : { password }) })
  await client.connect()
  const { rows } = await client.query('SELECT session_user AS name').finally(() => client.end())
  return rows[0].name
}

/** What OpenSSL sees on a published port. */
const shownFingerprint = (port: number) => {
  const { stdout } = spawnSync('openssl', ['s_client', '-starttls', 'postgres', '-connect', `${project.bind}:${port}`], {
    input: '',
    encoding: 'utf8',
  })
  return spawnSync('openssl', ['x509', '-noout', '-fingerprint', '-sha256'], { input: stdout, encoding: 'utf8' }).stdout.trim()
}
const fileFingerprint = (of: 'server' | 'pooler') =>
  spawnSync('openssl', ['x509', '-noout', '-fingerprint', '-sha256'], { input: text(certificateFile(of)), encoding: 'utf8' }).stdout.trim()
const serials = async () => {
  const rows = await superuserQuery(key, 'SELECT DISTINCT client_serial::text AS serial FROM pg_stat_ssl WHERE client_serial IS NOT NULL')
  return rows.map(({ serial }) => serial)
}
const poolerSerial = () => {
  const { stdout } = spawnSync('openssl', ['x509', '-noout', '-serial'], { input: text(certificateFile('pooler')), encoding: 'utf8' })
  return BigInt(`0x${stdout.trim().replace('serial=', '')}`).toString()
}

const clients = () => ({
  persistent: [...Array.from({ length: 8 }, () => loginOf(app)), loginOf(migrator)],
  reconnecting: [() => loginOf(app)],
})

/** Container, state and start of everything of the service: nothing may be started anew. */
const starts = () =>
  docker(['inspect', '--format', '{{.Name}} {{.State.StartedAt}}', containerOf('postgres', key), containerOf('pgbouncer', key)])

describeDocker('certificates', () => {
  test('are renewed without a restart or an error of a client, and seen from outside', async () => {
    const before = { starts: await starts(), server: fileFingerprint('server'), pooler: fileFingerprint('pooler') }
    const working = await traffic(clients())
    for (const round of [1, 2]) {
      const { code, out, err } = await rotate('--certificates')
      expect(code, `${round}: ${err}`).toBe(0)
      expect(JSON.parse(out).certificates.map(({ of, state }: { of: string; state: string }) => [of, state])).toEqual([
        ['server', 'in-use'],
        ['pooler', 'in-use'],
      ])
      await setTimeout(500)
    }
    const done = working.done()
    await setTimeout(500)
    await working.stop()
    expect(working.errors).toEqual([])
    expect(working.done()).toBeGreaterThan(done)
    expect([fileFingerprint('server'), fileFingerprint('pooler')]).not.toEqual([before.server, before.pooler])
    expect([shownFingerprint(service.port), shownFingerprint(service.pool.port)]).toEqual([
      fileFingerprint('server'),
      fileFingerprint('pooler'),
    ])
    // A process of the server whose client has gone is there for a moment yet.
    await expect.poll(serials, { timeout: 5000 }).toEqual([poolerSerial()])
    expect(await starts()).toBe(before.starts)
    expect(Object.keys(secrets()).sort()).toEqual(wantedFiles(fleet).sort())
  })

  test('errors of clients would have been counted', async () => {
    const working = await traffic(clients())
    await docker(['restart', '--time', '0', containerOf('pgbouncer', key)])
    await setTimeout(500)
    await working.stop()
    expect(working.errors.length).toBeGreaterThan(0)
    await healthy()
  })

  // RELOAD answers RELOAD although it has read nothing; the server only says so in its log.
  test.each([
    ['server', 'postgres', 999],
    ['pooler', 'pgbouncer', 6432],
  ] as const)('that the %s does not take are taken back everywhere, and that is said', async (of, kind, user) => {
    const before = secrets()
    const shown = [shownFingerprint(service.port), shownFingerprint(service.pool.port)]
    const container = containerOf(kind, key)
    const write = (content: string) => exec(container, ['sh', '-c', 'umask 077; cat >/run/pgfleet/tls/ca.crt'], { user, input: content })
    await write('no certificate')
    const working = await traffic({ persistent: [loginOf(app), loginOf(migrator)] })
    const { code, err } = await rotate('--certificates').finally(() => write(text('ca.crt')))
    await working.stop()
    expect(code).toBe(3)
    expect(err).toContain(
      `the certificates of ${key} were not replaced: ${container} still shows another certificate; the old ones are in use again`,
    )
    expect(working.errors).toEqual([])
    expect(secrets()).toEqual(before)
    expect([shownFingerprint(service.port), shownFingerprint(service.pool.port)]).toEqual(shown)
    expect((await exec(container, ['cat', '/run/pgfleet/tls/server.crt'], { user })).trim()).toBe(text(certificateFile(of)).trim())
    expect((await rotate('--certificates')).code).toBe(0)
  })

  test('of a container that does not run change on the disk, and are in use when it does', async () => {
    await docker(['stop', containerOf('pgbouncer', key)])
    const { code, out, err } = await rotate('--certificates')
    expect(code).toBe(0)
    expect(JSON.parse(out).certificates.map(({ state }: { state: string }) => state)).toEqual(['in-use', 'on-disk'])
    expect(err).toContain(`Not running, so only their files changed: ${containerOf('pgbouncer', key)}\n`)
    await docker(['start', containerOf('pgbouncer', key)])
    await healthy()
    expect(shownFingerprint(service.pool.port)).toBe(fileFingerprint('pooler'))
    expect(await logIn(app)).toBe(app.role)
  })

  test.each(['SIGINT', 'SIGKILL'] as const)(
    'after %s at any time, the next rotation ends well; Ctrl-C alone leaves no trace',
    async (signal) => {
      for (const milliseconds of [250, 500, 750, 1000]) {
        const child = spawn(process.execPath, arguments_('rotate', key, '--certificates'), { env: environment(), stdio: 'ignore' })
        const exit = once(child, 'exit')
        await setTimeout(milliseconds)
        child.kill(signal)
        await exit
        if (signal === 'SIGINT') {
          const shown = [shownFingerprint(service.port), shownFingerprint(service.pool.port)]
          expect({ milliseconds, shown }).toEqual({ milliseconds, shown: [fileFingerprint('server'), fileFingerprint('pooler')] })
          expect(Object.keys(secrets()).sort()).toEqual(wantedFiles(fleet).sort())
        }
        expect(await logIn(app)).toBe(app.role)
        const { code, err } = await rotate('--certificates')
        expect(code, `${milliseconds}: ${err}`).toBe(0)
        expect([shownFingerprint(service.port), shownFingerprint(service.pool.port)]).toEqual([
          fileFingerprint('server'),
          fileFingerprint('pooler'),
        ])
        expect(Object.keys(secrets()).sort()).toEqual(wantedFiles(fleet).sort())
      }
    },
  )

  test('of another folder are not given to this fleet', async () => {
    const other = `${project.secrets}-other`
    const call = (...args: string[]) =>
      run(process.execPath, [bundle, 'secrets', ...args, '--secrets', other], { cwd: process.cwd(), env: environment() })
    expect((await call('init')).code).toBe(0)
    const before = [shownFingerprint(service.port), filesIn(other)]
    const { code, err } = await call('rotate', key, '--certificates')
    expect({ code, err }).toMatchObject({ code: 3, err: expect.stringContaining(`and not from ${other}`) })
    expect([shownFingerprint(service.port), filesIn(other)]).toEqual(before)
    spawnSync('rm', ['-r', other])
  })
})

describeDocker('passwords', () => {
  test('are renewed while sessions live on, also those that need a new connection to the server', async () => {
    const old = secrets()
    const before = await starts()
    const working = await traffic({ persistent: clients().persistent })
    const { code, out, err } = await rotate('--passwords')
    expect(code, err).toBe(0)
    await consoleOf(key, 'RECONNECT')
    const done = working.done()
    await setTimeout(1500)
    await working.stop()
    expect(working.errors).toEqual([])
    expect(working.done()).toBeGreaterThan(done)
    expect(await starts()).toBe(before)

    const now = secrets()
    const changed = Object.keys(old).filter((path) => old[path] !== now[path])
    const roles = service.roles.filter(({ authentication }) => authentication === 'password').map(({ name }) => name)
    const users = fleet.applications.filter(({ uses }) => uses.includes(key)).map(({ name }) => name)
    expect(JSON.parse(out).applications).toEqual(users)
    expect(changed.sort()).toEqual(
      [
        ...roles.flatMap((name) => [`passwords/${key}/${name}`, `services/${key}/server/verifiers/${name}`]),
        ...users.map((name) => `applications/${name}/pgpass`),
        'ops/pgpass',
        'pgpass',
      ].sort(),
    )
    expect(Object.keys(now)).toEqual(Object.keys(old))

    for (const connection of [app, migrator]) {
      expect(await logIn(connection)).toBe(connection.role)
      await expect(logIn(connection, old[`passwords/${key}/${connection.role}`])).rejects.toThrow(/authentication failed/)
    }
    const ops = opsContainerName(project.prefix)
    if (ops in (await states(project.prefix)))
      expect(await exec(ops, ['cat', '/run/pgfleet/pgpass'], { user: 6433 })).toBe(now['ops/pgpass'])
  })

  test('stay as they are when the server does not take the new ones', async () => {
    const before = secrets()
    const { rows } = { rows: await superuserQuery(key, 'SELECT name, sha256 FROM pgfleet.migrations ORDER BY name LIMIT 1') }
    const { name, sha256 } = rows[0]!
    await superuserRun(key, `UPDATE pgfleet.migrations SET sha256 = 'other' WHERE name = '${name}'`)
    const { code, err } = await rotate('--passwords').finally(() =>
      superuserRun(key, `UPDATE pgfleet.migrations SET sha256 = '${sha256}' WHERE name = '${name}'`),
    )
    expect(code).toBe(3)
    expect(err).toContain(`the passwords of ${key} were not replaced, the old ones hold on`)
    expect(secrets()).toEqual(before)
    const verifier = `/run/pgfleet/verifiers/${app.role}`
    expect(await exec(containerOf('postgres', key), ['cat', verifier], { user: 999 })).toBe(
      before[`services/${key}/server/verifiers/${app.role}`],
    )
    for (const connection of [app, migrator]) expect(await logIn(connection)).toBe(connection.role)
  })

  test('are not lost when the rotation is killed: the next one completes it', async () => {
    const stages: string[] = []
    const staging = join(project.secrets, '.next', key)
    // From when the first new password is on the disk.
    for (const milliseconds of [0, 100, 200, 300, 450]) {
      const child = spawn(process.execPath, arguments_('rotate', key, '--passwords'), { env: environment(), stdio: 'ignore' })
      const exit = once(child, 'exit')
      while (!existsSync(staging) && child.exitCode === null) await setTimeout(1)
      await setTimeout(milliseconds)
      child.kill('SIGKILL')
      await exit
      // What the killed one had begun in the container may still be at work there.
      await setTimeout(500)
      stages.push(existsSync(staging) ? 'staged' : 'before or after')
      const { code, err } = await rotate('--passwords')
      expect(code, `${milliseconds}: ${err}`).toBe(0)
      for (const connection of [app, migrator]) expect(await logIn(connection)).toBe(connection.role)
      expect(Object.keys(secrets()).sort()).toEqual(wantedFiles(fleet).sort())
    }
    console.log(`killed: ${stages.join(', ')}`)
    expect(stages).toContain('staged')
  })

  test('none is in a log, in the statistics, or known to docker', async () => {
    const [server, pooler] = [containerOf('postgres', key), containerOf('pgbouncer', key)]
    const logs = spawnSync('sh', ['-c', `docker logs ${server} 2>&1; docker logs ${pooler} 2>&1; docker inspect ${server} ${pooler}`], {
      encoding: 'utf8',
    }).stdout
    const statistics = JSON.stringify(await superuserQuery(key, 'SELECT query FROM pg_stat_statements'))
    const all = Object.entries(secrets()).filter(
      ([path]) => path.startsWith(`passwords/${key}/`) || path.startsWith(`services/${key}/server/verifiers/`),
    )
    const shownIn = (text: string) =>
      all.flatMap(([path, secret]) => {
        const parts = secret.trim().split(/[$:]/)
        return parts.some((part) => part.length > 15 && text.includes(part)) ? [path] : []
      })
    expect(logs).toContain('ready to accept connections')
    expect(shownIn(logs + statistics)).toEqual([])
    expect(shownIn(`${logs} PASSWORD '${text(`services/${key}/server/verifiers/${app.role}`).trim()}'`)).toEqual([
      `services/${key}/server/verifiers/${app.role}`,
    ])
  })
})

async function healthy() {
  for (let attempt = 0; attempt < 120; attempt++) {
    const found = await states(project.prefix)
    if ([containerOf('postgres', key), containerOf('pgbouncer', key)].every((name) => found[name]?.health === 'healthy')) return
    await setTimeout(500)
  }
  throw new Error(`${key} does not get healthy`)
}
