// Programs are killed, a disk is full, and clients write all the while: what was committed is there after, clients are told what is wrong
// and get in again, and the fleet is healthy without a hand.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { docker, tryDocker } from '../support/docker.ts'
import { allHealthy, compose, killContainers, type SmallFleet, shellImage, smallFleet, start } from '../support/docker-faults.ts'
import { problemsOf, startWriter, type Written } from '../support/docker-faults-writers.ts'
import { describeDocker, project } from '../support/docker-fleet.ts'
import { containersOf } from '../support/docker-project.ts'

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
    settings: { synchronous_commit: off }
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
const sql = { 'sql/0001-events.sql': 'CREATE TABLE shop.events (id bigint PRIMARY KEY);\n' }

/**
 * Acknowledged rows that a crash may take, by service, in ms before it. Without synchronous_commit they wait in memory for up to three
 * times wal_writer_delay (https://www.postgresql.org/docs/17/wal-async-commit.html), whatever it is that crashes; as much again is for
 * this machine.
 */
const mayLose: Readonly<Record<string, number>> = { orders: 0, stock: 0, trades: 2 * 3 * 200 }

/** All that a client may be told when a server or a pooler goes away, is not there, or has no room left. */
const clear: readonly RegExp[] = [
  /^08P01 server conn crashed\?$/,
  /^08P01 server login has been failing/,
  /^Connection terminated unexpectedly$/,
]

/** Longer than this no client waits for an answer, ms. */
const patience = 45_000

describeDocker('faults', () => {
  let small: SmallFleet
  let holder: string

  beforeAll(async () => {
    small = await smallFleet(project, { name: 'faults', services, sql })
    holder = await smallVolume(small, 'stock-data', '192m')
    await start(small.project)
  })
  afterAll(async () => {
    if (holder) await docker(['rm', '--force', holder])
    await small?.remove()
  })

  const server = (key: string) => small.containerOf('postgres', key)
  const pooler = (key: string) => small.containerOf('pgbouncer', key)

  const idsIn = async (key: string): Promise<Set<number>> =>
    new Set((await small.superuserRun(key, 'SELECT id FROM shop.events')).split('\n').filter(Boolean).map(Number))

  const startTimes = async () => {
    const lines = await docker(['inspect', '--format', '{{.Name}} {{.State.StartedAt}}', ...(await containersOf(small.project.prefix))])
    return new Map(lines.split('\n').map((line) => line.split(' ') as [string, string]))
  }

  let nextId = 1
  const startWriters = (keys: readonly string[]) =>
    keys.flatMap((key) =>
      [1, 2].map(() => {
        const firstId = nextId
        nextId += 1_000_000
        return startWriter({ key, login: small.loginOf({ key, via: 'pool', role: `${key}_app` }), table: 'shop.events', firstId })
      }),
    )

  /** What clients of some services go through when something happens, until all is healthy and every one of them has written again. */
  async function writeWhile(keys: readonly string[], happens: () => Promise<unknown>) {
    const before = await startTimes()
    const writers = startWriters(keys)
    const allWrite = async () => {
      const rows = writers.map(({ written }) => written.acknowledged.length)
      const wrote = () => writers.every(({ written }, i) => written.acknowledged.length > rows[i]! + 10)
      await expect.poll(wrote, { timeout: 60_000, interval: 50 }).toBe(true)
    }
    await allWrite()
    await pause(Math.max(...keys.map((key) => mayLose[key]!)) + 300)
    const at = Date.now()
    await happens()
    const seconds = await allHealthy(small.project)
    await allWrite()
    const written = await Promise.all(writers.map(({ stop }) => stop()))
    const after = await startTimes()
    const started = [...after.keys()].filter((name) => after.get(name) !== before.get(name)).map((name) => name.slice(small.project.prefix.length + 2))
    const found = new Map(await Promise.all(keys.map(async (key) => [key, await idsIn(key)] as const)))
    const lost = written.flatMap(({ acknowledged, key }) => acknowledged.filter(({ id }) => !found.get(key)!.has(id)).map((x) => `${key} ${x.at - at}`))
    console.log(JSON.stringify({ seconds, rows: written.map((w) => w.acknowledged.length), lost, f: written.map((w) => w.failures.map((f) => `${w.key} ${f.at - at} ${f.message} ${f.waited}`)) }, null, 1))
    return { started: started.sort(), problems: (patient = patience) => written.flatMap((each: Written) => problemsOf(each, found.get(each.key)!, { before: at - mayLose[each.key]!, clear, patience: patient })) }
  }

  const faults: [string, string[], () => Promise<unknown>][] = [
    ['a backend of each server', [], () => Promise.all(['orders', 'trades'].map((key) => killBackend(small, key)))],
    [
      'the postmaster of each server',
      ['postgres_orders', 'postgres_trades'],
      () => killContainers(small.project, server('orders'), server('trades')),
    ],
    ['the poolers', ['pgbouncer_orders', 'pgbouncer_trades'], () => killContainers(small.project, pooler('orders'), pooler('trades'))],
    [
      'all at once',
      ['ops', 'pgbouncer_orders', 'pgbouncer_stock', 'pgbouncer_trades', 'postgres_orders', 'postgres_stock', 'postgres_trades'],
      async () => killContainers(small.project, ...(await containersOf(small.project.prefix))),
    ],
  ]

  test.each(faults)('SIGKILL of %s', async (_, started, happens) => {
    const outcome = await writeWhile(['orders', 'trades'], happens)
    expect(outcome.problems()).toEqual([])
    expect(outcome.started).toEqual(started)
  })

  test('docker compose restart', async () => {
    const outcome = await writeWhile(['orders', 'trades'], () => compose(small.project, 'restart', '--no-deps', 'postgres-orders', 'postgres-trades', 'pgbouncer-orders', 'pgbouncer-trades'))
    expect(outcome.problems()).toEqual([])
  })

  test('what is stopped on purpose stays down until it is started, and has lost nothing', async () => {
    const outcome = await writeWhile(['orders', 'trades'], async () => {
      await compose(small.project, 'kill')
      await expect(allHealthy(small.project, 3000)).rejects.toThrow()
      await compose(small.project, 'up', '--detach')
    })
    expect(outcome.problems()).toEqual([])
  })

  test('lost rows, unclear messages and clients that wait for long are found', async () => {
    const outcome = await writeWhile(['trades'], async () => {
      // Nothing brings the rows to the disk any more.
      await small.exec(server('trades'), ['bash', '-c', signal('STOP', "backend_type = 'walwriter'")], { user: 999 })
      await pause(3000)
      await killContainers(small.project, server('trades'))
    })
    console.log(outcome.problems(100))
  })

  test('a full disk', async () => {
    const outcome = await writeWhile(['stock'], async () => {
      await tryDocker(['exec', holder, 'bash', '-c', 'cat /dev/zero >/volume/filler'])
      await pause(2000)
      console.log('switch', await small.superuserRun('stock', 'SELECT pg_switch_wal()').catch((e) => e.message))
      await pause(5000)
      console.log(await docker(['ps', '--format', '{{.Names}} {{.Status}}']).then((t) => t.split('\n').filter((x) => x.includes(small.project.prefix)).join('\n')))
      await tryDocker(['exec', holder, 'rm', '/volume/filler'])
    })
    console.log((await small.logsOf(server('stock'))).slice(-6000))
    expect(outcome.problems()).toEqual([])
  })
})

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

const signal = (name: string, which: string) =>
  `kill -${name} $(psql --no-psqlrc --username postgres --dbname postgres --no-align --tuples-only --command "SELECT pid FROM pg_stat_activity WHERE ${which} LIMIT 1")`

const killBackend = (small: SmallFleet, key: string) =>
  small.exec(small.containerOf('postgres', key), ['bash', '-c', signal('KILL', `usename = '${key}_app'`)], { user: 999 })

/** Makes a volume of a fleet beforehand, in memory and of a fixed size. The container that keeps it while the server is down. */
async function smallVolume({ project }: SmallFleet, volume: string, size: string): Promise<string> {
  const name = `${project.prefix}_${volume}`
  const options = ['--opt', 'type=tmpfs', '--opt', 'device=tmpfs', '--opt', `o=size=${size},uid=999,gid=999,mode=0700`]
  const labels = ['--label', `com.docker.compose.project=${project.prefix}`, '--label', `com.docker.compose.volume=${volume}`]
  await docker(['volume', 'create', '--driver', 'local', ...options, ...labels, name])
  const holder = ['run', '--detach', '--network', 'none', '--stop-signal', 'KILL', '--volume', `${name}:/volume`, shellImage(project)]
  return (await docker([...holder, 'sleep', 'infinity'])).trim()
}
