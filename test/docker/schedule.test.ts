// What runs on a clock, in the container that runs it: a fleet of two services whose jobs are due every minute. Most of the time of
// these tests is waiting for the clock, so that they run beside the others in Docker (scripts/test): they share nothing with them.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { acquireRunLock } from '../../src/io/run-lock.ts'
import { docker, tryDocker } from '../support/docker.ts'
import { baseImages } from '../support/docker-images.ts'
import { boot, buildImages, type Project, projectOf, remove, stateFolder, states } from '../support/docker-project.ts'

const prefix = 'pgfleettestops'
const ops = `${prefix}_ops`

const services = (hang: string, backupAt: string) => `version: 1
fleet: clock
host: { memory: 8GiB, cpus: 2, disk: 100GiB }
network: { base: "10.83" }
services:
  orders:
    port: 5833
    memory: 1GiB
    cpus: 1
    pool: { port: 6833, size: 5, max_clients: 100 }
    schemas: [sales]
    sql: sql/orders
    jobs:
      tidy: { schedule: "* * * * *", call: CALL sales.tidy() }
      hang: { schedule: "${hang}", call: CALL sales.hang() }
      fail: { schedule: "* * * * *", call: sales.fail() }
  ticks:
    port: 5834
    memory: 1GiB
    cpus: 1
    workload: timeseries
    pool: { port: 6834, size: 5, max_clients: 100 }
    extensions: [timescaledb]
    schemas: [market]
    sql: sql/ticks
    timeseries:
      market.ticks: { column: at, chunk: 1 day }
backup: { daily: { at: "${backupAt}", keep: 7 days } }
`
const sql = {
  'orders/0001-jobs.sql': `
CREATE TABLE sales.runs (at timestamptz NOT NULL DEFAULT clock_timestamp(), what text NOT NULL);
CREATE PROCEDURE sales.tidy() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO sales.runs (what) VALUES ('tidy'); COMMIT; END $$;
CREATE PROCEDURE sales.hang() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO sales.runs (what) VALUES ('hang'); COMMIT; PERFORM pg_sleep(3000); END $$;
CREATE FUNCTION sales.fail() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'this job fails'; END $$;`,
  'ticks/0001-ticks.sql': `
CREATE TABLE market.ticks (at timestamptz NOT NULL, price numeric NOT NULL);
INSERT INTO market.ticks SELECT timestamptz '2025-01-01' + n * interval '1 hour', n FROM generate_series(1, 500) n;`,
}

type Task = { name: string; status: string; exitCode?: number; lastStart?: string; lastSkipped?: string }

const images = baseImages()

describe.skipIf(typeof images === 'string')('the ops container', () => {
  let root: string
  let project: Project
  let unlock: (() => Promise<void>) | undefined
  const bundle = () => join(root, 'package/dist/pgfleet.js')
  const generate = (hang: string, backupAt: string) => {
    writeFileSync(join(root, 'services.yaml'), services(hang, backupAt))
    execFileSync(process.execPath, [bundle(), 'generate'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  }
  const inOps = (...argv: string[]) => tryDocker(['exec', ops, ...argv])
  const task = async (name: string): Promise<Task | undefined> =>
    (JSON.parse((await inOps('pgfleet', 'task', 'list', '--json')).out) as Task[]).find((one) => one.name === name)
  const logs = async () => {
    const { out, err } = await tryDocker(['logs', ops])
    return out + err
  }
  const ask = async (key: string, query: string, database = `clock_${key}`): Promise<string> =>
    (
      await docker(['exec', '-i', '-u', '999', `${prefix}_postgres_${key}`, 'psql', '-XAtq', '-U', 'postgres', '-d', database], {
        input: query,
      })
    ).trim()
  const runs = (what: string) => ask('orders', `SELECT count(*) FROM sales.runs WHERE what = '${what}'`).then(Number)

  beforeAll(async () => {
    const state = join(stateFolder, prefix)
    mkdirSync(state, { recursive: true, mode: 0o700 })
    unlock = await acquireRunLock(state, new Date().toISOString())
    await remove(prefix)
    root = mkdtempSync(join(tmpdir(), 'pgfleet-clock-'))
    for (const [path, text] of Object.entries(sql)) {
      mkdirSync(join(root, 'sql', path, '..'), { recursive: true })
      writeFileSync(join(root, 'sql', path), text)
    }
    const place = { prefix, bind: '127.0.0.83', subnetBase: '10.83', out: join(root, 'out'), secrets: join(root, 'secrets') }
    project = projectOf(place, { ...(images as Record<string, string>), PGFLEET_PACKAGE: makePackage(join(root, 'package')) })
    generate('* * * * *', '00:00')
    execFileSync(process.execPath, [bundle(), 'secrets', 'init', '--secrets', place.secrets, '--json'], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    await buildImages(project)
    await boot(project)
    // Now that all is up, however long that took: the next minute installs it, and one more is kept in reserve.
    generate('* * * * *', inMinutes(3))
  })
  afterAll(async () => {
    // Another run's containers are left alone.
    if (!unlock) return
    await remove(prefix)
    rmSync(root, { recursive: true, force: true })
    await unlock()
  })

  test('is healthy, runs nothing but cron as root, and holds no capability beyond two', async () => {
    expect((await states(prefix))[ops]).toEqual({ health: 'healthy', restarts: 0 })
    const { out } = await inOps('sh', '-c', 'for p in /proc/[0-9]*; do echo "$(cat $p/comm) $(stat -c %u $p)"; done')
    expect(out).toMatch(/^cron 0$/m)
    expect((await inOps('grep', '^CapBnd', '/proc/1/status')).out.trim()).toBe('CapBnd:\t00000000000000c0')
    expect((await inOps('pgfleet', 'task', 'list', '--json')).err).toBe('')
  })

  test('jobs run by the clock, and their output is in the log', async () => {
    await until(async () => (await runs('tidy')) >= 2, 150)
    // Its last row is there a moment before its end is.
    await until(async () => (await task('job-orders-tidy'))?.status !== 'running', 30)
    expect(await task('job-orders-tidy')).toMatchObject({ status: 'ok', exitCode: 0 })
    expect(await logs()).toMatch(/^job-orders-tidy \| done in [\d.]+ s$/m)
  })

  test('one that fails is seen in the list, in the log and in exit codes', async () => {
    await until(async () => (await task('job-orders-fail'))?.status === 'failed', 90)
    expect(await task('job-orders-fail')).toMatchObject({ exitCode: 3 })
    expect((await inOps('pgfleet', 'task', 'list')).code).toBe(1)
    expect(await logs()).toContain('job-orders-fail | error: the job fail failed on postgres-orders: this job fails')
    await betweenMinutes()
    expect(await inOps('pgfleet', 'job', 'run', 'orders', 'fail')).toMatchObject({ code: 3 })
    expect(await inOps('pgfleet', 'job', 'run', 'orders', 'tidy')).toMatchObject({ code: 0 })
  })

  test('one that hangs does not overlap itself', async () => {
    await until(async () => (await task('job-orders-hang'))?.lastSkipped !== undefined, 150)
    expect(await task('job-orders-hang')).toMatchObject({ status: 'running' })
    expect(await runs('hang')).toBe(1)
    expect(await ask('orders', "SELECT count(*) FROM pg_stat_activity WHERE query = 'CALL sales.hang()'")).toBe('1')
    expect(await logs()).toContain('job-orders-hang | not run: the run before is still on')
  })

  test('a backup is taken by the clock; restored, it is the same', async () => {
    await until(async () => ['ok', 'failed'].includes((await task('backup-daily'))?.status ?? ''), 240)
    expect(await task('backup-daily')).toMatchObject({ status: 'ok' })
    expect(await inOps('pgfleet', 'backup', 'verify')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^ok orders\/daily\/\S+\nok ticks\/daily\/\S+\n$/),
    })
    const [, ticks] = JSON.parse((await inOps('pgfleet', 'backup', 'list', '--json')).out) as { name: string }[]
    const server = `${prefix}_postgres_ticks`
    const exec = (...argv: string[]) => docker(['exec', '-u', '999', server, ...argv])
    const copy = 'docker cp "$1" - | docker exec -i -u 999 "$2" tar -x -C /tmp'
    execFileSync('sh', ['-c', copy, 'sh', `${ops}:/var/backups/pgfleet/ticks/daily/${ticks!.name}/dump`, server])
    await ask('ticks', 'CREATE DATABASE restored', 'postgres')
    await ask(
      'ticks',
      'CREATE SCHEMA extensions; CREATE EXTENSION timescaledb SCHEMA extensions; SELECT extensions.timescaledb_pre_restore()',
      'restored',
    )
    // The schema is there already: the extension had to be first.
    await exec(
      'sh',
      '-c',
      `pg_restore -l /tmp/dump | grep -v 'SCHEMA - extensions ' >/tmp/list && pg_restore -e -U postgres -d restored -L /tmp/list /tmp/dump`,
    )
    await ask('ticks', 'SELECT extensions.timescaledb_post_restore()', 'restored')
    const contents = 'SELECT count(*), sum(price), (SELECT count(*) FROM timescaledb_information.chunks) FROM market.ticks'
    expect(await ask('ticks', contents, 'restored')).toBe(await ask('ticks', contents))
    expect(await ask('ticks', contents)).toBe('500|125250|21')
    await ask('ticks', 'DROP DATABASE restored', 'postgres')
  })

  test('called on the host, a command runs in the container', async () => {
    const host = (...args: string[]) => tryHost(bundle(), root, { ...process.env, PGFLEET_PREFIX: prefix }, ...args)
    await betweenMinutes()
    const before = await runs('tidy')
    expect(host('job', 'run', 'orders', 'tidy')).toMatchObject({ status: 0 })
    expect(await runs('tidy')).toBeGreaterThan(before)
    expect(host('job', 'run', 'orders', 'fail')).toMatchObject({ status: 3, stderr: expect.stringContaining('this job fails') })
    expect(host('backup', 'list').stdout).toMatch(/^orders +daily /m)
    expect(tryHost(bundle(), root, { ...process.env, PGFLEET_PREFIX: 'nobody' }, 'backup', 'list')).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('[ops-down]'),
    })
  })

  test('a sign of life that is too old makes it unhealthy', async () => {
    expect((await inOps('pgfleet-healthy')).code).toBe(0)
    await inOps('touch', '-d', '3 minutes ago', '/run/pgfleet-heartbeat')
    expect(await inOps('pgfleet-healthy')).toMatchObject({ code: 1, out: 'cron has not run for 150 seconds\n' })
  })

  test('stopped, it ends what runs; what was due meanwhile is caught up at its start, once', async () => {
    await betweenMinutes()
    const stopped = Date.now()
    await docker(['stop', '--time', '25', ops])
    expect(Date.now() - stopped).toBeLessThan(20_000)
    expect((await docker(['inspect', '--format', '{{.State.ExitCode}}', ops])).trim()).toBe('0')
    expect(await logs()).toContain('job-orders-hang | error: the job hang was stopped')
    await until(async () => (await ask('orders', "SELECT count(*) FROM pg_stat_activity WHERE query = 'CALL sales.hang()'")) === '0', 30)

    // From here on hang is due once a year.
    generate('0 0 1 1 *', inMinutes(-60))
    const before = await runs('tidy')
    await nextMinute()
    await setTimeout(3000)
    expect(await runs('tidy')).toBe(before)
    await docker(['start', ops])
    await until(async () => (await logs()).includes('job-orders-tidy | was due while nothing ran'), 30)
    await until(async () => (await runs('tidy')) > before, 20)
    expect(await runs('hang')).toBe(1)

    // Nothing was due between this stop and this start.
    const caughtUp = async () => (await logs()).split('job-orders-tidy | was due while nothing ran').length
    await nextMinute()
    await until(
      async () =>
        (await task('job-orders-tidy'))!.lastStart! > new Date(Date.now() - 20_000).toISOString() &&
        (await task('job-orders-fail'))?.status === 'failed',
      30,
    )
    const soFar = await caughtUp()
    await docker(['restart', '--time', '25', ops])
    await setTimeout(4000)
    expect(await caughtUp()).toBe(soFar)
  })

  test('a new crontab is installed within a minute', async () => {
    generate('7 7 7 7 *', inMinutes(-60))
    await until(async () => /^7 7 7 7 \* pgfleet .*orders hang$/m.test((await inOps('cat', '/etc/cron.d/pgfleet')).out), 90)
  })

  test('without its secrets it says so and does not start', async () => {
    const copy = join(root, 'no-secrets')
    cpSync(join(project.secrets, 'ops'), copy, { recursive: true })
    rmSync(join(copy, 'pgpass'))
    const image = (await docker(['inspect', '--format', '{{.Config.Image}}', ops])).trim()
    const tmpfs = ['--tmpfs', '/run/pgfleet:uid=6433,gid=6433,mode=0700', '--cap-drop', 'ALL', '--cap-add', 'SETUID', '--cap-add', 'SETGID']
    const started = await tryDocker(['run', '--rm', '--network', 'none', ...tmpfs, '-v', `${copy}:/run/secrets/pgfleet:ro`, image])
    expect(started).toMatchObject({
      code: 1,
      err: expect.stringContaining('the secret pgpass of the ops container is missing or unreadable: run `pgfleet secrets init`'),
    })
  })
})

/** Time of day in UTC, from now. */
const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString().slice(11, 16)

const nextMinute = () => setTimeout(60_000 - (Date.now() % 60_000) + 500)

/** Waits where what the clock has started may still run, or will soon start: a job does not run twice at a time. */
async function betweenMinutes(): Promise<void> {
  const second = (Date.now() % 60_000) / 1000
  if (second > 40) await nextMinute()
  if (second > 40 || second < 10) await setTimeout(10_000 - (Date.now() % 60_000))
}

/** Makes the package that the ops image is built from, in a folder of its own, since others build dist/ meanwhile. Returns the folder. */
function makePackage(folder: string): string {
  mkdirSync(folder)
  for (const name of ['docker', 'package.json', '.dockerignore']) cpSync(name, join(folder, name), { recursive: true })
  execFileSync(process.execPath, ['scripts/build.mjs', '--quiet', '--out', join(folder, 'dist')], { stdio: 'inherit' })
  // Packages that stay outside of the bundle are found here.
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  return folder
}

async function until(condition: () => Promise<boolean>, seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`it does not come within ${seconds} s: ${condition}`)
    await setTimeout(2000)
  }
}

function tryHost(
  bundle: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
  ...args: string[]
): { status: number; stdout: string; stderr: string } {
  try {
    const stdout = execFileSync(process.execPath, [bundle, ...args], {
      cwd,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return { status: 0, stdout, stderr: '' }
  } catch (error) {
    return error as { status: number; stdout: string; stderr: string }
  }
}
