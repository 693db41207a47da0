import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { commandLine, processStart } from '../../src/io/process.ts'
import { down } from '../../src/runtime/embedded/down.ts'
import { openPasswords } from '../../src/runtime/embedded/passwords.ts'
import { status } from '../../src/runtime/embedded/status.ts'
import type { UpResult } from '../../src/runtime/embedded/up.ts'
import { boot, cli, loginBy, processesBelow, query, type Run, temporaryFolder, yamlOf } from '../support/embedded.ts'

let folder: ReturnType<typeof temporaryFolder>
let state = ''
let file = ''
let yaml = ''
let runs: Run[] = []
beforeEach(async () => {
  folder = temporaryFolder()
  state = join(folder.path, '.pgfleet')
  file = join(folder.path, 'services.yaml')
  yaml = (await yamlOf({ orders: 'sql: sql\nschemas: [app]', mail: '' })).yaml
  writeFileSync(file, yaml)
  mkdirSync(join(folder.path, 'sql'))
  writeFileSync(join(folder.path, 'sql/0001-notes.sql'), 'CREATE TABLE app.notes (id int);\n')
  runs = []
})
afterEach(async () => {
  // Those of this process first: `down` would end it.
  for (const result of results.splice(0)) await result.stop()
  await down(state)
  for (const run of runs) await run.ended
  expect(processesBelow(folder.path)).toEqual([])
  folder.remove()
})

async function start(...more: string[]) {
  const run = await cli(['up', file, '--state', state, ...more])
  runs.push(run)
  return run
}
async function started() {
  const run = await start()
  await run.until('All databases are up')
  return run
}
const kill = async (run: Run, signal: NodeJS.Signals) => {
  run.child.kill(signal)
  return run.ended
}
const servers = () => processesBelow(join(state, 'servers')).filter((pid) => commandLine(pid)?.includes('-D'))
const results: UpResult[] = []
async function again() {
  const result = await boot(state, yaml, { sql: { 'sql/0001-notes.sql': 'CREATE TABLE app.notes (id int);\n' } })
  results.push(result)
  return result
}
const files = () => ({ passfile: join(state, 'passfile'), serviceFile: join(state, 'pg_service.conf') })

describe('a run that was killed', () => {
  test('leaves servers, which the next start stops and starts again with their data', async () => {
    const run = await started()
    await query(files(), 'orders', 'insert into app.notes values (1)')
    const orphans = servers()
    expect(orphans).toHaveLength(2)
    await kill(run, 'SIGKILL')
    expect(servers().sort()).toEqual(orphans.sort())

    const result = await again()
    expect(result.events[0]).toEqual({ kind: 'step', message: 'stopped what a killed run left behind: mail, orders' })
    expect(result.healthy).toBe(true)
    for (const pid of orphans) expect(servers()).not.toContain(pid)
    expect(await query(result, 'orders', 'select id from app.notes')).toEqual([{ id: 1 }])
  })

  test('with its servers: they recover from the crash', async () => {
    const run = await started()
    await query(files(), 'orders', 'insert into app.notes values (1)')
    run.child.kill('SIGKILL')
    for (const pid of servers()) process.kill(pid, 'SIGKILL')
    await run.ended

    const result = await again()
    expect(result.healthy).toBe(true)
    expect(readFileSync(join(state, 'logs/orders.log'), 'utf8')).toContain(
      'database system was not properly shut down; automatic recovery in progress',
    )
    expect(await query(result, 'orders', 'select id from app.notes')).toEqual([{ id: 1 }])
  })

  test('with its servers, but not a session that is busy and notices nothing', async () => {
    const run = await started()
    const client = await loginBy(files(), 'orders')
    client.on('error', () => {})
    const { rows } = await client.query('select pg_backend_pid() pid')
    const busy = client.query('select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b').catch(() => {})
    await expect
      .poll(() => query(files(), 'orders/monitor', `select state from pg_stat_activity where pid = ${rows[0].pid}`))
      .toEqual([{ state: 'active' }])
    run.child.kill('SIGKILL')
    for (const pid of servers()) process.kill(pid, 'SIGKILL')
    await run.ended
    expect(processStart(rows[0].pid)).toBeDefined()

    const result = await again()
    expect(result.services.map(({ reason }) => reason)).toEqual([undefined, undefined])
    expect(processStart(rows[0].pid)).toBeUndefined()
    await busy
  })

  test('a process that was given the number of its server is left alone', async () => {
    await (await again()).stop()
    const { pid } = process
    writeFileSync(join(state, 'servers/orders/data/postmaster.pid'), `${pid}\n${join(state, 'servers/orders/data')}\n1\n5432\n`)
    const result = await again()
    expect(result.healthy).toBe(true)
    expect(result.events.filter(({ kind }) => kind === 'step')).toEqual([])
  })

  test('in the middle of making the data directories: they are made anew', async () => {
    const run = await start()
    const home = join(state, 'servers/orders')
    const partial = () => (existsSync(home) ? readdirSync(home).filter((name) => name.endsWith('.partial')) : [])
    await expect.poll(partial, { interval: 2, timeout: 20_000 }).toHaveLength(1)
    await kill(run, 'SIGKILL')
    expect((await again()).services.map(({ reason }) => reason)).toEqual([undefined, undefined])
  })
})

describe('a run that is told to stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('by %s leaves no process and no lock, and shows no password', async (signal) => {
    const run = await started()
    await kill(run, signal)
    expect(processesBelow(folder.path)).toEqual([])
    expect(readdirSync(state).filter((name) => name.startsWith('run-'))).toEqual([])
    expect(readFileSync(join(state, 'logs/orders.log'), 'utf8')).toContain('database system is shut down')
    const { password } = await openPasswords(state)
    expect(run.output()).toContain('psql')
    for (const role of ['demo_orders_service', 'demo_orders_migrator', 'monitor'])
      expect(run.output()).not.toContain(password('orders', role))
  })

  test('does not wait for sessions that are open', async () => {
    const run = await started()
    const client = await loginBy(files(), 'orders')
    client.on('error', () => {})
    const query = client.query('select pg_sleep(600)').catch((error) => error)
    await kill(run, 'SIGTERM')
    expect((await query).code).toBe('57P01')
  })
})

describe('down and status', () => {
  test('see the run, end it, and find nothing afterwards', async () => {
    const run = await started()
    expect(await status(state)).toEqual({
      run: { pid: run.child.pid, start: expect.any(String), since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) },
      services: [
        { service: 'mail', pid: expect.any(Number) },
        { service: 'orders', pid: expect.any(Number) },
      ],
    })
    expect(await down(state)).toMatchObject({ run: { pid: run.child.pid }, leftBehind: [] })
    await run.ended
    expect(servers()).toEqual([])
    expect(await status(state)).toEqual({ services: [{ service: 'mail' }, { service: 'orders' }] })
    expect(await down(state)).toEqual({ leftBehind: [] })
  })

  test('stop what a killed run has left', async () => {
    await kill(await started(), 'SIGKILL')
    expect((await status(state)).run).toBeUndefined()
    expect(await down(state)).toEqual({ leftBehind: ['mail', 'orders'] })
    expect(servers()).toEqual([])
  })

  test('make no folder where there is none', async () => {
    expect(await status(state)).toEqual({ services: [] })
    expect(await down(state)).toEqual({ leftBehind: [] })
    expect(existsSync(state)).toBe(false)
  })
})

test('a second run on the same folder is refused, and the first is not disturbed', async () => {
  const run = await started()
  const before = servers().sort()
  const second = await start('--once', '--port-offset', '1')
  expect(await second.ended).toBe(3)
  expect(second.output()).toMatch(new RegExp(`pgfleet already runs with .*: process ${run.child.pid}, since .* \\[already-running\\]`))
  await expect(again()).rejects.toMatchObject({ code: 'already-running' })
  expect(servers().sort()).toEqual(before)
  expect(await query(files(), 'orders', 'select 1 one')).toEqual([{ one: 1 }])
})
