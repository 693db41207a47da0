// What a real PgBouncer 1.24 says of itself, beside the files that it was to read.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Artifact } from '../../src/artifact.ts'
import { acceptsTls, startupAnswer } from '../../src/io/protocol-probe.ts'
import { poolerChecks } from '../../src/runtime/verify/checks/index.ts'
import type { Queryable } from '../../src/runtime/verify/verify-settings.ts'
import { smallFleet } from '../support/fleet.ts'
import { type PooledDatabase, pooledDatabase } from '../support/pooled-database.ts'
import { serverFolder, startPlainServer } from '../support/server.ts'
import { canUseTrixie } from '../support/trixie.ts'

const yaml = smallFleet('pool: { size: 3, reserve: 1, max_clients: 50 }\nschemas: [shop]', 'network: { base: "127.77" }\n')

// Columns of 1.24: src/admin.c
const columns: Record<string, string> = {
  'SHOW CONFIG': 'key value default changeable',
  'SHOW DATABASES':
    'name host port database force_user pool_size min_pool_size reserve_pool_size server_lifetime pool_mode load_balance_hosts max_connections current_connections max_client_connections current_client_connections paused disabled',
  'SHOW USERS':
    'name pool_size reserve_pool_size pool_mode max_user_connections current_connections max_user_client_connections current_client_connections',
}

describe.skipIf(!canUseTrixie)('PgBouncer', () => {
  let database: PooledDatabase
  beforeAll(async () => {
    database = await pooledDatabase(yaml, {})
  })
  afterAll(() => database?.close())

  /** All findings when the files had said something else. */
  async function found(change: (ini: string) => string = (ini) => ini): Promise<string[]> {
    const console: Queryable = {
      query: async (text) => ({
        rows: database.admin(text).map((row) => Object.fromEntries(columns[text]!.split(' ').map((name, index) => [name, row[index]]))),
      }),
    }
    const file = (path: string, content: string): [string, Artifact] => [path, { path, kind: 'ini', mode: 0o644, content: change(content) }]
    const artifacts = new Map([
      file('infrastructure/pgbouncer/orders/pgbouncer.ini', database.ini.own),
      file('infrastructure/postgres/connection-pools.conf', database.ini.shared),
    ])
    const outcomes = await Promise.all(poolerChecks.map(({ run }) => run({ service: database.service, artifacts }, console)))
    return outcomes.flatMap(({ findings }) => findings.map(({ what, expected, actual }) => `${what}: ${expected} -> ${actual}`))
  }

  test('as generated', async () => {
    expect(await found()).toEqual([])
  })

  test.each<[string, (ini: string) => string, string[]]>([
    ['another value', (ini) => ini.replace('max_client_conn = 50', 'max_client_conn = 60'), ['max_client_conn: 60 -> 50']],
    ['another mode', (ini) => ini.replace('0700', '0770'), ['unix_socket_mode: 504 -> 448']],
    ['a word for a number', (ini) => ini.replace('log_connections = 1', 'log_connections = off'), ['log_connections: 0 -> 1']],
    ['the same in a word', (ini) => ini.replace('log_connections = 1', 'log_connections = yes'), []],
    [
      'a key that the files do not have',
      (ini) => ini.replace('query_wait_timeout', '; query_wait_timeout').replace('server_login_retry', '; server_login_retry'),
      ['server_login_retry: the default: 15 -> 0.1'],
    ],
    [
      'a key that it does not know',
      (ini) => ini.replace('pool_mode', 'pool_mood = 1\npool_mode'),
      ['pool_mood: 1 -> not known to this PgBouncer'],
    ],
    ['another size', (ini) => ini.replace('pool_size=3', 'pool_size=4'), ['pool_size of database demo_orders: 4 -> 3']],
    [
      'another reserve',
      (ini) => ini.replace('reserve_pool_size=1', 'reserve_pool_size=2'),
      ['reserve_pool_size of database demo_orders: 2 -> 1'],
    ],
    [
      'another limit',
      (ini) => ini.replace('max_db_connections=5', 'max_db_connections=7'),
      ['max_db_connections of database demo_orders: 7 -> 5'],
    ],
    [
      'another server',
      (ini) => ini.replace('host=postgres-orders', 'host=other'),
      ['host of database demo_orders: other -> postgres-orders'],
    ],
    [
      'another limit of a user',
      (ini) => ini.replace('max_user_connections=1', 'max_user_connections=5'),
      ['max_user_connections of user pgbouncer_auth: 5 -> 1'],
    ],
    [
      'another database',
      (ini) => ini.replace('demo_orders = host', 'demo_others = host'),
      [expect.stringMatching(/^database demo_others: host=.* -> absent$/), 'database demo_orders: absent -> pooled'],
    ],
  ])('%s', async (_, change, expected) => {
    expect(await found(change)).toEqual(expected)
  })

  test('a database that is paused', async () => {
    database.admin('PAUSE demo_orders')
    expect(await found()).toEqual(['database demo_orders: at work -> paused'])
    database.admin('RESUME demo_orders')
  })

  describe('first words', () => {
    const login = { user: 'demo_orders_service', database: 'demo_orders' }
    const tls = () => ({ servername: 'localhost', ca: database.authority.certificate })

    test('plain text is refused by both, and so is TLS 1.2', async () => {
      for (const port of [database.ports.server, database.ports.pooler]) {
        const place = { host: '127.0.0.1', port }
        expect((await startupAnswer(place, login)).kind).toBe('refused')
        expect(await acceptsTls(place, tls(), 'TLSv1.2')).toBe(false)
        expect(await acceptsTls(place, tls(), 'TLSv1.3')).toBe(true)
      }
    })

    test('over TLS the pooler asks for a password, and the server rejects the superuser', async () => {
      const [server, pooler] = [database.ports.server, database.ports.pooler].map((port) => ({ host: '127.0.0.1', port }))
      // SASL: https://www.postgresql.org/docs/current/protocol-message-formats.html
      expect(await startupAnswer(pooler!, login, tls())).toEqual({ kind: 'asked', method: 10 })
      const answer = await startupAnswer(server!, { ...login, user: 'postgres' }, tls())
      expect(answer).toMatchObject({ kind: 'refused', code: '28000', message: expect.stringContaining('pg_hba.conf rejects connection') })
    })

    test('a server without TLS, that takes everybody', async () => {
      // An address of its own: the port is always the same.
      const place = { host: '127.86.0.1', port: 5432 }
      const folder = await serverFolder()
      const server = await startPlainServer(folder, 17, { listen_addresses: place.host })
      try {
        writeFileSync(join(folder.path, 'config/pg_hba.conf'), 'local all all trust\nhost all all all trust\n')
        const client = await server.connect()
        await client.query('SELECT pg_reload_conf()')
        await client.end()
        await expect.poll(() => startupAnswer(place, { user: 'postgres', database: 'postgres' })).toEqual({ kind: 'asked', method: 0 })
        await expect(startupAnswer(place, login, tls())).rejects.toThrow('nothing can be asked at 127.86.0.1:5432: it does not speak TLS')
      } finally {
        await server.stop()
        await folder.remove()
      }
      await expect(startupAnswer(place, login)).rejects.toThrow('ECONNREFUSED')
    })
  })
})
