import { describe, expect, test } from 'vitest'
import { pgbouncer } from '../../generators/pgbouncer/pgbouncer.ts'
import { sharedKeys } from '../../generators/pgbouncer/shared-keys.ts'
import { header } from '../../src/artifact.ts'
import { embeddedTarget } from '../../src/fleet/targets.ts'
import type { Fleet } from '../../src/fleet/types.ts'
import { readConnectionString, readIni } from '../readers.ts'
import { fleetOf, smallFleet } from '../support/fleet.ts'
import { nineServices } from '../support/nine-services.ts'

const shared = 'infrastructure/postgres/connection-pools.conf'
const pooler = 'infrastructure/pgbouncer/orders/pgbouncer.ini'
const textOf = (fleet: Fleet, path: string): string => [...pgbouncer.generate(fleet)].find((file) => file.path === path)?.content ?? ''

test('a file for each pooler and one that they share, each with the header', async () => {
  const files = [...pgbouncer.generate(await fleetOf(nineServices))]
  expect(files.map(({ path }) => path)).toContain(shared)
  expect(files).toHaveLength(10)
  for (const { content, kind } of files) {
    expect(content.startsWith(`; ${header}\n`)).toBe(true)
    expect(kind).toBe('ini')
  }
})

test('nothing where there is no pooler', async () => {
  expect([...pgbouncer.generate(await fleetOf(smallFleet(), {}, embeddedTarget({ stateDir: '/state', portOffset: 0 })))]).toEqual([])
})

describe('beside an embedded server', () => {
  const installed = (catalogued: string, version = `${catalogued}.1`) =>
    embeddedTarget({ stateDir: '/state', portOffset: 10, pooler: { program: '/usr/sbin/pgbouncer', version, catalogued, osUser: 'me' } })
  const fileOf = async (catalogued: string) => {
    const fleet = await fleetOf(smallFleet('pool: { size: 30, reserve: 4 }', 'pgbouncer: "1.22"\n'), {}, installed(catalogued))
    const files = [...pgbouncer.generate(fleet)]
    expect(files.map(({ path }) => path)).toEqual([pooler])
    return { fleet, text: files[0]!.content }
  }

  test('one file has it all', async () => {
    const { text } = await fileOf('1.24')
    const { databases, users, pgbouncer: keys } = readIni(text)
    expect(readConnectionString(databases?.demo_orders ?? '')).toEqual({
      host: '/state/orders/socket',
      port: '5443',
      dbname: 'demo_orders',
      pool_size: '30',
      reserve_pool_size: '4',
      max_db_connections: '35',
    })
    expect(users).toEqual({ pgbouncer_auth: 'max_user_connections=1' })
    expect(keys).toEqual({
      listen_addr: '127.0.0.1',
      listen_port: '6443',
      listen_backlog: '1024',
      unix_socket_dir: '/state/orders/socket',
      unix_socket_mode: '0700',
      pidfile: '/state/orders/socket/pgbouncer.pid',
      auth_type: 'scram-sha-256',
      auth_user: 'pgbouncer_auth',
      auth_query: 'SELECT username, password FROM pgfleet.lookup($1)',
      ignore_startup_parameters: 'extra_float_digits',
      auth_file: '/state/orders/config/userlist.txt',
      stats_users: 'pgfleet_console',
      client_tls_sslmode: 'disable',
      server_tls_sslmode: 'disable',
      max_prepared_statements: '200',
      reserve_pool_timeout: '5',
      query_wait_timeout: '120',
      server_login_retry: '0.1',
      server_idle_timeout: '600',
      server_lifetime: '3600',
      log_connections: '1',
      log_disconnections: '1',
      log_pooler_errors: '1',
      stats_period: '60',
      auth_dbname: 'demo_orders',
      pool_mode: 'transaction',
      max_client_conn: '1000',
    })
  })

  test.each(['1.18', '1.19', '1.20', '1.21', '1.22', '1.23', '1.24'])(
    'PgBouncer %s: what it does not know is left out, and said',
    async (version) => {
      const keys = async (catalogued: string) => Object.keys(readIni((await fileOf(catalogued)).text)['pgbouncer'] ?? {})
      const own = await keys(version)
      const missing = (await keys('1.24')).filter((name) => !own.includes(name))
      const { fleet } = await fileOf(version)
      expect(fleet.pgbouncerVersion).toBe(version)
      expect(fleet.services[0]!.leftOut.map(({ what }) => what).sort()).toEqual(missing.sort())
      for (const { why } of fleet.services[0]!.leftOut) expect(why).toContain(`PgBouncer ${version}.1 does not know it`)
      expect(missing).toHaveLength(version === '1.18' ? 2 : version < '1.21' ? 1 : 0)
    },
  )
})

test('a pooler has its sizes, its database and the shared part', async () => {
  const fleet = await fleetOf(smallFleet('pool: { size: 30, reserve: 4, max_clients: 2000, mode: session }'))
  const { databases, users, pgbouncer: own } = readIni(textOf(fleet, pooler))
  expect(Object.keys(databases ?? {})).toEqual(['demo_orders'])
  expect(readConnectionString(databases?.demo_orders ?? '')).toEqual({
    host: 'postgres-orders',
    port: '5432',
    dbname: 'demo_orders',
    pool_size: '30',
    reserve_pool_size: '4',
    max_db_connections: '35',
  })
  expect(users).toEqual({ pgbouncer_auth: 'max_user_connections=1' })
  expect(own).toEqual({
    '%include': '/etc/pgfleet/shared/connection-pools.conf',
    auth_dbname: 'demo_orders',
    pool_mode: 'session',
    max_client_conn: '2000',
  })
})

test('what poolers share', async () => {
  expect(readIni(textOf(await fleetOf(smallFleet()), shared))).toEqual({
    '': {
      listen_addr: '0.0.0.0',
      listen_port: '5432',
      listen_backlog: '1024',
      unix_socket_dir: '/run/pgbouncer',
      unix_socket_mode: '0700',
      auth_type: 'scram-sha-256',
      auth_user: 'pgbouncer_auth',
      auth_query: 'SELECT username, password FROM pgfleet.lookup($1)',
      ignore_startup_parameters: 'extra_float_digits',
      client_tls_sslmode: 'require',
      client_tls_protocols: 'tlsv1.3',
      client_tls_ca_file: '/run/pgfleet/tls/ca.crt',
      client_tls_cert_file: '/run/pgfleet/tls/server.crt',
      client_tls_key_file: '/run/pgfleet/tls/server.key',
      server_tls_sslmode: 'verify-full',
      server_tls_protocols: 'tlsv1.3',
      server_tls_ca_file: '/run/pgfleet/tls/ca.crt',
      server_tls_cert_file: '/run/pgfleet/tls/server.crt',
      server_tls_key_file: '/run/pgfleet/tls/server.key',
      max_prepared_statements: '200',
      reserve_pool_timeout: '5',
      query_wait_timeout: '120',
      server_login_retry: '0.1',
      server_idle_timeout: '600',
      server_lifetime: '3600',
      log_connections: '1',
      log_disconnections: '1',
      log_pooler_errors: '1',
      stats_period: '60',
    },
  })
})

test('the reason of every key stands in the line above it', async () => {
  const lines = textOf(await fleetOf(smallFleet()), shared).split('\n')
  for (const { name, value, why } of sharedKeys.flatMap(({ keys }) => keys)) {
    expect(why).not.toBe('')
    expect(lines[lines.indexOf(`${name} = ${value}`) - 1]).toBe(`; ${why}`)
  }
})

describe.each(['1.18', '1.19', '1.20', '1.21', '1.22', '1.23', '1.24'])('PgBouncer %s', (version) => {
  test('gets no key that it does not know', async () => {
    const fleet = await fleetOf(smallFleet('', `pgbouncer: "${version}"\n`))
    const known = fleet.catalogs.pgbouncer[version]!
    const { databases, users, pgbouncer: own } = readIni(textOf(fleet, pooler))
    const { '': common } = readIni(textOf(fleet, shared))
    const global = Object.keys({ ...own, ...common }).filter((name) => name !== '%include')
    expect(global.filter((name) => !Object.hasOwn(known.keys, name))).toEqual([])
    expect(Object.keys(readConnectionString(databases!.demo_orders!)).filter((name) => !known.databaseKeys.includes(name))).toEqual([])
    expect(Object.keys(readConnectionString(users!.pgbouncer_auth!)).filter((name) => !known.userKeys.includes(name))).toEqual([])
  })
})

test.each([
  ['1.18', { auth_dbname: false, max_prepared_statements: false, reserve: 'reserve_pool' }],
  ['1.20', { auth_dbname: true, max_prepared_statements: false, reserve: 'reserve_pool' }],
  ['1.21', { auth_dbname: true, max_prepared_statements: true, reserve: 'reserve_pool' }],
  ['1.24', { auth_dbname: true, max_prepared_statements: true, reserve: 'reserve_pool_size' }],
] as const)('PgBouncer %s: %o', async (version, { reserve, ...keys }) => {
  const fleet = await fleetOf(smallFleet('', `pgbouncer: "${version}"\n`))
  const own = readIni(textOf(fleet, pooler))
  const global = { ...own.pgbouncer, ...readIni(textOf(fleet, shared))[''] }
  for (const [name, present] of Object.entries(keys)) expect(name in global).toBe(present)
  expect(readConnectionString(own.databases!.demo_orders!)[reserve]).toBe('5')
})

test('no text of a user becomes a key', async () => {
  const fleet = await fleetOf(smallFleet('summary: "Orders\\nauth_type = any"'))
  expect(readIni(textOf(fleet, pooler)).pgbouncer).not.toHaveProperty('auth_type')
  expect(textOf(fleet, pooler)).toContain('; pgbouncer-orders: Orders auth_type = any\n')
})

test('a database that PgBouncer cannot name is refused', async () => {
  const fleet = await fleetOf(smallFleet())
  const services = fleet.services.map((service) => ({ ...service, database: 'a b' }))
  expect(() => [...pgbouncer.generate({ ...fleet, services })]).toThrow('pgbouncer.ini cannot name "a b"')
})
