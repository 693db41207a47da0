import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPasswords } from '../../src/runtime/embedded/passwords.ts'
import type { UpResult } from '../../src/runtime/embedded/up.ts'
import { boot, loginBy, processesBelow, query, temporaryFolder, yamlOf } from '../support/embedded.ts'

const sql = {
  'sql/orders/0001-tables.sql':
    'CREATE TABLE sales.orders (id int PRIMARY KEY);\nCREATE TABLE sales.lines (id int) PARTITION BY RANGE (id);\nCREATE TABLE sales.lines_1 PARTITION OF sales.lines FOR VALUES FROM (1) TO (2);\n',
}
const services = (maxConnections: string) => ({
  orders: `summary: Orders\nsql: sql/orders\nschemas: [sales]\nextensions: [pg_stat_statements, pgaudit]\nsettings: { work_mem: 2MB, max_locks_per_transaction: ${maxConnections} }\njobs: { tidy: { schedule: "0 3 * * *", call: sales.tidy() } }`,
  mail: 'extensions: [citext]',
})

/** Settings of another program, as they stand in many a shell: none may matter here. */
const hostile = {
  PGHOST: 'elsewhere.invalid',
  PGPORT: '1',
  PGUSER: 'x',
  PGDATABASE: 'x',
  PGPASSWORD: 'x',
  PGSSLMODE: 'require',
  PGOPTIONS: '-c nonsense=1',
  PGDATA: '/nowhere',
}

describe('two services', () => {
  const folder = temporaryFolder()
  const state = join(folder.path, '.pgfleet')
  let yaml = ''
  let ports: number[] = []
  let result: Awaited<ReturnType<typeof boot>>
  beforeAll(async () => {
    Object.assign(process.env, hostile)
    const made = await yamlOf(services('70'))
    yaml = made.yaml
    ports = made.ports
    result = await boot(state, yaml, { sql })
    for (const name of Object.keys(hostile)) delete process.env[name]
  })
  afterAll(async () => {
    await result?.stop()
    folder.remove()
  })

  test('are healthy: every setting verified, tables counted', () => {
    expect(result.services).toMatchObject([
      {
        service: 'orders',
        state: 'healthy',
        tables: 2,
        login: { host: '127.0.0.1', port: ports[0], database: 'demo_orders', user: 'demo_orders_service' },
      },
      { service: 'mail', state: 'healthy', tables: 0, login: { port: ports[1], database: 'demo_mail' } },
    ])
    expect(result.healthy).toBe(true)
    for (const { settings } of result.services) {
      expect(settings?.mismatches).toEqual([])
      expect(settings?.verified).toBe(settings?.total)
      expect(settings?.total).toBeGreaterThan(40)
    }
  })

  test('show what happens to each, in order', () => {
    const states = result.events.flatMap((event) => (event.kind === 'service' && event.service === 'orders' ? [event.state] : []))
    expect(states).toEqual(['preparing', 'starting', 'initialising', 'checking', 'healthy'])
  })

  test('say what was left out and why', () => {
    expect(result.services[0]?.leftOut).toEqual([
      { what: 'extension pgaudit', why: 'the embedded build does not have it' },
      { what: 'pool', why: 'PgBouncer comes with containers; connect to the server itself' },
      { what: 'TLS', why: 'connections do not leave this machine' },
      { what: 'scheduled jobs', why: 'nothing runs on a clock here' },
    ])
  })

  test('take a login of every role with the password file, and no other password', async () => {
    for (const service of ['orders', 'orders/monitor', 'orders/demo_orders_migrator', 'mail']) {
      const client = await loginBy(result, service)
      const { rows } = await client.query("select current_user, current_setting('cluster_name') cluster")
      await client.end()
      expect(rows[0].cluster).toBe(service.split('/')[0])
    }
    const wrong = new pg.Client({ ...result.services[0]!.login, host: '127.0.0.1', password: 'wrong' })
    await expect(wrong.connect()).rejects.toMatchObject({ code: '28P01' })
  })

  test('have checksums, UTF-8 and the same order of text everywhere', async () => {
    const [row] = await query(
      result,
      'orders',
      "select current_setting('data_checksums') checksums, current_setting('server_encoding') encoding, datlocprovider provider, datlocale locale, upper('é') upper from pg_database where datname = current_database()",
    )
    expect(row).toEqual({ checksums: 'on', encoding: 'UTF8', provider: 'b', locale: 'C.UTF-8', upper: 'É' })
  })

  test('keep secrets to their owner, and out of logs and events', async () => {
    const mode = (...path: string[]) => statSync(join(state, ...path)).mode & 0o777
    expect([mode('secret'), mode('passfile'), mode('pg_service.conf'), mode('logs', 'orders.log')]).toEqual([0o600, 0o600, 0o600, 0o600])
    expect([mode('servers/orders/data'), mode('servers/orders/socket'), mode('servers/orders/verifiers/monitor')]).toEqual([
      0o700, 0o700, 0o600,
    ])
    const { password } = await openPasswords(state)
    const secrets = [
      password('orders', 'demo_orders_service'),
      readFileSync(join(state, 'servers/orders/verifiers/monitor'), 'utf8').split('$')[2]!,
    ]
    const shown = [
      JSON.stringify(result.services),
      JSON.stringify(result.events),
      ...['orders', 'mail'].map((name) => readFileSync(join(state, 'logs', `${name}.log`), 'utf8')),
    ]
    for (const secret of secrets) for (const text of shown) expect(text).not.toContain(secret)
  })

  test('are kept out of git by the folder itself', () => {
    expect(readFileSync(join(state, '.gitignore'), 'utf8')).toBe('*\n')
  })
})

describe('from run to run', () => {
  const folder = temporaryFolder()
  const state = join(folder.path, '.pgfleet')
  afterAll(folder.remove)
  const run = async <T>(yaml: string, options: Parameters<typeof boot>[2], use: (result: UpResult) => Promise<T>): Promise<T> => {
    const result = await boot(state, yaml, { sql, ...options })
    try {
      expect(result.services.map(({ reason }) => reason)).toEqual([undefined, undefined])
      return await use(result)
    } finally {
      await result.stop()
    }
  }
  const orders = (result: UpResult) => query(result, 'orders', 'select count(*)::int from sales.orders').then(([row]) => row!.count)

  test('data stays, settings change, --fresh forgets, a port offset moves all; nothing is left running', async () => {
    const { yaml } = await yamlOf(services('70'))
    await run(yaml, {}, (result) => query(result, 'orders', 'insert into sales.orders values (1), (2)'))
    expect(processesBelow(state)).toEqual([])

    const changed = yaml.replace('max_locks_per_transaction: 70', 'max_locks_per_transaction: 80')
    const more = { ...sql, 'sql/orders/0002-more.sql': 'CREATE TABLE sales.refunds (id int);\n' }
    await run(changed, { sql: more, portOffset: 1 }, async (result) => {
      expect(await orders(result)).toBe(2)
      expect(await query(result, 'orders', 'show max_locks_per_transaction')).toEqual([{ max_locks_per_transaction: '80' }])
      expect(result.services[0]?.tables).toBe(3)
      expect(result.services[0]?.login.port).toBe(Number(/port: (\d+)/.exec(yaml)?.[1]) + 1)
    })

    await run(yaml, { fresh: true }, async (result) => expect(await orders(result)).toBe(0))
    expect(processesBelow(state)).toEqual([])
    expect(readdirSync(join(state, 'servers')).filter((name) => name.includes('.old'))).toEqual([])
    expect(readdirSync(join(state, 'logs')).sort()).toEqual(['mail.log', 'mail.log.1', 'orders.log', 'orders.log.1'])
    mkdirSync(join(state, 'servers/orders.old'))
    await run(yaml, {}, async () => {})
    expect(readdirSync(join(state, 'servers'))).not.toContain('orders.old')
  })

  test('a renamed database is a new one; the old one stays', async () => {
    const { yaml } = await yamlOf(services('70'))
    await run(yaml, { fresh: true }, (result) => query(result, 'orders', 'insert into sales.orders values (1)'))
    await run(yaml.replace('  orders:\n', '  orders:\n    database: other\n'), {}, async (result) => {
      expect(await orders(result)).toBe(0)
    })
    await run(yaml, {}, async (result) => expect(await orders(result)).toBe(1))
  })
})
