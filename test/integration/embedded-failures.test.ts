import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { commandLine } from '../../src/io/process.ts'
import { openStateFolder } from '../../src/runtime/embedded/state-folder.ts'
import { boot, processesBelow, query, temporaryFolder, yamlOf } from '../support/embedded.ts'

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
const up: typeof boot = async (...args) => {
  const result = await boot(...args)
  running.push(result)
  return result
}

async function listen(port: number) {
  const server: Server = createServer()
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  running.push({ stop: () => new Promise((done) => server.close(() => done())) })
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer()
      .once('error', () => done(false))
      .listen(port, '127.0.0.1', () => server.close(() => done(true)))
  })

describe('ports', () => {
  test('all busy ones are named at once, with their holders', async () => {
    const { yaml, ports } = await yamlOf({ orders: '', mail: '', search: '' })
    await listen(ports[0]!)
    await listen(ports[2]!)
    const error = await up(state, yaml).catch((reason) => reason)
    expect(error.code).toBe('ports-busy')
    const [title, ...lines] = error.message.split('\n')
    expect(title).toBe('2 ports are not free on 127.0.0.1:')
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(new RegExp(`^ {2}${ports[0]} \\(orders\\): held by process ${process.pid}: .*node`))
    expect(lines[1]).toMatch(new RegExp(`^ {2}${ports[2]} \\(search\\): held by process ${process.pid}: .*node`))
    expect(error.hint).toContain('--port-offset')
  })

  test('a fleet in another folder is named by its folder', async () => {
    const { yaml, ports } = await yamlOf({ orders: '' })
    await up(state, yaml)
    const error = await up(join(folder.path, 'other'), yaml).catch((reason) => reason)
    expect(error).toMatchObject({ code: 'ports-busy', message: expect.stringContaining(`held by pgfleet in ${state} (process `) })
    let portOffset = 1
    while (!(await isFree(ports[0]! + portOffset))) portOffset++
    expect(await up(join(folder.path, 'other'), yaml, { portOffset })).toMatchObject({ healthy: true })
  })

  test('an offset that leads beyond the last port', async () => {
    const { yaml, ports } = await yamlOf({ orders: '' })
    await expect(up(state, yaml, { portOffset: 65_000 })).rejects.toMatchObject({
      code: 'port-range',
      message: `orders would listen on port ${ports[0]! + 65_000}`,
    })
  })
})

describe('one service that fails leaves the others up', () => {
  const bad = 'CREATE TABLE app.good (id int);\n\nCREATE TABLE app.bad (\n  id int,\n  other nonsense_type\n);\n'

  test('SQL that the server refuses is named by file and line, and applied once it is mended', async () => {
    const { yaml } = await yamlOf({ orders: 'sql: sql/orders\nschemas: [app]', mail: '' })
    const result = await up(state, yaml, { sql: { 'sql/orders/0001-tables.sql': bad } })
    expect(result.healthy).toBe(false)
    expect(result.services).toMatchObject([
      {
        state: 'failed',
        reason: 'type "nonsense_type" does not exist (sql/orders/0001-tables.sql:5, by way of infrastructure/postgres/orders-db-init.sql)',
      },
      { state: 'healthy' },
    ])
    await result.stop()
    const mended = await up(state, yaml, { sql: { 'sql/orders/0001-tables.sql': bad.replace('nonsense_type', 'text') } })
    expect(mended.services).toMatchObject([{ state: 'healthy', tables: 2 }, { state: 'healthy' }])
  })

  test('an error inside of a function is named by the statement that called it', async () => {
    const { yaml } = await yamlOf({ orders: 'sql: sql/orders\nschemas: [app]' })
    const sql = {
      'sql/orders/0001-a.sql':
        'CREATE FUNCTION app.f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1 / 0; END $$;\nSELECT 1;\nSELECT\n  app.f();\n',
    }
    const [service] = (await up(state, yaml, { sql })).services
    expect(service?.reason).toBe('division by zero (sql/orders/0001-a.sql:3, by way of infrastructure/postgres/orders-db-init.sql)')
  })

  test('a server that does not start shows what its log says', async () => {
    const { yaml } = await yamlOf({ orders: 'settings: { shared_buffers: 900GB }\nmemory: 1GiB', mail: '' })
    // The rules would refuse this configuration: the file is changed after them, as a full disk or an old kernel would spoil it.
    const result = await up(state, yaml.replace('    settings: { shared_buffers: 900GB }\n    memory: 1GiB\n', ''), {
      onProgress: (event) => {
        if (event.kind !== 'service' || event.service !== 'orders' || event.state !== 'starting') return
        writeFileSync(join(state, 'servers/orders/config/postgresql.conf'), 'shared_buffers = lots\n')
      },
    })
    expect(result.services).toMatchObject([
      { state: 'failed', hint: `Its log is ${join(state, 'logs/orders.log')}.` },
      { state: 'healthy' },
    ])
    expect(result.services[0]?.reason).toMatch(/^it did not start:\n.*invalid value for parameter "shared_buffers": "lots"/s)
    expect(result.events.filter((event) => event.kind === 'service' && event.state === 'ended')).toEqual([])
  })

  test('a server that dies while its SQL is applied', async () => {
    const { yaml } = await yamlOf({ orders: 'sql: sql/orders', mail: '' })
    const sql = { 'sql/orders/0001-a.sql': 'SELECT pg_sleep(60);\n' }
    const result = await up(state, yaml, {
      sql,
      onProgress: (event) => {
        if (event.kind !== 'service' || event.service !== 'orders' || event.state !== 'initialising') return
        const kill = () => processesBelow(join(state, 'servers/orders')).map((pid) => process.kill(pid, 'SIGKILL'))
        void setTimeout(100).then(kill)
      },
    })
    expect(result.services).toMatchObject([{ state: 'failed' }, { state: 'healthy' }])
    expect(result.services[0]?.reason).toMatch(/connection/i)
    await expect.poll(() => result.events.filter((event) => event.kind === 'service' && event.state === 'ended')).toHaveLength(1)
  })

  test('a setting that is not as generated is a failure, with both values', async () => {
    const { yaml } = await yamlOf({ orders: 'settings: { work_mem: 2MB }' })
    const result = await up(state, yaml, {
      onProgress: (event) => {
        if (event.kind !== 'service' || event.state !== 'starting') return
        const file = join(state, 'servers/orders/config/postgresql.conf')
        writeFileSync(file, readFileSync(file, 'utf8').replace(/^work_mem = '2MB'/m, "work_mem = '3MB'"))
      },
    })
    expect(result.services[0]).toMatchObject({ state: 'failed', reason: 'work_mem is 3072 (in kB), not 2MB: the server has another value' })
  })

  test('data of another major version is left alone', async () => {
    const { yaml } = await yamlOf({ orders: '' })
    await (await up(state, yaml)).stop()
    const { servers } = await openStateFolder(state)
    writeFileSync(join(servers, 'orders/data/PG_VERSION'), '16\n')
    const [service] = (await up(state, yaml)).services
    expect(service).toMatchObject({
      state: 'failed',
      reason: 'the data of orders was made by PostgreSQL 16, and services.yaml asks for 17',
      hint: 'Start with --fresh to delete the data of earlier runs.',
    })
  })
})

describe('while it runs', () => {
  test('a server that ends is reported, the others stay up, and stop works', async () => {
    const { yaml } = await yamlOf({ orders: '', mail: '' })
    const result = await up(state, yaml)
    const postmaster = processesBelow(join(state, 'servers/orders')).find((pid) => commandLine(pid)?.includes('-D'))!
    process.kill(postmaster, 'SIGKILL')
    await expect
      .poll(() => result.events.at(-1))
      .toEqual({
        kind: 'service',
        service: 'orders',
        state: 'ended',
        reason: `signal SIGKILL; its log is ${join(state, 'logs/orders.log')}`,
      })
    expect(await query(result, 'mail', 'select 1 one')).toEqual([{ one: 1 }])
    await result.stop()
    expect(result.events.filter((event) => event.kind === 'service' && event.state === 'ended')).toHaveLength(1)
  })
})

describe('an interruption', () => {
  test.each([0, 100, 300, 600, 900])('%i ms after the start leaves no process and no lock, and the next start works', async (delay) => {
    const { yaml } = await yamlOf({ orders: '', mail: '' })
    const controller = new AbortController()
    const starting = up(state, yaml, { signal: controller.signal }).then(
      (result) => result,
      (reason) => reason,
    )
    await setTimeout(delay)
    controller.abort(new Error('interrupted'))
    const outcome = await starting
    // On a fast machine everything may be up before the last of these.
    if (outcome instanceof Error) expect(outcome.message).toBe('interrupted')
    else await outcome.stop()
    expect(processesBelow(folder.path)).toEqual([])
    expect(readdirSync(state).filter((name) => name.startsWith('run-'))).toEqual([])
    const next = await up(state, yaml)
    expect(next.services.map(({ reason }) => reason)).toEqual([undefined, undefined])
  })
})
