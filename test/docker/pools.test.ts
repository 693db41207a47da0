// What applications get through the pools: transactions, prepared statements, and room for two thousand of them.
import { setTimeout } from 'node:timers/promises'
import type { Client } from 'pg'
import { expect, test } from 'vitest'
import { console as admin, connect, containerOf, describeDocker, exec, project, superuserRun } from '../support/docker-fleet.ts'
import { whileChanged, whileSet } from '../support/docker-pooler.ts'
import { type LoadResult, load } from '../support/pool-load.ts'

type Pool = {
  readonly key: string
  readonly role: string
  readonly table: string
  readonly row: string
  readonly found: string
  readonly change: string
}

/** The role of each application, a row that it may add, how that is found again, and a change of it. */
const pools: readonly Pool[] = [
  {
    key: 'users',
    role: 'treum_user_service',
    table: 'users.accounts',
    row: "(email) VALUES ('pool-proof@example.org')",
    found: "email IN ('pool-proof@example.org', 'changed@example.org')",
    change: "email = 'changed@example.org'",
  },
  {
    key: 'trading',
    role: 'treum_trading_service',
    table: 'trading.instruments',
    row: "(id, symbol, currency) VALUES (1000000, 'POOL.PROOF', 'EUR')",
    found: "symbol IN ('POOL.PROOF', 'CHANGED')",
    change: "symbol = 'CHANGED'",
  },
  {
    key: 'market-data',
    role: 'treum_market_data_service',
    table: 'market.instruments',
    row: "(symbol, name, currency) VALUES ('pool-proof', '', 'EUR')",
    found: "symbol IN ('pool-proof', 'changed')",
    change: "symbol = 'changed'",
  },
  {
    key: 'signals',
    role: 'treum_signal_service',
    table: 'signals.strategies',
    row: "(name) VALUES ('pool-proof')",
    found: "name IN ('pool-proof', 'changed')",
    change: "name = 'changed'",
  },
  {
    key: 'payments',
    role: 'treum_payment_service',
    table: 'payments.payment_methods',
    row: "(customer_id, token, brand, last_four) VALUES (gen_random_uuid(), 'tok_poolproofpoolproof', 'visa', '4242')",
    found: "token = 'tok_poolproofpoolproof'",
    change: "last_four = '0000'",
  },
  {
    key: 'notifications',
    role: 'treum_notification_service',
    table: 'delivery.bounces',
    row: "(recipient, permanent) VALUES ('pool-proof', true)",
    found: "recipient IN ('pool-proof', 'changed')",
    change: "recipient = 'changed'",
  },
  {
    key: 'risk',
    role: 'treum_risk_service',
    table: 'risk.stress_scenarios',
    row: "(name, symbol, shock) VALUES ('pool-proof', '', 0)",
    found: "name IN ('pool-proof', 'changed')",
    change: "name = 'changed'",
  },
  {
    key: 'education',
    role: 'treum_education_service',
    table: 'education.courses',
    row: "(slug, title, level) VALUES ('pool-proof', '', 'beginner')",
    found: "slug IN ('pool-proof', 'changed')",
    change: "slug = 'changed'",
  },
  {
    key: 'content-intelligence',
    role: 'treum_content_intelligence_service',
    table: 'content.templates',
    row: "(name, purpose) VALUES ('pool-proof', '')",
    found: "name IN ('pool-proof', 'changed')",
    change: "name = 'changed'",
  },
]
const users = pools[0]!

async function withClients<Result>(key: string, role: string, count: number, use: (clients: Client[]) => Promise<Result>): Promise<Result> {
  const clients = await Promise.all(Array.from({ length: count }, () => connect({ key, via: 'pool', role })))
  // A connection that ends fails the next query, too.
  for (const client of clients) client.on('error', () => {})
  try {
    return await use(clients)
  } finally {
    await Promise.all(clients.map((client) => client.end()))
  }
}

/** What is wrong with a transaction that commits and one that rolls back, as others see them. */
const transactionFaults = ({ key, role, table, row, found, change }: Pool): Promise<string[]> =>
  withClients(key, role, 2, async ([client, other]) => {
    const seen = async () => (await other!.query(`SELECT count(*)::integer AS rows FROM ${table} WHERE ${found}`)).rows[0].rows
    const backend = async () => (await client!.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
    const faults: string[] = []
    const expectRows = async (rows: number, when: string) => {
      const is = await seen()
      if (is !== rows) faults.push(`${is} rows ${when}`)
    }
    try {
      await client!.query('BEGIN')
      const first = await backend()
      await client!.query(`INSERT INTO ${table} ${row}`)
      await expectRows(0, 'before the commit')
      if ((await backend()) !== first) faults.push('another server connection within a transaction')
      await client!.query('COMMIT')
      await expectRows(1, 'after the commit')
      await client!.query('BEGIN')
      await client!.query(`UPDATE ${table} SET ${change} WHERE ${found}`)
      await client!.query('ROLLBACK')
      const { rows } = await other!.query(`SELECT FROM ${table} WHERE ${found} AND ${change}`)
      if (rows.length > 0) faults.push('changed after the rollback')
    } catch (error) {
      faults.push((error as Error).message)
    }
    // The application may not delete everywhere, and triggers keep records.
    await superuserRun(key, `SET session_replication_role = replica; DELETE FROM ${table} WHERE ${found}`)
    return faults
  })

type Prepared = { readonly faults: readonly string[]; readonly servers: number; readonly moved: number }

/**
 * Clients that all prepare another statement under the same name, and run it again and again: in transactions, outside, side by side.
 * `moved`: how many of them were on more than one server connection.
 */
const prepared = ({ key, role }: Pool, rounds: number): Promise<Prepared> =>
  withClients(key, role, 10, async (clients) => {
    const faults = new Set<string>()
    const serversOf = clients.map(() => new Set<number>())
    const ask = async (number: number, value: number) => {
      const text = `SELECT $1::integer * ${number} AS product, pg_backend_pid() AS pid, pg_sleep(0.001)`
      const { rows } = await clients[number]!.query({ name: 'product', text, values: [value] })
      if (rows[0].product !== value * number) faults.add(`${value} * ${number} is ${rows[0].product}`)
      serversOf[number]!.add(rows[0].pid)
    }
    const run = async (number: number) => {
      for (let round = 0; round < rounds; round++) {
        await ask(number, round)
        await clients[number]!.query('BEGIN')
        await ask(number, round + 1)
        await ask(number, round + 2)
        await clients[number]!.query('COMMIT')
      }
    }
    await Promise.all(clients.map((_, number) => run(number).catch((error) => faults.add(error.message))))
    const servers = new Set(serversOf.flatMap((pids) => [...pids]))
    return { faults: [...faults], servers: servers.size, moved: serversOf.filter(({ size }) => size > 1).length }
  })

/** Pool and reserve of trading; two more connections look passwords up. */
const tradingServers = 55
const lookups = 2

function loadFaults({ refused, failed, peak }: LoadResult): string[] {
  return [
    ...Object.entries(refused).map(([message, clients]) => `${clients} clients refused: ${message}`),
    ...Object.entries(failed).map(([message, queries]) => `${queries} queries failed: ${message}`),
    ...(peak.role > tradingServers ? [`${peak.role} server connections`] : []),
    ...(peak.pooler > tradingServers + lookups ? [`${peak.pooler} server connections with those for lookups`] : []),
  ]
}

const sleep = (seconds: number) => (client: Client) => client.query('SELECT pg_sleep($1)', [seconds])

/** Keeps a transaction open until there are more server connections than there should be; gives up after a minute. */
async function untilTooMany(client: Client, peak: { readonly role: number }): Promise<void> {
  await client.query('BEGIN')
  for (let waited = 0; waited < 600 && peak.role <= tradingServers; waited++) await setTimeout(100)
  await client.query('COMMIT')
}

const trading = { key: 'trading', role: 'treum_trading_service' }

/** What another client of trading is told. */
const oneMore = (): Promise<string> =>
  connect({ ...trading, via: 'pool' }).then(
    (client) => client.end().then(() => 'connected'),
    (error) => error.message,
  )

describeDocker('the pool of', () => {
  test.each(pools)('$key keeps transactions together', async (pool) => {
    expect(await transactionFaults(pool)).toEqual([])
  })

  test.each(pools)('$key runs prepared statements on whatever connection', async (pool) => {
    const { faults, servers, moved } = await prepared(pool, 20)
    expect(faults).toEqual([])
    expect(servers).toBeGreaterThan(1)
    expect(moved).toBeGreaterThan(1)
  })

  test('signals prepares more statements than a connection keeps', async () => {
    await withClients('signals', 'treum_signal_service', 2, async (clients) => {
      for (const _ of [1, 2])
        for (let number = 0; number < 250; number++)
          await Promise.all(
            clients.map(async (client) => {
              const { rows } = await client.query({ name: `plus-${number}`, text: `SELECT $1::integer + ${number} AS sum`, values: [1] })
              expect(rows).toEqual([{ sum: 1 + number }])
            }),
          )
    })
  })

  test('users in another mode, or without prepared statements, is found', async () => {
    expect(await whileSet('users', 'pool_mode', 'statement', () => transactionFaults(users))).toEqual([
      'transaction blocks not allowed in statement pooling mode',
    ])
    const { faults } = await whileSet('users', 'max_prepared_statements', '0', () => prepared(users, 20))
    expect(faults.join()).toContain('prepared statement "product"')
    expect(await transactionFaults(users)).toEqual([])
    expect((await prepared(users, 5)).faults).toEqual([])
  })

  test('trading takes two thousand clients at once, and leaves room for those who look after it', async () => {
    const seen: Record<string, string>[] = []
    let next = ''
    const meanwhile = async () => {
      // The connection that watches is the third of admin.
      const admins = await Promise.all([1, 2].map(() => connect({ key: 'trading', via: 'direct', role: 'admin' })))
      const slow = admins.map((client) => client.query('SELECT pg_sleep(1)'))
      const monitors = `for i in 1 2 3; do
          psql -XAtq 'host=postgres-trading dbname=treum_trading user=monitor sslmode=verify-full' -c 'SELECT 7 FROM pg_sleep(1)' & done; wait`
      expect(await exec(`${project.prefix}_ops`, ['bash', '-c', monitors], { user: 6433 })).toBe('7\n7\n7\n')
      await Promise.all(slow)
      await Promise.all(admins.map((client) => client.end()))
      seen.push(...(await admin('trading', 'SHOW POOLS')).filter(({ user }) => user === 'treum_trading_service'))
      next = await oneMore()
    }
    const result = await load({ ...trading, clients: 2000, hold: sleep(0.15), meanwhile })
    const { peak, answers, connectSeconds, seconds } = result
    console.log(
      `2,000 clients in ${connectSeconds.toFixed(1)} s, ${answers} answers after ${seconds.toFixed(1)} s, ${peak.role} server connections`,
    )
    expect(loadFaults(result)).toEqual([])
    expect(answers).toBe(6000)
    expect(seen).toHaveLength(1)
    expect(Number(seen[0]!['cl_active']) + Number(seen[0]!['cl_waiting'])).toBe(2000)
    expect(next).toBe('no more connections allowed (max_client_conn)')
    // All of the pool was in use, so the bound was put to the test.
    expect(peak.role).toBeGreaterThanOrEqual(50)
    expect(await exec(containerOf('pgbouncer', 'trading'), ['pgfleet-healthy'])).toBe('')
  })

  test('trading with room for fewer clients, or with more server connections, is found', async () => {
    const few = await whileSet('trading', 'max_client_conn', '150', () => load({ ...trading, clients: 200, hold: sleep(0) }))
    // Those that are about to be refused count, too, while they log in.
    expect(loadFaults(few)).toEqual([expect.stringMatching(/^\d+ clients refused: no more connections allowed \(max_client_conn\)$/)])

    const larger = 's/pool_size=50/pool_size=60/; s/max_db_connections=56/max_db_connections=66/'
    const many = await whileChanged('trading', larger, () => load({ ...trading, clients: 120, hold: untilTooMany }))
    expect(loadFaults(many)).toContainEqual(expect.stringMatching(/^(5[6-9]|60) server connections$/))

    expect(loadFaults(await load({ ...trading, clients: 200, hold: sleep(0.1) }))).toEqual([])
  })
})
