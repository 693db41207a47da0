// The generated files in a real PgBouncer 1.24 and a real PostgreSQL behind it, with certificates, as in containers.
import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addressOf } from '../../src/fleet/network.ts'
import { readIni } from '../readers.ts'
import { type Authority, authority } from '../support/certificates.ts'
import { smallFleet } from '../support/fleet.ts'
import { type PooledDatabase, pooledDatabase } from '../support/pooled-database.ts'
import { canUseTrixie } from '../support/trixie.ts'

const yaml = smallFleet(
  'pool: { size: 3, reserve: 1, max_clients: 50 }\nschemas: [shop]\nsql: sql/orders',
  'network: { base: "127.77" }\nroles: { analyst: { access: read-only } }\n',
)
const migrations = { 'sql/orders/0001-tables.sql': 'CREATE TABLE shop.orders (id int);\nINSERT INTO shop.orders VALUES (1);\n' }

let database: PooledDatabase
let stranger: Authority

const throughPool = (user: string, more: pg.ClientConfig = {}) => database.connect('pooler', user, more)
const refusal = (attempt: Promise<pg.Client>): Promise<string> =>
  attempt.then(
    async (client) => {
      await client.end()
      return 'logged in'
    },
    (error: Error) => error.message,
  )

describe.skipIf(!canUseTrixie)('behind PgBouncer', () => {
  beforeAll(async () => {
    stranger = authority()
    database = await pooledDatabase(yaml, migrations)
  })
  afterAll(async () => {
    await database?.close()
    stranger?.remove()
  })

  test('SHOW CONFIG has every key as the files say', () => {
    const shown = new Map(database.admin('SHOW CONFIG').map(([name, value]) => [name, value]))
    const { pgbouncer: own } = readIni(database.ini.own)
    const { '': common } = readIni(database.ini.shared)
    const { '%include': _, ...keys } = { ...common, ...own }
    // It shows the octal mode as a decimal number.
    const expected = { ...keys, unix_socket_mode: String(0o700) }
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, shown.get(name)]))).toEqual(expected)
  })

  test('the database is that of the server', () => {
    const row = database.admin('SHOW DATABASES').find(([name]) => name === 'demo_orders')!
    expect(row.slice(0, 4)).toEqual(['demo_orders', 'postgres-orders', String(database.service.listenPort), 'demo_orders'])
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
    const superuser = await database.server.connect({ database: 'demo_orders' })
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
    const superuser = await database.server.connect({ database: 'demo_orders' })
    await superuser.query(`
      ALTER FUNCTION pgfleet.lookup RENAME TO quick;
      CREATE FUNCTION pgfleet.lookup(requested text, OUT username text, OUT password text) LANGUAGE sql SECURITY DEFINER AS
        $$ SELECT quick.* FROM pg_sleep(0.2), pgfleet.quick(requested) $$;`)
    const logins = Promise.all(Array.from({ length: 10 }, () => throughPool('demo_orders_service')))
    await setTimeout(500)
    expect((await connections()).pgbouncer_auth).toBe(1)
    await Promise.all((await logins).map((client) => client.end()))
    await superuser.query('DROP FUNCTION pgfleet.lookup; ALTER FUNCTION pgfleet.quick RENAME TO lookup')
    await superuser.end()
    expect(await database.server.log()).not.toContain('too many connections')
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

  test('plain text, an old protocol, a false certificate and another database are refused', async () => {
    const { certificate: ca } = database.authority
    expect(await refusal(throughPool('demo_orders_service', { ssl: false }))).toBe('SSL required')
    expect(await refusal(throughPool('demo_orders_service', { ssl: { ca, maxVersion: 'TLSv1.2' } }))).toMatch(/protocol version/)
    expect(await refusal(throughPool('demo_orders_service', { ssl: { ca: stranger.certificate } }))).toMatch(/certificate/)
    expect(await refusal(throughPool('demo_orders_service', { database: 'postgres' }))).toBe('SASL authentication failed')
    expect(await refusal(throughPool('demo_orders_service', { database: 'pgbouncer' }))).toBe('not allowed')
  })

  describe('around the pooler', () => {
    const direct = (user: string, from: string, more: pg.ClientConfig = {}) =>
      refusal(
        database.connect('server', user, {
          from,
          host: '127.0.0.1',
          ssl: { ca: database.authority.certificate, servername: 'localhost' },
          ...more,
        }),
      )
    const address = (offset: number) => addressOf('127.77', offset)
    const ops = () => address(database.service.addresses.ops)
    const gateway = () => address(database.fleet.network.edge.offset + 1)
    const pooler = '127.0.0.1'
    const rejected = /pg_hba\.conf rejects connection/

    test('people and tools come from their address', async () => {
      for (const user of ['monitor', 'backup', 'demo_orders_migrator'])
        expect([user, await direct(user, ops())]).toEqual([user, 'logged in'])
      for (const user of ['analyst', 'demo_orders_migrator']) expect([user, await direct(user, gateway())]).toEqual([user, 'logged in'])
      expect(await direct('analyst', gateway(), { password: 'wrong' })).toMatch(/password authentication failed/)
    })

    test('and from no other; the superuser, the application and the pooler from none', async () => {
      for (const user of ['monitor', 'backup']) expect(await direct(user, gateway())).toMatch(rejected)
      for (const user of ['analyst', 'demo_orders_service']) expect(await direct(user, ops())).toMatch(rejected)
      for (const user of ['analyst', 'demo_orders_migrator', 'postgres']) expect(await direct(user, pooler)).toMatch(rejected)
      for (const from of [ops(), gateway(), pooler]) expect(await direct('postgres', from)).toMatch(rejected)
      expect(await direct('pgbouncer_auth', ops())).toMatch(rejected)
      expect(await direct('monitor', ops(), { ssl: false })).toMatch(rejected)
      expect(await direct('monitor', ops(), { database: 'postgres' })).toMatch(rejected)
    })

    test('whoever has the address of the pooler still needs its certificate', async () => {
      expect(await direct('demo_orders_service', pooler)).toMatch(/connection requires a valid client certificate/)
      expect(await direct('pgbouncer_auth', pooler)).toMatch(/connection requires a valid client certificate/)
      const as = (issuer: Authority, host: string) => {
        const { 'server.crt': cert, 'server.key': key } = issuer.issue(host)
        return { ssl: { ca: database.authority.certificate, servername: 'localhost', cert, key } }
      }
      expect(await direct('pgbouncer_auth', pooler, as(stranger, 'pgbouncer-orders'))).toMatch(/unknown ca/)
      expect(await direct('pgbouncer_auth', pooler, as(database.authority, 'pgbouncer-other'))).toMatch(/certificate authentication failed/)
      // The pooler's own connections may have taken all that the role has.
      expect(await direct('pgbouncer_auth', pooler, as(database.authority, 'pgbouncer-orders'))).toMatch(
        /^logged in$|^too many connections for role/,
      )
    })
  })
})
