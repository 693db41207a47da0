// npm run bench:seed [-- SCALE [SERVICE...]]: `pgfleet seed` against COPY of the same rows from files on the server, in turn. Both in a
// copy of the same empty database, in one transaction, with all triggers and constraints.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import pg from 'pg'
import { processContext } from '../src/cli/context.ts'
import { countText } from '../src/cli/quantities.ts'
import { openRunning } from '../src/cli/running-fleet.ts'

import type { Service } from '../src/fleet/types.ts'
import { connect, withConnection } from '../src/io/postgres.ts'
import { superuser } from '../src/runtime/embedded/start-service.ts'
import { seedSearchPath } from '../src/runtime/seed/filled-tables.ts'
import { prelude } from '../src/runtime/seed/prelude.ts'
import { seedService } from '../src/runtime/seed/seed-service.ts'
import { median } from './measure.ts'

const [scale = '2', ...keys] = process.argv.slice(2)
const range = { scale: Number(scale), until: '2026-01-01T00:00:00Z' }
const rounds = 3
const least = 0.7

/** Rows that a statement inserts, as a file on the server, and where they go. */
type Rows = { readonly into: string; readonly file: string }
type Timed = { readonly rows: number; readonly seconds: number }

const folder = mkdtempSync(join(tmpdir(), 'pgfleet-seed-'))
// The servers' user writes the files.
chmodSync(folder, 0o777)
const state = join(folder, 'state')
const fleet = spawn(process.execPath, [resolve('dist/pgfleet.js'), 'up', '--state', state, '--port-offset', '20000'], {
  env: { ...process.env, PGFLEET_PGBOUNCER: 'none' },
  stdio: ['ignore', 'ignore', 'pipe'],
})
try {
  await isUp()
  const options = { runtime: 'embedded', file: 'services.yaml', state, json: true } as const
  const running = await openRunning(options, processContext({ color: false, version: '' }))
  const services = running?.fleet.services.filter(({ key, seeds }) => seeds.length > 0 && (keys.length === 0 || keys.includes(key))) ?? []
  let [seeding, copying, rows] = [0, 0, 0]
  for (const service of services) {
    const found = await bench(service)
    seeding += found.seeding
    copying += found.copying
    rows += found.rows
  }
  if (services.length > 1) print('all of them', rows, seeding, copying)
} finally {
  const ended = fleet.exitCode === null ? once(fleet, 'close') : undefined
  fleet.kill('SIGTERM')
  await ended
  rmSync(folder, { recursive: true, force: true })
}

/** Medians in seconds. */
async function bench(service: Service): Promise<{ rows: number; seeding: number; copying: number }> {
  const rows = await inCopy(service, (database) => capture(service, database))
  const runs: { seeded: Timed; copied: Timed }[] = []
  for (let round = 0; round < rounds; round++)
    runs.push({
      seeded: await inCopy(service, (database) => seed(service, database)),
      copied: await inCopy(service, (database) => copy(service, database, rows)),
    })
  const [{ seeded, copied }] = runs as [(typeof runs)[number]]
  if (seeded.rows !== copied.rows) throw new Error(`${service.key}: ${seeded.rows} rows were seeded, ${copied.rows} copied`)
  const seeding = median(runs.map((run) => run.seeded.seconds))
  const copying = median(runs.map((run) => run.copied.seconds))
  print(service.key, seeded.rows, seeding, copying)
  return { rows: seeded.rows, seeding, copying }
}

function print(what: string, rows: number, seeding: number, copying: number) {
  const [seeded, copied] = [seeding, copying].map((seconds) => `${countText(Math.round(rows / seconds))} rows/s`)
  const ratio = copying / seeding
  console.log(
    `${ratio >= least ? 'ok   ' : 'UNDER'} ${what}: seed / COPY: ${ratio.toFixed(2)} (at least ${least})  ${seeded} / ${copied}, ${countText(rows)} rows in ${seeding.toFixed(2)} s`,
  )
}

/** The empty database of a service stays; its copies are dropped. */
async function inCopy<T>(service: Service, use: (database: string) => Promise<T>): Promise<T> {
  const name = `bench_${service.key.replaceAll('-', '_')}`
  const admin = (...statements: string[]) =>
    withConnection(superuser(service, 'template1'), async (client) => {
      for (const statement of statements) await client.query(statement)
    })
  await admin(`CREATE DATABASE ${name} TEMPLATE ${pg.escapeIdentifier(service.database)}`, 'CHECKPOINT')
  try {
    return await use(name)
  } finally {
    await admin(`DROP DATABASE ${name} WITH (FORCE)`)
  }
}

async function seed(service: Service, database: string): Promise<Timed> {
  const server = async () => {
    const client = await connect(superuser(service, database))
    const execute = async (statement: string) => (await client.query(statement)).rowCount ?? 0
    return { query: (text: string) => client.query(text), execute, end: () => client.end() }
  }
  return seedService(service, {
    access: { server, pooler: '' },
    range,
    signal: new AbortController().signal,
    onProgress: () => {},
  })
}

async function copy(service: Service, database: string, rows: readonly Rows[]): Promise<Timed> {
  return withConnection(superuser(service, database), async (client) => {
    const begin = performance.now()
    let count = 0
    await client.query('BEGIN')
    for (const { into, file } of rows) count += (await client.query(`COPY ${into} FROM ${pg.escapeLiteral(file)}`)).rowCount ?? 0
    await client.query('SET CONSTRAINTS ALL IMMEDIATE')
    await client.query('COMMIT')
    return { rows: count, seconds: (performance.now() - begin) / 1000 }
  })
}

/** Runs the seed once, and keeps what each of its statements inserts. */
async function capture(service: Service, database: string): Promise<Rows[]> {
  return withConnection(superuser(service, database), async (client) => {
    await client.query('BEGIN')
    for (const statement of prelude(range)) await client.query(statement)
    await client.query(`SET LOCAL search_path TO ${seedSearchPath(service).map(pg.escapeIdentifier).join(', ')}`)
    const rows: Rows[] = []
    for (const [index, { text, fills }] of service.seeds.flatMap(({ statements }) => statements).entries()) {
      if (fills?.table === undefined) continue
      const table = [fills.schema, fills.table].flatMap((name) => (name === undefined ? [] : [pg.escapeIdentifier(name)])).join('.')
      const columns = await client.query<{ names: string }>(
        `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS names FROM pg_attribute
         WHERE attrelid = ${pg.escapeLiteral(table)}::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
      )
      const { names } = columns.rows[0]!
      const qualified = await client.query<{ name: string }>(
        `SELECT relnamespace::regnamespace || '.' || quote_ident(relname) AS name FROM pg_class WHERE oid = ${pg.escapeLiteral(table)}::regclass`,
      )
      const file = join(folder, `${service.key}-${index}.copy`)
      await client.query(`COPY (${text}\nRETURNING ${names}) TO ${pg.escapeLiteral(file)}`)
      rows.push({ into: `${qualified.rows[0]!.name} (${names})`, file })
    }
    await client.query('COMMIT')
    return rows
  })
}

function isUp(): Promise<void> {
  return new Promise((done, fail) => {
    let said = ''
    fleet.stderr!.on('data', (chunk) => {
      said += chunk
      if (said.includes('All databases are up')) done()
    })
    fleet.on('close', () => fail(new Error(`the fleet does not start:\n${said}`)))
  })
}
