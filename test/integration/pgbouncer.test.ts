// The generated files in a real PgBouncer 1.24 and a real PostgreSQL behind it, with certificates, as in containers. What differs from
// there: one machine, so the pooler comes from 127.0.0.1, and ports that are free.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { initSql } from '../../generators/init-sql/init-sql.ts'
import { pgbouncer } from '../../generators/pgbouncer/pgbouncer.ts'
import { postgres } from '../../generators/postgres/postgres.ts'
import { poolerPaths } from '../../src/fleet/container-paths.ts'
import { addressOf } from '../../src/fleet/network.ts'
import { composeTarget } from '../../src/fleet/targets.ts'
import type { Service } from '../../src/fleet/types.ts'
import { ownFolder } from '../../src/io/owned-files.ts'
import { scramVerifier } from '../../src/runtime/scram.ts'
import { readIni } from '../readers.ts'
import { type Authority, authority } from '../support/certificates.ts'
import { fleetOf, smallFleet } from '../support/fleet.ts'
import { connected, freePort, type ServerFolder, serverFolder, startTestServer, type TestServer, writeFiles } from '../support/server.ts'
import { canUseTrixie, type Program, runInTrixie, sharedFolder, startInTrixie, type Trixie, trixie } from '../support/trixie.ts'

const yaml = smallFleet(
  'pool: { size: 3, reserve: 1, max_clients: 50 }\nschemas: [shop]\nsql: sql/orders',
  'network: { base: "127.77" }\nroles: { analyst: { access: read-only } }\n',
)
const migrations = { 'sql/orders/0001-tables.sql': 'CREATE TABLE shop.orders (id int);\nINSERT INTO shop.orders VALUES (1);\n' }
const password = 'correct horse battery staple'

let authorities: Record<'ours' | 'other', Authority>
let folder: ServerFolder
let server: TestServer
let service: Service
let debian: Trixie
let shared: ReturnType<typeof sharedFolder>
let pooler: Program
let ports: { server: number; pooler: number }
let ini: { own: string; shared: string }

/** A client that comes from an address of the plan; all of 127.0.0.0/8 is this machine. */
const client = (port: number, user: string, more: pg.ClientConfig & { ca?: string; from?: number } = {}) => {
  const { ca = authorities.ours.certificate, from, ...config } = more
  return connected({ host: 'localhost', port, user, password, database: 'demo_orders', ssl: { ca }, ...config })
}
const throughPool = (user: string, more: Parameters<typeof client>[2] = {}) => client(ports.pooler, user, more)
const refusal = (attempt: Promise<pg.Client>): Promise<string> =>
  attempt.then(
    async (client) => {
      await client.end()
      return 'logged in'
    },
    (error: Error) => error.message,
  )
/** Rows of a command of the admin console, asked over its socket by the user that the pooler runs as. */
const admin = (command: string): string[][] =>
  runInTrixie(
    debian,
    'psql',
    '-XAtq',
    '-F',
    '\t',
    '-h',
    `${shared.inside}/socket`,
    '-p',
    String(ports.pooler),
    '-U',
    'pgbouncer',
    'pgbouncer',
    '-c',
    command,
  )
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'))

describe.skipIf(!canUseTrixie)('behind PgBouncer', () => {
  beforeAll(async () => {
    authorities = { ours: authority(), other: authority() }
    ports = { server: await freePort(), pooler: await freePort() }
    folder = await serverFolder()
    const inFolder = (name: string) => join(folder.path, name)
    const paths = { config: inFolder('config'), tls: inFolder('tls'), verifiers: inFolder('verifiers'), socket: inFolder('socket') }
    const target = { ...composeTarget(), build: 'embedded' as const, paths: () => paths, listenPort: () => ports.server }
    const fleet = await fleetOf(yaml, migrations, target)
    service = fleet.services[0]!
    const text = (path: string) =>
      [postgres, pgbouncer, initSql].flatMap((generator) => generator.generate(fleet)).find((file) => file.path === path)!.content

    const poolerAddress = addressOf(fleet.network.base, service.addresses.pooler)
    const configuration = Object.fromEntries(
      ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf'].map((name) => [name, text(`infrastructure/postgres/orders/${name}`)]),
    )
    configuration['pg_hba.conf'] = configuration['pg_hba.conf']!.replace(`${poolerAddress}/32`, '127.0.0.1/32').replace(
      `${poolerAddress}/32`,
      '127.0.0.1/32',
    )
    // The test comes as root, not as the server's own user.
    configuration['pg_hba.conf'] = configuration['pg_hba.conf'].replace(/("postgres" +)peer/, '$1trust')
    await writeFiles(paths.config, configuration, 0o644, folder.user)
    await writeFiles(paths.tls, authorities.ours.issue(service.host), 0o600, folder.user)
    const verifier = await scramVerifier(password, Buffer.from('0123456789abcdef'))
    const withPassword = service.roles.filter(({ authentication }) => authentication === 'password')
    await writeFiles(paths.verifiers, Object.fromEntries(withPassword.map(({ name }) => [name, `${verifier}\n`])), 0o600, folder.user)
    await ownFolder(paths.socket, 0o755, folder.user)
    server = await startTestServer(folder, { config: paths.config, socket: paths.socket, port: ports.server })
    const superuser = await server.connect()
    await superuser.query('CREATE DATABASE demo_orders')
    await superuser.end()
    const database = await server.connect({ database: 'demo_orders' })
    await database.query(text('infrastructure/postgres/orders-db-init.sql'))
    await database.end()

    debian = trixie()
    shared = sharedFolder(debian)
    ini = {
      own: text('infrastructure/pgbouncer/orders/pgbouncer.ini'),
      shared: text('infrastructure/postgres/connection-pools.conf').replace('listen_port = 5432', `listen_port = ${ports.pooler}`),
    }
    await writeFiles(join(shared.outside, 'config'), { 'pgbouncer.ini': ini.own }, 0o644, debian.user)
    await writeFiles(join(shared.outside, 'shared'), { 'connection-pools.conf': ini.shared }, 0o644, debian.user)
    await writeFiles(join(shared.outside, 'tls'), authorities.ours.issue(service.pool.host), 0o600, debian.user)
    mkdirSync(join(shared.outside, 'socket'))
    await ownFolder(join(shared.outside, 'socket'), 0o700, debian.user)
    writeFileSync(join(shared.outside, 'hosts'), `127.0.0.1 localhost ${service.host}\n`)
    const binds = {
      [poolerPaths.config]: join(shared.outside, 'config'),
      [poolerPaths.shared]: join(shared.outside, 'shared'),
      [poolerPaths.tls]: join(shared.outside, 'tls'),
      [poolerPaths.socket]: join(shared.outside, 'socket'),
      '/etc/hosts': join(shared.outside, 'hosts'),
    }
    pooler = startInTrixie(debian, { binds, network: true }, 'pgbouncer', `${poolerPaths.config}/pgbouncer.ini`)
    for (let attempt = 0; !pooler.output().includes('process up'); attempt++) {
      if (pooler.hasEnded() || attempt > 200) throw new Error(`the pooler does not start: ${pooler.output()}`)
      await setTimeout(25)
    }
  })
  afterAll(async () => {
    await pooler?.stop('SIGQUIT')
    await server?.stop()
    shared?.remove()
    await folder?.remove()
    for (const { remove } of Object.values(authorities ?? {})) remove()
  })

  test('SHOW CONFIG has every key as the files say', () => {
    const shown = new Map(admin('SHOW CONFIG').map(([name, value]) => [name, value]))
    const { pgbouncer: own } = readIni(ini.own)
    const { '': common } = readIni(ini.shared)
    const { '%include': _, ...keys } = { ...common, ...own }
    // It shows the octal mode as a decimal number.
    const expected = { ...keys, unix_socket_mode: String(0o700) }
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, shown.get(name)]))).toEqual(expected)
  })

  test('the database has its sizes', () => {
    const [name, host, port, database] = admin('SHOW DATABASES').find(([name]) => name === 'demo_orders')!
    expect([name, host, port, database]).toEqual(['demo_orders', 'postgres-orders', String(ports.server), 'demo_orders'])
  })

  test('the application logs in through the pool and works there', async () => {
    const client = await throughPool('demo_orders_service')
    expect((await client.query('SELECT id, current_user AS name FROM orders')).rows).toEqual([{ id: 1, name: 'demo_orders_service' }])
    // Prepared by name in several transactions, so on any server connection.
    for (let round = 0; round < 5; round++) {
      const { rows } = await client.query({ name: 'sum', text: 'SELECT $1::int + 1 AS next', values: [round] })
      expect(rows).toEqual([{ next: round + 1 }])
    }
    const { rows } = await client.query('SELECT ssl, version, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()')
    expect(rows).toEqual([{ ssl: true, version: 'TLSv1.3', client_dn: '/CN=pgbouncer-orders' }])
    await client.end()
  })

  /** Connections of each role to the server. */
  const connections = async (): Promise<Record<string, number>> => {
    const superuser = await server.connect({ database: 'demo_orders' })
    const { rows } = await superuser.query('SELECT usename, count(*)::int FROM pg_stat_activity WHERE usename IS NOT NULL GROUP BY 1')
    await superuser.end()
    return Object.fromEntries(rows.map(({ usename, count }) => [usename, count]))
  }

  test('no more server connections than the pool has, whatever comes', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => throughPool('demo_orders_service')))
    const work = Promise.all(clients.map((client) => client.query('SELECT pg_sleep(0.2)')))
    await setTimeout(300)
    expect((await connections()).demo_orders_service).toBe(3)
    await work
    await Promise.all(clients.map((client) => client.end()))
  })

  test('no more connections for the lookup than are counted for it, however slow it is', async () => {
    const superuser = await server.connect({ database: 'demo_orders' })
    await superuser.query(`
      ALTER FUNCTION pgfleet.lookup RENAME TO quick;
      CREATE FUNCTION pgfleet.lookup(requested text, OUT username text, OUT password text) LANGUAGE sql SECURITY DEFINER AS
        $$ SELECT quick.* FROM pg_sleep(0.2), pgfleet.quick(requested) $$;`)
    const logins = Promise.all(Array.from({ length: 10 }, () => throughPool('demo_orders_service')))
    await setTimeout(500)
    expect((await connections()).pgbouncer_auth).toBe(2)
    await Promise.all((await logins).map((client) => client.end()))
    await superuser.query('DROP FUNCTION pgfleet.lookup; ALTER FUNCTION pgfleet.quick RENAME TO lookup')
    await superuser.end()
    expect(await server.log()).not.toContain('too many connections')
  })

  test.each([
    ['a wrong password', 'demo_orders_service', { password: 'wrong' }],
    ['an unknown role', 'nobody', {}],
    ['the superuser', 'postgres', {}],
    ['a role that is not for the pool', 'analyst', {}],
    ['the migrator', 'demo_orders_migrator', {}],
    ['the role of the pooler itself', 'pgbouncer_auth', {}],
  ])('%s is refused, always with the same words', async (_, user, more) => {
    expect(await refusal(throughPool(user, more))).toBe('SASL authentication failed')
  })

  test('plain text, an old protocol and another database are refused', async () => {
    expect(await refusal(throughPool('demo_orders_service', { ssl: false }))).toBe('SSL required')
    expect(await refusal(throughPool('demo_orders_service', { ssl: { ca: authorities.ours.certificate, maxVersion: 'TLSv1.2' } }))).toMatch(
      /protocol version/,
    )
    expect(await refusal(throughPool('demo_orders_service', { database: 'postgres' }))).toMatch(/no such database|authentication failed/)
    expect(await refusal(throughPool('demo_orders_service', { database: 'pgbouncer' }))).toMatch(/not allowed|authentication failed/)
    expect(await refusal(throughPool('demo_orders_service', { ca: authorities.other.certificate }))).toMatch(/certificate/)
  })

  test('nobody but the pooler comes directly as the application, and only with its certificate', async () => {
    expect(await refusal(client(ports.server, 'demo_orders_service', { host: '127.0.0.1', ssl: { rejectUnauthorized: false } }))).toMatch(
      /connection requires a valid client certificate/,
    )
    const stolen = authorities.other.issue('pgbouncer-orders')
    const ssl = { rejectUnauthorized: false, cert: stolen['server.crt'], key: stolen['server.key'] }
    expect(await refusal(client(ports.server, 'pgbouncer_auth', { host: '127.0.0.1', ssl }))).toMatch(/unknown ca|certificate/)
    expect(await refusal(client(ports.server, 'postgres', { host: '127.0.0.1', ssl: { rejectUnauthorized: false } }))).toMatch(
      /pg_hba.conf rejects connection/,
    )
  })
})
