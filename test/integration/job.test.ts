import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { authority } from '../support/certificates.ts'
import { bundle, environment, installCli, pgfleet } from '../support/cli.ts'
import { smallFleet } from '../support/fleet.ts'
import { type OpsDatabase, opsDatabase } from '../support/ops-database.ts'

const yaml = smallFleet(`schemas: [sales]
sql: sql/orders
jobs:
  tidy: { schedule: "* * * * *", call: CALL sales.tidy() }
  count: { schedule: "* * * * *", call: "sales.count_up(3)" }
  fail: { schedule: "* * * * *", call: CALL sales.fail() }
  hang: { schedule: "* * * * *", call: CALL sales.hang() }
retention:
  sales.events: { column: at, keep: 30 days }
`)
const sql = {
  'sql/orders/0001-jobs.sql': `
CREATE TABLE sales.runs (what text NOT NULL, who text NOT NULL DEFAULT current_user);
CREATE TABLE sales.events (at timestamptz NOT NULL);
CREATE PROCEDURE sales.tidy() LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO sales.runs VALUES ('before the commit'); COMMIT; RAISE WARNING 'half of it'; INSERT INTO sales.runs VALUES ('after the commit');
END $$;
CREATE FUNCTION sales.count_up(n integer) RETURNS void LANGUAGE sql AS $$ INSERT INTO sales.runs SELECT 'count' FROM generate_series(1, n) $$;
CREATE PROCEDURE sales.fail() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO sales.runs VALUES ('kept'); COMMIT; INSERT INTO sales.runs VALUES ('lost'); PERFORM 1 / 0; END $$;
CREATE PROCEDURE sales.hang() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO sales.runs VALUES ('hang'); COMMIT; PERFORM pg_sleep(1000); END $$;`,
}

installCli()
let base: OpsDatabase

beforeAll(async () => {
  base = await opsDatabase(yaml, sql)
}, 120_000)
afterAll(() => base?.close())
afterEach(() => base?.describe((fleet) => fleet))

const cli = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  pgfleet(args, { in: base.home, env: { ...base.env, ...env } })

async function rows(query: string): Promise<unknown[]> {
  const client = await base.superuser()
  const { rows } = await client.query({ text: query, rowMode: 'array' })
  await client.end()
  return rows
}

const runs = async () => {
  const found = await rows('SELECT what, who FROM sales.runs')
  await rows('TRUNCATE sales.runs')
  return found
}

describe('job run', () => {
  test('a procedure may commit; it runs with the rights of the owner, and its warnings are shown', async () => {
    expect(await cli(['job', 'run', 'orders', 'tidy'])).toEqual({ code: 0, out: '', err: 'WARNING: half of it\n' })
    expect(await runs()).toEqual([
      ['before the commit', 'demo_orders_owner'],
      ['after the commit', 'demo_orders_owner'],
    ])
  })

  test('a function is called, too', async () => {
    expect((await cli(['job', 'run', 'orders', 'count'])).code).toBe(0)
    expect(await runs()).toHaveLength(3)
  })

  test('one that fails says why and where, and keeps what it had committed', async () => {
    const failed = await cli(['job', 'run', 'orders', 'fail'])
    expect(failed).toMatchObject({ code: 3, out: '', err: expect.stringContaining('the job fail failed on localhost: division by zero') })
    expect(failed.err).toContain('PL/pgSQL function fail() line 1')
    expect(await runs()).toEqual([['kept', 'demo_orders_owner']])
  })

  test.each([
    [['job', 'run', 'orders', 'tidi'], 'did you mean "tidy"?'],
    [['job', 'run', 'oders', 'tidy'], 'did you mean "orders"?'],
    [['retention', 'run', 'nothing'], 'there are orders'],
  ])('%j is wrong usage', async (args, help) => {
    expect(await cli(args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(help) })
  })

  test('one that hangs is ended by the server', async () => {
    const hung = await cli(['job', 'run', 'orders', 'hang', '--timeout', '1'])
    expect(hung).toMatchObject({
      code: 3,
      err: expect.stringMatching(/canceling statement due to statement timeout[\s\S]*--timeout gives it more/),
    })
    expect(await runs()).toHaveLength(1)
  })

  test.each(['SIGTERM', 'SIGKILL'] as const)('after %s the server gives up, too', async (signal) => {
    const child = spawn(process.execPath, [bundle, 'job', 'run', 'orders', 'hang'], {
      cwd: base.home,
      env: { ...environment, ...base.env },
    })
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
    const working = () => rows("SELECT pid FROM pg_stat_activity WHERE query = 'CALL sales.hang()' AND state = 'active'")
    await until(async () => (await working()).length === 1)
    child.kill(signal)
    expect(await ended).toBe(signal === 'SIGTERM' ? 3 : null)
    await until(async () => (await working()).length === 0)
    await runs()
  })

  test('jobs wait for each other when the connections of the migrator are taken', async () => {
    const holders = await Promise.all([1, 2].map(() => hold()))
    const job = cli(['job', 'run', 'orders', 'tidy'])
    await setTimeout(1500)
    expect(await rows('SELECT FROM sales.runs')).toEqual([])
    await holders[0]!()
    expect((await job).code).toBe(0)
    await holders[1]!()
    await runs()
  })

  test('a server of another authority, or that does not run, is an error', async () => {
    const stranger = authority()
    writeFileSync(join(base.home, 'stranger.crt'), stranger.certificate)
    const any = { PGPASSFILE: join(base.home, 'any') }
    writeFileSync(any.PGPASSFILE, '*:*:*:*:correct horse battery staple\n')
    stranger.remove()
    const refused = await cli(['job', 'run', 'orders', 'tidy'], { PGSSLROOTCERT: join(base.home, 'stranger.crt') })
    expect(refused).toMatchObject({ code: 3, err: expect.stringMatching(/unable to verify|self.signed certificate|unable to get/) })
    base.describe((fleet) => ({ ...fleet, services: fleet.services.map((service) => ({ ...service, port: 1 })) }))
    expect(await cli(['job', 'run', 'orders', 'tidy'], any)).toMatchObject({
      code: 3,
      err: expect.stringMatching(/failed on localhost: .*ECONNREFUSED[\s\S]*The server does not run./),
    })
    // The certificate is for localhost, not for its address.
    base.describe((fleet) => ({ ...fleet, services: fleet.services.map((service) => ({ ...service, host: '127.0.0.1' })) }))
    expect(await cli(['job', 'run', 'orders', 'tidy'], any)).toMatchObject({
      code: 3,
      err: expect.stringContaining('does not match certificate'),
    })
    expect(await runs()).toEqual([])
  })

  test('a missing password is an error that names no other', async () => {
    writeFileSync(join(base.home, 'none'), 'elsewhere:5432:db:user:a secret\n')
    const missing = await cli(['job', 'run', 'orders', 'tidy'], { PGPASSFILE: join(base.home, 'none') })
    expect(missing).toMatchObject({ code: 3, err: expect.stringContaining('has no password for demo_orders_migrator on localhost') })
    expect(missing.err).not.toContain('a secret')
  })

  /** A connection of the migrator that is open until the result is called. */
  async function hold(): Promise<() => Promise<void>> {
    const client = await base.server.connect({
      host: 'localhost',
      port: base.service.listenPort,
      database: base.service.database,
      user: 'demo_orders_migrator',
      password: 'correct horse battery staple',
      ssl: { rejectUnauthorized: false },
    })
    return () => client.end()
  }
})

test('retention deletes what is old', async () => {
  await rows("INSERT INTO sales.events VALUES (now() - interval '31 days'), (now() - interval '29 days')")
  expect(await cli(['retention', 'run', 'orders'])).toEqual({ code: 0, out: '', err: '' })
  expect(await rows('SELECT count(*) FROM sales.events')).toEqual([['1']])
})

describe('tasks', () => {
  const list = async () =>
    JSON.parse((await cli(['task', 'list', '--json'])).out) as { name: string; status: string; exitCode?: number; lastSkipped?: string }[]
  const one = async (name: string) => (await list()).find((task) => task.name === name)

  test('a run is recorded, and every line carries its name', async () => {
    expect((await list()).map(({ status }) => status)).not.toContain('ok')
    const ran = await cli(['task', 'run', '--', 'job', 'run', 'orders', 'tidy'])
    expect(ran).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringMatching(/^job-orders-tidy \| WARNING: half of it\njob-orders-tidy \| done in [\d.]+ s\n$/),
    })
    expect(await one('job-orders-tidy')).toMatchObject({ status: 'ok', exitCode: 0 })
    expect((await cli(['task', 'list'])).code).toBe(0)
    await runs()
  })

  test('one that fails is seen in the list and in exit codes', async () => {
    const ran = await cli(['task', 'run', '--', 'job', 'run', 'orders', 'fail'])
    expect(ran).toMatchObject({ code: 3, err: expect.stringContaining('job-orders-fail | error: the job fail failed') })
    expect(await one('job-orders-fail')).toMatchObject({ status: 'failed', exitCode: 3 })
    expect(await cli(['task', 'list'])).toMatchObject({
      code: 1,
      out: expect.stringMatching(/job-orders-fail +\S+ \S+ \S+ \S+ \S+ +failed \(3\)/),
    })
    await runs()
  })

  test('one that hangs does not overlap itself; killed, it is seen to be cut short', async () => {
    const words = ['task', 'run', '--', 'job', 'run', 'orders', 'hang']
    const child = spawn(process.execPath, [bundle, ...words], { cwd: base.home, env: { ...environment, ...base.env } })
    const ended = new Promise((resolve) => child.on('close', resolve))
    await until(async () => (await rows('SELECT FROM sales.runs')).length === 1)
    expect(await one('job-orders-hang')).toMatchObject({ status: 'running' })
    expect(await cli(words)).toMatchObject({ code: 3, err: 'job-orders-hang | not run: the run before is still on\n' })
    expect(await rows('SELECT FROM sales.runs')).toHaveLength(1)
    child.kill('SIGKILL')
    await ended
    const after = await one('job-orders-hang')
    expect(after).toMatchObject({ status: 'interrupted' })
    expect(after?.lastSkipped).toMatch(/^\d{4}-/)
    expect((await cli(['task', 'list'])).code).toBe(1)
  })

  test('words that no task has are wrong usage', async () => {
    expect(await cli(['task', 'run', '--', 'job', 'run', 'orders', 'else'])).toMatchObject({ code: 2 })
  })
})

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; !(await condition()); attempt++) {
    if (attempt > 150) throw new Error('it does not come')
    await setTimeout(100)
  }
}
