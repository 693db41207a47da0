// Embedded servers behind a PgBouncer of this machine: the newest that the catalogue knows, and the oldest.
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { withConnection } from '../../src/io/postgres.ts'
import { commandLine, processStart } from '../../src/io/process.ts'
import { down } from '../../src/runtime/embedded/down.ts'
import { openPasswords } from '../../src/runtime/embedded/passwords.ts'
import { poolerConsole } from '../../src/runtime/embedded/pooler.ts'
import { openStateFolder } from '../../src/runtime/embedded/state-folder.ts'
import { status } from '../../src/runtime/embedded/status.ts'
import { readIni } from '../readers.ts'
import { type BootOptions, boot, cli, loginBy, processesBelow, query, temporaryFolder, yamlOf } from '../support/embedded.ts'
import { canFetchPgbouncer118, pgbouncer118, pgbouncer124 } from '../support/pgbouncer-binaries.ts'
import { canUseTrixie } from '../support/trixie.ts'

const services = { orders: 'sql: sql/orders\nschemas: [shop]\npool: { size: 3, reserve: 1 }', mail: '' }
const sql = { 'sql/orders/0001-tables.sql': 'CREATE TABLE shop.orders (id int);\nINSERT INTO shop.orders VALUES (1);\n' }

/** Two services, the first with a small pool. */
async function twoServices() {
  const made = await yamlOf({ ...services, orders: services.orders.replace(/\npool.*/, '') })
  const yaml = made.yaml.replace(`pool: { port: ${made.poolPorts[0]} }`, `pool: { port: ${made.poolPorts[0]}, size: 3, reserve: 1 }`)
  return { ...made, yaml }
}

const binaries = mkdtempSync(join(tmpdir(), 'pgfleet-test-pgbouncer-'))
chmodSync(binaries, 0o755)
const folderOf = (version: string) => {
  const folder = mkdtempSync(join(binaries, `${version}-`))
  chmodSync(folder, 0o755)
  return folder
}
let newest = ''
beforeAll(() => {
  if (canUseTrixie) newest = pgbouncer124(folderOf('1.24'))
})
afterAll(() => rmSync(binaries, { recursive: true, force: true }))

const poolersIn = (folder: string) => processesBelow(folder).filter((pid) => commandLine(pid)?.at(-1)?.endsWith('/config/pgbouncer.ini'))

const versions = [
  { version: '1.24', full: '1.24.1', possible: canUseTrixie, program: () => newest, missing: [] },
  {
    version: '1.18',
    full: '1.18.0',
    possible: canFetchPgbouncer118,
    program: () => pgbouncer118(folderOf('1.18')),
    missing: ['auth_dbname', 'max_prepared_statements'],
  },
]

describe.each(versions.filter(({ possible }) => possible))('PgBouncer $version', ({ full, program, missing }) => {
  const folder = temporaryFolder()
  const state = join(folder.path, '.pgfleet')
  let ports: number[] = []
  let poolPorts: number[] = []
  let result: Awaited<ReturnType<typeof boot>>
  beforeAll(async () => {
    const made = await twoServices()
    ports = made.ports
    poolPorts = made.poolPorts
    // Options of another program, as they stand in many a shell: a pooler would refuse them.
    process.env['PGOPTIONS'] = '-c nonsense=1'
    result = await boot(state, made.yaml, { sql, pgbouncer: program() })
    delete process.env['PGOPTIONS']
  })
  afterAll(async () => {
    await result?.stop()
    expect(processesBelow(folder.path)).toEqual([])
    folder.remove()
  })
  const connect = async (user: string, more: pg.ClientConfig = {}): Promise<pg.Client> => {
    const { password } = await openPasswords(state)
    const client = new pg.Client({
      host: '127.0.0.1',
      port: poolPorts[0]!,
      database: 'demo_orders',
      user,
      password: password('orders', user),
      ...more,
    })
    await client.connect().catch((error) => {
      client.end().catch(() => {})
      throw error
    })
    return client
  }
  const refusal = (user: string, more: pg.ClientConfig = {}): Promise<string> =>
    connect(user, more).then(
      async (client) => {
        await client.end()
        return 'logged in'
      },
      (error: Error) => error.message,
    )

  test('every service is healthy behind a pooler of that version', () => {
    expect(result.services.map(({ reason }) => reason)).toEqual([undefined, undefined])
    expect(result.services).toMatchObject([
      { service: 'orders', port: ports[0], pool: { port: poolPorts[0], version: full }, login: { port: poolPorts[0] } },
      { service: 'mail', port: ports[1], pool: { port: poolPorts[1], version: full }, login: { port: poolPorts[1] } },
    ])
    const states = result.events.flatMap((event) => (event.kind === 'service' && event.service === 'orders' ? [event.state] : []))
    expect(states).toEqual(['preparing', 'starting', 'initialising', 'checking', 'pooling', 'healthy'])
    expect(poolersIn(folder.path)).toHaveLength(2)
  })

  test('what it does not know is left out, and said', () => {
    expect(result.services[0]!.leftOut.map(({ what }) => what)).toEqual([...missing, 'TLS'])
    const text = readFileSync(join(state, 'servers/orders/config/pgbouncer.ini'), 'utf8')
    for (const name of missing) expect(text).not.toContain(name)
  })

  test('SHOW CONFIG has every key as the file says', async () => {
    const service = result.fleet.services[0]!
    const { rows } = await withConnection(poolerConsole(service, await openPasswords(state)), (client) => client.query('SHOW CONFIG'))
    const shown = Object.fromEntries(rows.map(({ key, value }) => [key, value]))
    const differing = (text: string) => {
      const { pgbouncer: keys } = readIni(text)
      // It shows the octal mode as a decimal number.
      const expected = { ...keys, unix_socket_mode: String(Number.parseInt(keys!['unix_socket_mode']!, 8)) }
      return Object.entries(expected).flatMap(([name, value]) => (shown[name] === value ? [] : [name]))
    }
    const text = readFileSync(join(state, 'servers/orders/config/pgbouncer.ini'), 'utf8')
    expect(differing(text)).toEqual([])
    expect(differing(text.replace('stats_period = 60', 'stats_period = 61\nverbose = 1'))).toEqual(['stats_period', 'verbose'])
  })

  test('the console only reads, and only for who has its password', async () => {
    const console = poolerConsole(result.fleet.services[0]!, await openPasswords(state))
    await expect(withConnection(console, (client) => client.query('PAUSE'))).rejects.toThrow(/admin access needed/)
    expect(await refusal(console.user, { database: 'pgbouncer', password: 'wrong' })).toMatch(
      /SASL authentication failed|password authentication/,
    )
    // 1.18 lets whoever may not wait: it looks for the lookup function in the console.
    expect(await refusal('demo_orders_service', { database: 'pgbouncer', connectionTimeoutMillis: 2_000 })).toMatch(
      full.startsWith('1.18') ? /^(not allowed|timeout expired)$/ : /^not allowed$/,
    )
    expect(await refusal('pgbouncer', { database: 'pgbouncer', password: '' })).toBe('not allowed')
  })

  test('the application works through the pool', async () => {
    const client = await loginBy(result, 'orders')
    await client.query('BEGIN')
    await client.query('INSERT INTO shop.orders VALUES (2)')
    await client.query('ROLLBACK')
    await client.query('BEGIN')
    await client.query('INSERT INTO shop.orders VALUES (3)')
    await client.query('COMMIT')
    expect((await client.query('SELECT id, current_user AS name FROM orders ORDER BY id')).rows).toEqual([
      { id: 1, name: 'demo_orders_service' },
      { id: 3, name: 'demo_orders_service' },
    ])
    expect((await client.query('SELECT inet_client_addr() AS address')).rows).toEqual([{ address: null }])
    await client.end()
  })

  // An old version has nothing to be tested here; a skipped test would say that something is missing on this machine.
  if (!missing.includes('max_prepared_statements'))
    test('and prepares statements by name, whoever gets the connection next', async () => {
      const clients = await Promise.all([0, 1, 2, 3, 4].map(() => connect('demo_orders_service')))
      for (let round = 0; round < 20; round++) {
        const answers = await Promise.all(
          clients.map((client) => client.query({ name: 'sum', text: 'SELECT $1::int + 1 AS next', values: [round] })),
        )
        for (const { rows } of answers) expect(rows).toEqual([{ next: round + 1 }])
      }
      await Promise.all(clients.map((client) => client.end()))
    })

  test('no more server connections than the pool has', async () => {
    const clients = await Promise.all(Array.from({ length: 12 }, () => connect('demo_orders_service')))
    const work = Promise.all(clients.map((client) => client.query('SELECT pg_sleep(0.3)')))
    await setTimeout(300)
    const [row] = await query(result, 'orders/monitor', "select count(*)::int from pg_stat_activity where usename = 'demo_orders_service'")
    expect(row).toEqual({ count: 3 })
    await work
    await Promise.all(clients.map((client) => client.end()))
  })

  test('every refusal has the same words', async () => {
    const refusals = [
      ['a wrong password', 'demo_orders_service', { password: 'wrong' }],
      ['an unknown role', 'nobody', {}],
      ['the superuser', 'postgres', {}],
      ['a role that is not for the pool', 'monitor', {}],
      ['the migrator', 'demo_orders_migrator', {}],
      ['the role of the pooler itself', 'pgbouncer_auth', {}],
      ['the user of the console', 'pgfleet_console', { password: 'wrong' }],
    ] as const
    const words = await Promise.all(refusals.map(async ([what, user, more]) => [what, await refusal(user, more)]))
    const [[, first] = []] = words
    expect(first).toMatch(/^(SASL|password) authentication failed$/)
    expect(words).toEqual(refusals.map(([what]) => [what, first]))
    expect(await refusal('demo_orders_service')).toBe('logged in')
  })

  test('around the pooler the application and the pooler are refused, others come as ever', async () => {
    const direct = { port: ports[0]! }
    for (const user of ['demo_orders_service', 'pgbouncer_auth', 'postgres'])
      expect(await refusal(user, direct)).toMatch(/pg_hba\.conf rejects connection/)
    for (const user of ['demo_orders_migrator', 'monitor', 'backup'])
      expect([user, await refusal(user, direct)]).toEqual([user, 'logged in'])
    const { alias, user } = await openStateFolder(state)
    const socket = { ...direct, host: join(alias, 'orders/socket') }
    // The tests run as root, the pooler as another user: only that one is the pooler.
    if (user) expect(await refusal('pgbouncer_auth', socket)).toMatch(/Peer authentication failed/)
    expect(await refusal('demo_orders_service', { ...socket, password: 'wrong' })).toMatch(/password authentication failed/)
  })

  test('its log has nothing to complain about but the refusals', () => {
    const log = readFileSync(join(state, 'logs/mail.pgbouncer.log'), 'utf8')
    expect(log).toContain('process up: PgBouncer')
    expect(log.split('\n').filter((line) => / (WARNING|ERROR|FATAL) /.test(line))).toEqual([])
  })
})

describe.skipIf(!canUseTrixie)('a run with poolers', () => {
  let folder: ReturnType<typeof temporaryFolder>
  let state = ''
  const running: { stop: () => Promise<void> }[] = []
  beforeEach(() => {
    folder = temporaryFolder()
    state = join(folder.path, '.pgfleet')
  })
  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop()
    expect(processesBelow(folder.path)).toEqual([])
    folder.remove()
  })
  const up = async (place: string, yaml: string, options: BootOptions = {}) => {
    const result = await boot(place, yaml, { sql, pgbouncer: newest, ...options })
    running.push(result)
    return result
  }
  /** Changes the file of orders between the start of its server and that of its pooler. */
  const spoiled = (change: (ini: string) => string): BootOptions => ({
    onProgress: (event) => {
      if (event.kind !== 'service' || event.service !== 'orders' || event.state !== 'pooling') return
      const file = join(state, 'servers/orders/config/pgbouncer.ini')
      writeFileSync(file, change(readFileSync(file, 'utf8')))
    },
  })

  test('a pooler that does not start makes its service fail, with the end of its log', async () => {
    const { yaml } = await twoServices()
    const result = await up(
      state,
      yaml,
      spoiled((ini) => ini.replace('pool_mode = transaction', 'pool_mode = nonsense')),
    )
    expect(result.services).toMatchObject([
      { state: 'failed', hint: `Its log is ${join(state, 'logs/orders.pgbouncer.log')}.` },
      { state: 'healthy' },
    ])
    expect(result.services[0]!.reason).toMatch(/^its pooler did not start:\n.*invalid value "nonsense" for parameter pool_mode/s)
  })

  test('so does one that does not get to its server: the client would wait', async () => {
    const { yaml } = await twoServices()
    const result = await up(
      state,
      yaml,
      spoiled((ini) => ini.replace(/host='[^']*'/, "host='/nowhere'")),
    )
    expect(result.services).toMatchObject([{ state: 'failed' }, { state: 'healthy' }])
    expect(result.services[0]!.reason).toMatch(/^through the pooler, demo_orders_service cannot log in to demo_orders: .*\/nowhere/s)
  })

  test('a busy port of a pooler is named, with its holder', async () => {
    const { yaml, ports, poolPorts } = await twoServices()
    await up(state, yaml)
    // Another fleet whose servers have other ports.
    const other = ports.reduce((text, port, index) => text.replace(`port: ${port}\n`, `port: ${50_000 + index}\n`), yaml)
    const error = await up(join(folder.path, 'other'), other).catch((reason) => reason)
    expect(error.code).toBe('ports-busy')
    expect(error.message.split('\n').slice(1)).toEqual(
      ['orders', 'mail'].map((service, index) =>
        expect.stringMatching(
          new RegExp(`^ {2}${poolPorts[index]} \\(the pooler of ${service}\\): held by pgfleet in ${state} \\(process \\d+\\)$`),
        ),
      ),
    )
  })

  test('a pooler that ends is reported, and seen by status', async () => {
    const { yaml } = await twoServices()
    const result = await up(state, yaml)
    const pid = (await status(state)).services.find(({ service }) => service === 'orders')!.pooler!.pid!
    process.kill(pid, 'SIGKILL')
    const reason = `its pooler: signal SIGKILL; its log is ${join(state, 'logs/orders.pgbouncer.log')}`
    await expect.poll(() => result.events.at(-1)).toEqual({ kind: 'service', service: 'orders', state: 'ended', reason })
    expect((await status(state)).services).toEqual([
      { service: 'mail', pid: expect.any(Number), pooler: { pid: expect.any(Number) } },
      { service: 'orders', pid: expect.any(Number), pooler: {} },
    ])
  })

  test('stopping waits neither for clients nor for an open transaction', async () => {
    const { yaml } = await twoServices()
    const result = await up(state, yaml)
    const [idle, busy] = [await loginBy(result, 'orders'), await loginBy(result, 'orders')]
    for (const client of [idle, busy]) client.on('error', () => {})
    await busy.query('BEGIN')
    const start = performance.now()
    await result.stop()
    expect(performance.now() - start).toBeLessThan(5_000)
    expect(processesBelow(folder.path)).toEqual([])
    await Promise.all([idle, busy].map((client) => client.end().catch(() => {})))
  })

  test('an interruption while poolers start leaves nothing behind', async () => {
    const { yaml } = await twoServices()
    const controller = new AbortController()
    const onProgress: BootOptions['onProgress'] = (event) => {
      if (event.kind === 'service' && event.state === 'pooling') void setTimeout(20).then(() => controller.abort(new Error('interrupted')))
    }
    const outcome = await up(state, yaml, { signal: controller.signal, onProgress }).catch((reason: Error) => reason)
    // On a fast machine everything may be up before.
    if (outcome instanceof Error) {
      expect(outcome.message).toBe('interrupted')
      expect(processesBelow(folder.path)).toEqual([])
    }
    expect((await up(join(folder.path, 'next'), yaml, outcome instanceof Error ? {} : { portOffset: 1 })).healthy).toBe(true)
  })

  test('without poolers the next time, nothing of them is left', async () => {
    const { yaml, ports } = await twoServices()
    await (await up(state, yaml)).stop()
    const result = await up(state, yaml, { pgbouncer: 'none' })
    expect(result.services).toMatchObject([{ state: 'healthy', login: { port: ports[0] } }, { state: 'healthy' }])
    expect(result.services[0]).not.toHaveProperty('pool')
    for (const name of ['pgbouncer.ini', 'userlist.txt']) expect(existsSync(join(state, 'servers/orders/config', name))).toBe(false)
    expect((await status(state)).services.some(({ pooler }) => pooler)).toBe(false)
    expect(await query(result, 'orders', 'select count(*)::int from shop.orders')).toEqual([{ count: 1 }])
  })

  test.each([
    ['deeper than a socket address reaches', Array.from({ length: 6 }, (_, n) => `${n}`.repeat(40)).join('/'), 0o755],
    ['with spaces and quotes', `it's "here" now`, 0o755],
    ['below a folder that only root may enter', 'project', 0o700],
  ])('in a folder %s', async (_, name, mode) => {
    chmodSync(folder.path, mode)
    const place = join(folder.path, name, '.pgfleet')
    const { servers, alias } = await openStateFolder(place)
    const { yaml } = await twoServices()
    const result = await up(place, yaml)
    expect(result.services.map(({ reason }) => reason)).toEqual([undefined, undefined])
    expect(await query(result, 'orders', 'select 1 one')).toEqual([{ one: 1 }])
    expect(poolersIn(servers)).toHaveLength(2)
    await result.stop()
    expect(processesBelow(servers)).toEqual([])
    for (const path of [servers, alias]) if (!path.startsWith(folder.path)) rmSync(path, { recursive: true, force: true })
  })

  describe('that was killed', () => {
    let yaml = ''
    const start = async () => {
      yaml = (await twoServices()).yaml.replace('    sql: sql/orders\n', '')
      writeFileSync(join(folder.path, 'services.yaml'), yaml)
      const run = await cli(['up', join(folder.path, 'services.yaml'), '--state', state], { env: { PGFLEET_PGBOUNCER: newest } })
      running.push({
        stop: () =>
          down(state)
            .then(() => run.ended)
            .then(() => {}),
      })
      await run.until('All databases are up')
      expect(run.output()).toContain('PGBOUNCER 1.24.1')
      return run
    }

    test('leaves poolers, which the next start stops first', async () => {
      const run = await start()
      const orphans = poolersIn(folder.path)
      expect(orphans).toHaveLength(2)
      run.child.kill('SIGKILL')
      await run.ended
      expect(poolersIn(folder.path)).toEqual(orphans)
      const result = await boot(state, yaml, { pgbouncer: newest })
      try {
        expect(result.events[0]).toEqual({ kind: 'step', message: 'stopped what a killed run left behind: mail, orders' })
        expect(result.services.map(({ reason }) => reason)).toEqual([undefined, undefined])
        for (const pid of orphans) expect(processStart(pid)).toBeUndefined()
      } finally {
        await result.stop()
      }
    })

    test('together with its servers: `down` stops the poolers that are left, and no editor that shows their file', async () => {
      const run = await start()
      run.child.kill('SIGKILL')
      for (const { pid } of (await status(state)).services) process.kill(pid!, 'SIGKILL')
      await run.ended
      await expect.poll(() => status(state)).toMatchObject({ services: [{ pooler: { pid: expect.any(Number) } }, { pooler: {} }] })
      const editor = spawn('tail', ['-f', join(state, 'servers/orders/config/pgbouncer.ini')], { cwd: folder.path, stdio: 'ignore' })
      expect(await down(state)).toEqual({ leftBehind: ['mail', 'orders'] })
      expect(poolersIn(folder.path)).toEqual([])
      expect([editor.exitCode, editor.signalCode]).toEqual([null, null])
      editor.kill()
    })

    test('of its own accord it stops poolers before servers', async () => {
      const run = await start()
      run.child.kill('SIGTERM')
      expect(await run.ended).toBe(0)
      expect(processesBelow(folder.path)).toEqual([])
      const time = (log: string, text: string) => {
        const line = readFileSync(join(state, 'logs', log), 'utf8')
          .split('\n')
          .find((line) => line.includes(text))
        return line?.slice(0, 23) ?? ''
      }
      const pooler = time('orders.pgbouncer.log', 'server connections dropped, exiting')
      expect(pooler).not.toBe('')
      expect(pooler < time('orders.log', 'received fast shutdown request')).toBe(true)
    })
  })
})
