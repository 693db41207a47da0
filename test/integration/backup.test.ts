import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { authority } from '../support/certificates.ts'
import { bundle, installCli, pgfleet, run } from '../support/cli.ts'
import { smallFleet } from '../support/fleet.ts'
import { clientPrograms, type OpsDatabase, opsDatabase } from '../support/ops-database.ts'
import { canUseTrixie } from '../support/trixie.ts'

const yaml = smallFleet('schemas: [sales, audit]\nsql: sql/orders\n')
const sql = {
  'sql/orders/0001-tables.sql': `
CREATE TABLE sales.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text NOT NULL, total numeric(12,2) NOT NULL);
CREATE SEQUENCE sales.numbers;
CREATE TABLE audit.events (at timestamptz NOT NULL, what text NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE audit.events_2025 PARTITION OF audit.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE sales.secrets (owner text NOT NULL, note text NOT NULL);
ALTER TABLE sales.secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE sales.secrets FORCE ROW LEVEL SECURITY;
CREATE MATERIALIZED VIEW sales.totals AS SELECT count(*) AS orders, sum(total) AS total FROM sales.orders;
CREATE FUNCTION sales.twice(n bigint) RETURNS bigint LANGUAGE sql RETURN n * 2;`,
}

installCli()
let base: OpsDatabase

beforeAll(async () => {
  if (!canUseTrixie) return
  const database = await opsDatabase(yaml, sql)
  const path = `${clientPrograms(join(database.home, 'bin'))}:${database.env['PATH']}`
  base = { ...database, env: { ...database.env, PATH: path } }
  const client = await base.superuser()
  await client.query(`
    INSERT INTO sales.orders (note, total) SELECT 'note ' || n, n / 100.0 FROM generate_series(1, 5000) n;
    INSERT INTO audit.events SELECT timestamptz '2025-03-01' + n * interval '1 hour', 'event ' || n FROM generate_series(1, 2000) n;
    INSERT INTO sales.secrets VALUES ('nobody', 'row-level security hides this');
    SET ROLE demo_orders_service; SELECT lo_from_bytea(0, 'a large object'); RESET ROLE;
    SELECT setval('sales.numbers', 4711);
    REFRESH MATERIALIZED VIEW sales.totals;`)
  await client.end()
}, 300_000)
afterAll(() => base?.close())
afterEach(() => {
  if (!base) return
  for (const name of readdirSync(base.backups)) rmSync(join(base.backups, name), { recursive: true })
  base.describe((fleet) => fleet)
})

const cli = (...args: string[]) => pgfleet(args, { in: base.home, env: base.env })
const daily = (service = 'orders') => join(base.backups, service, 'daily')
const names = (folder: string) => readdirSync(folder).sort()

/** What a database holds, for comparing two. */
async function contents(client: pg.Client): Promise<unknown> {
  const { rows } = await client.query(`
    SELECT (SELECT md5(string_agg(o::text, ',' ORDER BY id)) FROM sales.orders o) AS orders,
           (SELECT md5(string_agg(e::text, ',' ORDER BY at)) FROM audit.events e) AS events,
           (SELECT json_agg(s) FROM sales.secrets s) AS secrets,
           (SELECT last_value FROM sales.numbers) AS numbers,
           (SELECT json_agg(t) FROM sales.totals t) AS totals,
           sales.twice(21) AS twice,
           (SELECT count(*) FROM pgfleet.migrations) AS migrations,
           (SELECT json_agg(encode(lo_get(oid), 'hex') ORDER BY oid) FROM pg_largeobject_metadata) AS large_objects`)
  return rows[0]
}

describe.skipIf(!canUseTrixie)('backup', () => {
  test('is complete: restored into an empty database it is the same', async () => {
    const taken = await cli('backup', 'run', 'daily')
    expect(taken).toMatchObject({ code: 0, out: '', err: expect.stringMatching(/^orders: \d+ files, [\d.]+ kB, [\d.]+ s\n$/) })
    const [name, ...others] = names(daily())
    expect(others).toEqual([])
    expect(name).toMatch(/^\d{8}T\d{6}\.\d{3}Z$/)
    const folder = join(daily(), name!)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
    expect(manifest).toMatchObject({
      version: 1,
      service: 'orders',
      tier: 'daily',
      database: 'demo_orders',
      server: expect.stringMatching(/^17\./),
    })
    // Another program's sums.
    const sums = manifest.files.map(({ path, sha256 }: { path: string; sha256: string }) => `${sha256}  ${path}\n`).join('')
    expect(spawnSync('sha256sum', ['--check', '--strict', '--quiet'], { cwd: folder, input: sums, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stdout: '',
    })

    const original = await base.superuser()
    const admin = await base.superuser('postgres')
    await admin.query('CREATE DATABASE restored')
    const socket = (await original.query('SHOW unix_socket_directories')).rows[0].unix_socket_directories
    const restored = await run(
      'pg_restore',
      [
        '--exit-on-error',
        '--dbname=restored',
        `--host=${socket}`,
        `--port=${base.service.listenPort}`,
        '--username=postgres',
        join(folder, 'dump'),
      ],
      { cwd: base.home, env: base.env },
    )
    expect(restored).toEqual({ code: 0, out: '', err: '' })
    const copy = await base.superuser('restored')
    const before = await contents(original)
    expect(before).toMatchObject({ large_objects: ['61206c61726765206f626a656374'], numbers: '4711', twice: '42', migrations: '1' })
    expect(await contents(copy)).toEqual(before)
    await copy.query(`DELETE FROM sales.orders WHERE id = 17`)
    expect(await contents(copy)).not.toEqual(before)
    await copy.end()
    await admin.query('DROP DATABASE restored')
    await Promise.all([original.end(), admin.end()])
  })

  test('comes over TLS 1.3 from the server', async () => {
    const sessions = await whileBlocked(async () => {
      const client = await base.superuser()
      const { rows } = await client.query(`
        SELECT application_name, ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'backup'`)
      await client.end()
      return rows
    })
    expect(sessions).toEqual([{ application_name: 'pgfleet backup', ssl: true, version: 'TLSv1.3' }])
  })

  test('a server of another authority is refused, and nothing is left', async () => {
    const stranger = authority()
    const file = join(base.home, 'stranger.crt')
    writeFileSync(file, stranger.certificate)
    const refused = await pgfleet(['backup', 'run', 'daily'], { in: base.home, env: { ...base.env, PGSSLROOTCERT: file } })
    stranger.remove()
    expect(refused).toMatchObject({ code: 3, out: '', err: expect.stringContaining('certificate verify failed') })
    expect(refused.err).toContain('no daily backup of orders')
    expect(names(daily())).toEqual([])
  })

  test('one service that fails does not stop the others', async () => {
    base.describe((fleet) => {
      const [orders] = fleet.services
      return { ...fleet, services: [{ ...orders!, key: 'absent', database: 'absent' }, orders!] }
    })
    const taken = await cli('backup', 'run', 'daily', '--keep', '30 days')
    expect(taken).toMatchObject({
      code: 3,
      err: expect.stringMatching(/absent: error: pg_dump failed [\s\S]*orders: \d+ files[\s\S]*no daily backup of absent\n$/),
    })
    expect(names(daily('absent'))).toEqual([])
    expect(names(daily())).toHaveLength(1)
    expect((await cli('backup', 'run', 'daily', '--service', 'orders')).code).toBe(0)
    expect(await cli('backup', 'run', 'daily', '--service', 'oders')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean "orders"?'),
    })
  })

  test('old ones go after a new one is there, and only then', async () => {
    const old = { daily: '20240101T020000.000Z', other: '20240102T020000.000Z' }
    await cli('backup', 'run', 'daily')
    const [good] = names(daily())
    spawnSync('cp', ['-a', join(daily(), good!), join(daily(), old.daily)])
    mkdirSync(join(base.backups, 'orders/weekly'), { recursive: true })
    spawnSync('cp', ['-a', join(daily(), good!), join(base.backups, 'orders/weekly', old.other)])
    const broken = await pgfleet(['backup', 'run', 'daily', '--keep', '30 days'], {
      in: base.home,
      env: { ...base.env, PGPASSFILE: '/nonexistent' },
    })
    expect(broken.code).toBe(3)
    expect(names(daily())).toEqual([old.daily, good])
    const fine = await cli('backup', 'run', 'daily', '--keep', '30 days')
    expect(fine).toMatchObject({ code: 0, err: expect.stringContaining(`orders: removed daily/${old.daily}, which is older than 30 days`) })
    expect(names(daily())).toHaveLength(2)
    expect(names(daily())[0]).toBe(good)
    expect(names(join(base.backups, 'orders/weekly'))).toEqual([old.other])
    const list = await cli('backup', 'list', '--json')
    expect(JSON.parse(list.out).map(({ tier, name }: { tier: string; name: string }) => [tier, name])).toEqual([
      ...names(daily()).map((name) => ['daily', name]),
      ['weekly', old.other],
    ])
  })

  test('killed in the middle: nothing of it is listed, the next run removes it', async () => {
    const killed = await killedInTheMiddle('SIGKILL')
    expect(killed.left).toMatch(/\.partial$/)
    expect(JSON.parse((await cli('backup', 'list', '--json')).out)).toEqual([])
    expect(await cli('backup', 'verify')).toMatchObject({ code: 1, out: 'broken orders: there is no backup\n' })
    expect((await cli('backup', 'run', 'weekly')).code).toBe(0)
    expect(names(daily())).toEqual([])
  })

  test('stopped in the middle: it removes what it made and says so', async () => {
    const stopped = await killedInTheMiddle('SIGTERM')
    expect(stopped).toMatchObject({ code: 3, err: expect.stringContaining('[interrupted]') })
    expect(names(daily())).toEqual([])
  })

  test('two at once: the second is refused', async () => {
    const blocked = await whileBlocked(async () => cli('backup', 'run', 'daily'))
    expect(blocked).toMatchObject({ code: 3, err: expect.stringContaining('another backup of orders is running [backup-running]') })
  })

  test.runIf(process.getuid?.() === 0)('a full disk: a clear error, and no half of a backup', async () => {
    const small = `mount -t tmpfs -o size=32k tmpfs "$PGFLEET_BACKUPS" && "$@"; code=$?; find "$PGFLEET_BACKUPS" -mindepth 3; exit $code`
    const full = await run('unshare', ['--mount', 'sh', '-c', small, 'sh', process.execPath, bundle, 'backup', 'run', 'daily'], {
      cwd: base.home,
      env: base.env,
    })
    expect(full).toMatchObject({ code: 3, out: '', err: expect.stringMatching(/pg_dump found no space left[\s\S]*\[disk-full\]/) })
  })

  test('a disk that is not mounted is noticed', async () => {
    const missing = await pgfleet(['backup', 'run', 'daily'], {
      in: base.home,
      env: { ...base.env, PGFLEET_BACKUPS: join(base.home, 'no-disk') },
    })
    expect(missing).toMatchObject({ code: 3, err: expect.stringContaining('[backup-root]') })
  })

  test('no password is said, whatever happens', async () => {
    const { err, out } = await pgfleet(['backup', 'run', 'daily'], { in: base.home, env: { ...base.env, PGSSLROOTCERT: '/nonexistent' } })
    expect(err + out).not.toContain('correct horse')
  })

  describe('verify', () => {
    const fault = async (spoil: (folder: string) => void) => {
      await cli('backup', 'run', 'daily')
      const folder = join(daily(), names(daily())[0]!)
      expect(await cli('backup', 'verify', 'orders')).toMatchObject({ code: 0, out: expect.stringMatching(/^ok orders\/daily\/\S+\n$/) })
      spoil(folder)
      return cli('backup', 'verify', 'orders')
    }
    const largest = (folder: string) =>
      names(join(folder, 'dump')).reduce((best, name) =>
        statSync(join(folder, 'dump', name)).size > statSync(join(folder, 'dump', best)).size ? name : best,
      )

    test('one changed byte', async () => {
      let name = ''
      const found = await fault((folder) => {
        name = largest(folder)
        const bytes = readFileSync(join(folder, 'dump', name))
        bytes[bytes.length >> 1]! ^= 1
        writeFileSync(join(folder, 'dump', name), bytes)
      })
      expect(found).toMatchObject({ code: 1, out: expect.stringContaining(`dump/${name} has another SHA-256`) })
    })

    test.each([
      ['a missing file', (folder: string) => unlinkSync(join(folder, 'dump', largest(folder))), 'ENOENT'],
      ['a shorter file', (folder: string) => truncateSync(join(folder, 'dump/toc.dat'), 100), 'toc.dat has 100 bytes, not'],
      ['a foreign file', (folder: string) => writeFileSync(join(folder, 'dump/more'), ''), 'dump/more is no part of the backup'],
      ['a damaged manifest', (folder: string) => truncateSync(join(folder, 'manifest.json'), 100), 'manifest.json: '],
      ['no manifest', (folder: string) => unlinkSync(join(folder, 'manifest.json')), 'manifest.json: ENOENT'],
    ])('%s', async (_, spoil, message) => {
      expect(await fault(spoil)).toMatchObject({ code: 1, out: expect.stringContaining(message) })
    })
  })
})

/** A backup waits for a lock on a table, so it is in its middle for as long as `work` takes. */
async function whileBlocked<T>(work: (pid: number) => Promise<T>): Promise<T> {
  const client = await base.superuser()
  await client.query('BEGIN; LOCK TABLE sales.orders IN ACCESS EXCLUSIVE MODE')
  const backup = run(process.execPath, [bundle, 'backup', 'run', 'daily'], { cwd: base.home, env: base.env })
  try {
    const { rows } = await waitFor(client, 'SELECT pid FROM pg_locks WHERE NOT granted')
    expect(rows).toHaveLength(1)
    return await work(rows[0].pid)
  } finally {
    await client.query('ROLLBACK')
    await client.end()
    await backup
  }
}

async function waitFor(client: pg.Client, query: string): Promise<pg.QueryResult> {
  for (let attempt = 0; ; attempt++) {
    const result = await client.query(query)
    if (result.rowCount || attempt === 200) return result
    await setTimeout(50)
  }
}

/** Sends a signal to a backup that is waiting for a lock; what it said, and what is left. */
async function killedInTheMiddle(signal: NodeJS.Signals): Promise<{ code: number | null; err: string; left: string }> {
  const client = await base.superuser()
  await client.query('BEGIN; LOCK TABLE sales.orders IN ACCESS EXCLUSIVE MODE')
  const script = `node "$1" backup run daily & echo $! >pid; wait $!`
  const backup = run('sh', ['-c', script, 'sh', bundle], { cwd: base.home, env: base.env })
  await waitFor(client, 'SELECT FROM pg_locks WHERE NOT granted')
  process.kill(Number(readFileSync(join(base.home, 'pid'), 'utf8')), signal)
  // The shell hands on how it ended; pg_dump, whose parent is gone, waits for the lock.
  if (signal === 'SIGKILL') await setTimeout(300)
  const left = names(daily()).join()
  await client.query('ROLLBACK')
  await client.end()
  return { ...(await backup), left }
}
