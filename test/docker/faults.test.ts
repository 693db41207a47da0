// Programs are killed, a disk is full, and clients write all the while: what was committed is there after, clients are told what is wrong
// and get in again, and the fleet is healthy without a hand.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { allHealthy, compose, killContainers, type SmallFleet, smallFleet, start } from '../support/docker-faults.ts'
import { type SmallDisk, smallDisk } from '../support/docker-faults-disk.ts'
import { problemsOf, startWriter } from '../support/docker-faults-writers.ts'
import { describeDocker, project } from '../support/docker-fleet.ts'
import { containersOf, states } from '../support/docker-project.ts'

/** Orders are on disk before they are acknowledged, trades soon after; stock has a small disk. */
const services = `version: 1
fleet: faults
host: { memory: 8GiB, cpus: 4, disk: 100GiB, storage: ssd }
services:
  orders:
    port: 5432
    memory: 512MiB
    cpus: 2
    pool: { port: 6432, size: 5 }
    app: { role: orders_app }
    schemas: [shop]
    sql: sql
  trades:
    port: 5433
    memory: 512MiB
    cpus: 2
    pool: { port: 6433, size: 5 }
    app: { role: trades_app }
    schemas: [shop]
    sql: sql
    settings: { synchronous_commit: off, wal_buffers: 16MB }
  stock:
    port: 5434
    memory: 512MiB
    cpus: 2
    disk: 256MiB
    pool: { port: 6434, size: 5 }
    app: { role: stock_app }
    schemas: [shop]
    sql: sql
`
const sql = { 'sql/0001-events.sql': `CREATE TABLE shop.events (id bigint PRIMARY KEY, note text NOT NULL DEFAULT repeat('x', 500));\n` }

/**
 * Acknowledged rows that a crash may take: those of so many ms before it. Without synchronous_commit they wait in the server's memory for
 * up to three times wal_writer_delay (https://www.postgresql.org/docs/17/wal-async-commit.html), and it is all the same whether the machine
 * goes or a process; as much again is for a busy machine.
 */
const mayLose: Readonly<Record<string, number>> = { orders: 0, stock: 0, trades: 2 * 3 * 200 }

/** All that a client may be told when a server or a pooler goes, is not there, or has no room left. */
const clear: readonly RegExp[] = [
  /^08P01 server conn crashed\?$/,
  /^08P01 server login has been failing, (try again later|cached error: .+) \(server_login_retry\)$/,
  // The server went while the pooler looked up a password in it: PgBouncer has no other words.
  /^08P01 bouncer config error$/,
  // The pooler was told to stop.
  /^08P01 server shutting down$/,
  // Operator intervention, class 57: https://www.postgresql.org/docs/17/errcodes-appendix.html
  /^57P0[12] terminating connection (due to|because of) .+$/,
  /^57P03 the database system is .+$/,
  /^53100 could not (extend|write to) file ".+": No space left on device$/,
  // No pooler, or no longer: https://nodejs.org/api/errors.html#common-system-errors
  /^(ECONNREFUSED|ECONNRESET|EPIPE) /,
  /^Connection terminated unexpectedly$/,
  /^(ECONNRESET )?Client network socket disconnected before secure TLS connection was established$/,
]

/** Longer than this no client waits for an answer, ms. */
const patience = 45_000

describeDocker('faults', () => {
  let small: SmallFleet
  let disk: SmallDisk

  beforeAll(async () => {
    small = await smallFleet(project, { name: 'faults', services, sql })
    disk = await smallDisk(small.project, 'stock-data', '192m')
    await start(small.project)
  })
  afterAll(async () => {
    await disk?.remove()
    await small?.remove()
  })

  const server = (key: string) => small.containerOf('postgres', key)
  const pooler = (key: string) => small.containerOf('pgbouncer', key)
  const appLogin = (key: string) => ({ key, via: 'pool' as const, role: `${key}_app` })

  const idsIn = async (key: string): Promise<Set<number>> =>
    new Set((await small.superuserRun(key, 'SELECT id FROM shop.events')).split('\n').filter(Boolean).map(Number))

  /** Containers by their names without prefix, and when they were started. */
  const startTimes = async () => {
    const names = await containersOf(small.project.prefix)
    const lines = await docker(['inspect', '--format', '{{.Name}} {{.State.StartedAt}}', ...names])
    return new Map(
      lines.split('\n').flatMap((line) => (line ? [line.slice(small.project.prefix.length + 2).split(' ') as [string, string]] : [])),
    )
  }

  let nextId = 1
  const writersTo = (key: string) =>
    [1, 2].map(() => {
      const firstId = nextId
      nextId += 1_000_000
      return startWriter({ key, login: small.loginOf(appLogin(key)), table: 'shop.events', firstId })
    })

  /**
   * What two clients of each service go through when something happens, until all is healthy and every one of them has written again, and
   * which containers were started anew.
   */
  async function writeWhile(keys: readonly string[], happens: () => Promise<unknown>) {
    const before = await startTimes()
    const writers = keys.flatMap(writersTo)
    const stop = () => Promise.all(writers.map((writer) => writer.stop()))
    const allWrite = async () => {
      const rows = writers.map(({ written }) => written.acknowledged.length)
      const wrote = () => writers.every(({ written }, i) => written.acknowledged.length > rows[i]! + 10)
      await expect.poll(wrote, { timeout: 60_000, interval: 50 }).toBe(true)
    }
    try {
      await allWrite()
      await pause(Math.max(...keys.map((key) => mayLose[key]!)) + 500)
      const at = Date.now()
      await happens()
      await allHealthy(small.project)
      await allWrite()
      const written = await stop()
      const after = await startTimes()
      const found = new Map(await Promise.all(keys.map(async (key) => [key, await idsIn(key)] as const)))
      const problems = (limits = { patience, clear }) =>
        written.flatMap((each) => problemsOf(each, found.get(each.key)!, { ...limits, before: at - mayLose[each.key]! }))
      return { problems, started: [...after.keys()].filter((name) => after.get(name) !== before.get(name)).sort() }
    } finally {
      await stop()
    }
  }

  const faults: [string, string[], () => Promise<unknown>][] = [
    ['SIGKILL of a backend of each server', [], () => Promise.all([killBackend('orders'), killBackend('trades')])],
    [
      'SIGKILL of the servers',
      ['postgres_orders', 'postgres_trades'],
      () => killContainers(small.project, server('orders'), server('trades')),
    ],
    [
      'SIGKILL of the poolers',
      ['pgbouncer_orders', 'pgbouncer_trades'],
      () => killContainers(small.project, pooler('orders'), pooler('trades')),
    ],
    [
      'SIGKILL of everything at once',
      ['ops', 'pgbouncer_orders', 'pgbouncer_stock', 'pgbouncer_trades', 'postgres_orders', 'postgres_stock', 'postgres_trades'],
      async () => killContainers(small.project, ...(await containersOf(small.project.prefix))),
    ],
    [
      'docker compose restart',
      ['pgbouncer_orders', 'pgbouncer_trades', 'postgres_orders', 'postgres_trades'],
      () => compose(small.project, 'restart', 'postgres-orders', 'pgbouncer-orders', 'postgres-trades', 'pgbouncer-trades'),
    ],
  ]

  test.each(faults)('%s: nothing is lost, and all come back', async (_, started, happens) => {
    const outcome = await writeWhile(['orders', 'trades'], happens)
    expect(outcome.problems()).toEqual([])
    expect(outcome.started).toEqual(started)
  })

  test('a full disk: clients are told, readers read, and once there is room the server comes back', async () => {
    const log = () => small.logsOf(server('stock'))
    const outcome = await writeWhile(['stock'], async () => {
      await disk.fill()
      try {
        await expect.poll(log, { timeout: 20_000 }).toMatch(/ERROR: {2}could not (extend|write to) file "base.*No space left on device/)
        const client = await small.connect(appLogin('stock'))
        expect((await client.query('SELECT count(*) > 10 AS many FROM shop.events')).rows).toEqual([{ many: true }])
        await client.end()
        // WAL that cannot be written stops the server, which cannot recover without room either. Whether this session is told, or that of
        // a writer, is a matter of who comes first.
        await small.superuserRun('stock', 'SELECT pg_switch_wal()').catch(() => {})
        await expect.poll(log, { timeout: 20_000 }).toMatch(/FATAL: {2}could not write to file "pg_wal.*No space left on device/)
        const restarts = async () => (await states(small.project.prefix))[server('stock')]!.restarts
        const sofar = await restarts()
        await expect.poll(restarts, { timeout: 20_000 }).toBeGreaterThan(sofar)
        await expect(allHealthy(small.project, 2000)).rejects.toThrow()
      } finally {
        await disk.empty()
      }
    })
    expect(outcome.problems()).toEqual([])
    expect(outcome.started).toEqual(['postgres_stock'])
  })

  test('what is stopped on purpose stays down until it is started, and has lost nothing', async () => {
    const outcome = await writeWhile(['orders', 'trades'], async () => {
      await compose(small.project, 'kill')
      await expect(allHealthy(small.project, 2000)).rejects.toThrow()
      await compose(small.project, 'up', '--detach')
    })
    expect(outcome.problems()).toEqual([])
  })

  test('lost rows, messages that say nothing and clients that wait are found', async () => {
    // No row gets to the disk any more, until there are 16 MB of them.
    await signal('STOP', 'trades', "backend_type IN ('walwriter', 'background writer', 'checkpointer')")
    const outcome = await writeWhile(['trades'], async () => {
      await docker(['pause', pooler('trades')])
      await pause(500)
      await docker(['unpause', pooler('trades')])
      // Who is between two queries when the server goes is told nothing and waits: both are in the middle of one.
      const lock = small.superuserRun('trades', 'BEGIN; LOCK TABLE shop.events IN EXCLUSIVE MODE; SELECT pg_sleep(60)').catch(() => {})
      const waiting = () => small.superuserRun('trades', 'SELECT count(*) FROM pg_locks WHERE NOT granted')
      await expect.poll(waiting, { timeout: 20_000 }).toBe('2\n')
      await killContainers(small.project, server('trades'))
      await lock
    })
    expect(outcome.problems()).toEqual(Array(2).fill(expect.stringMatching(/^trades: \d+ acknowledged rows are lost$/)))
    const strict = outcome.problems({ patience: 400, clear: [] }).join('\n')
    expect(strict).toMatch(/a client was told: (08P01 server|57P01 terminating)/)
    expect(strict).toMatch(/a client waited \d/)
  })

  const killBackend = (key: string) => signal('KILL', key, `pid = (SELECT min(pid) FROM pg_stat_activity WHERE usename = '${key}_app')`)

  /** A signal to processes of a server that pg_stat_activity knows. */
  async function signal(name: string, key: string, which: string): Promise<void> {
    const pids = await small.superuserRun(key, `SELECT pid FROM pg_stat_activity WHERE ${which}`)
    await small.exec(server(key), ['bash', '-c', 'kill -"$@"', '-', name, ...pids.trim().split('\n')], { user: 999 })
  }
})

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))
