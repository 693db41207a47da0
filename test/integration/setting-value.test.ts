// parseSetting against a real PostgreSQL 17: it must accept what the server accepts, and read it as the server does.
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withEmbedded } from '../../scripts/catalog/places.ts'
import { withPostgres } from '../../scripts/catalog/server.ts'
import { loadCatalog, type Setting } from '../../src/fleet/catalog.ts'
import { brokenCheck } from '../../src/fleet/setting-checks.ts'
import { parseSetting } from '../../src/fleet/setting-value.ts'

type Case = { name: string; value: string }

const { settings } = await loadCatalog(17)
const settingOf = (name: string) => settings[name] as Setting

let client: pg.Client
/** `postgres -C`: what a server started with this value would run with, undefined when it would not start. */
let startedWith: (setting: Case) => string | undefined
let stop: () => void
let stopped: Promise<void>

beforeAll(async () => {
  await new Promise<void>((ready, failed) => {
    stopped = withEmbedded(17, ({ place, bin }) =>
      withPostgres(place, bin, [], async (connected) => {
        client = connected
        await client.query(showFunction)
        const { rows } = await client.query('show data_directory')
        const args = ['-D', rows[0].data_directory, '-c']
        startedWith = ({ name, value }) => {
          try {
            const command = [...args, `${name}=${value}`, '-C', name]
            return execFileSync(`${bin}/postgres`, command, { ...place.options, cwd: '/', encoding: 'utf8', stdio: 'pipe' }).trim()
          } catch {
            return undefined
          }
        }
        ready()
        await new Promise<void>((resolve) => {
          stop = resolve
        })
      }),
    )
    stopped.catch(failed)
  })
})

afterAll(async () => {
  stop()
  await stopped
})

/** pg_settings.setting after SET, null when it is refused. */
const showFunction = `
  create function pg_temp.shown(name text, value text) returns text language plpgsql as $$ begin
    perform set_config(name, value, true);
    return (select s.setting from pg_show_all_settings() s where s.name = shown.name);
  exception when others then return null; end $$`

async function shownBySession(cases: Case[]): Promise<(string | null)[]> {
  const { rows } = await client.query(
    'select pg_temp.shown(name, value) from unnest($1::text[], $2::text[]) with ordinality as t(name, value, nr) order by nr',
    [cases.map(({ name }) => name), cases.map(({ value }) => value)],
  )
  return rows.map(({ shown }) => shown)
}

/** Accepted for postgresql.auto.conf: works for settings of every context, says nothing about the result. */
async function acceptedBySystem({ name, value }: Case): Promise<boolean> {
  return client.query(`alter system set ${name} = ${client.escapeLiteral(value)}`).then(
    () => true,
    () => false,
  )
}

/** Our reading, printed as pg_settings.setting prints it: reals have six digits there. */
function ours({ name, value }: Case): string | null {
  const parsed = parseSetting(settingOf(name), value, 'embedded')
  if (!parsed.ok || brokenCheck(name, parsed.base)) return null
  if (typeof parsed.base === 'boolean') return parsed.base ? 'on' : 'off'
  return String(parsed.base)
}

function same(server: string | null | undefined, mine: string | null, type: Setting['type']): boolean {
  if (server == null || mine === null || type !== 'real') return (server ?? null) === mine
  return Math.abs(Number(server) - Number(mine)) <= 1e-5 * Math.abs(Number(server))
}

const sessionNumbers = [
  'work_mem',
  'effective_cache_size',
  'log_parameter_max_length',
  'statement_timeout',
  'commit_siblings',
  'temp_file_limit',
  'log_min_duration_statement',
  'random_page_cost',
  'vacuum_cost_delay',
  'hash_mem_multiplier',
  'extra_float_digits',
  'cpu_tuple_cost',
]
const sessionWords = [
  'jit',
  'enable_sort',
  'synchronous_commit',
  'wal_compression',
  'client_min_messages',
  'log_min_messages',
  'backslash_quote',
  'constraint_exclusion',
  'compute_query_id',
  'xmloption',
  'default_transaction_isolation',
  'IntervalStyle',
  'debug_parallel_query',
  'log_error_verbosity',
]

const digits = fc.oneof(
  fc.integer({ min: -10, max: 3_000_000_000 }).map(String),
  fc.double({ min: -5, max: 1e7, noNaN: true }).map(String),
  fc.integer({ min: 0, max: 4096 }).map((n) => `0x${n.toString(16)}`),
  fc.integer({ min: 0, max: 4096 }).map((n) => `0${n.toString(8)}`),
  fc.stringMatching(/^[ +-]?[0-9.]{0,4}([eExXpP][+-]?[0-9a-f]{0,3})?$/),
  fc.constantFrom('inf', '-Infinity', 'nan', '1e400', '-1e-400', '9223372036854775808', '08', '1_000', '1,5'),
)
const unit = fc.constantFrom(
  '',
  '',
  'B',
  'kB',
  'MB',
  'GB',
  'TB',
  'us',
  'ms',
  's',
  'min',
  'h',
  'd',
  'KB',
  'mb',
  'GiB',
  'sec',
  'minutes',
  'e',
)
const space = fc.constantFrom('', '', '', ' ', '  ', '\t')
const amount = fc.tuple(space, digits, space, unit, space).map((parts) => parts.join(''))

test('amounts, with every unit', async () => {
  const cases = fc.sample(fc.record({ name: fc.constantFrom(...sessionNumbers), value: amount }), { numRuns: 10_000, seed: 1 })
  const server = await shownBySession(cases)
  expect(server.filter((shown) => shown !== null).length).toBeGreaterThan(1000)
  const differing = cases.flatMap((one, at) =>
    same(server[at], ours(one), settingOf(one.name).type) ? [] : [[one, server[at], ours(one)]],
  )
  expect(differing).toEqual([])
})

test('words: prefixes of booleans, hidden values of enums, any case', async () => {
  const words = ['true', 'false', 'yes', 'no', 'on', 'off', '1', '0', 'debug', 'info', 'minimal', 'log', '', ' on', 'o', 'truex', '2']
  const listed = sessionWords.flatMap((name) => settingOf(name).enum ?? [])
  const forms = (word: string) => [word, word.toUpperCase(), word.slice(0, 1), word.slice(0, 2), word.slice(0, 3)]
  const values = [...new Set([...words, ...listed].flatMap(forms))]
  const cases = sessionWords.flatMap((name) => values.map((value) => ({ name, value })))
  const server = await shownBySession(cases)
  const differing = cases.flatMap((one, at) => (server[at] === ours(one) ? [] : [[one, server[at], ours(one)]]))
  expect(differing).toEqual([])
})

test('what a server starts with, for settings that need a start or a reload', () => {
  const table: [string, string][] = [
    ['shared_buffers', '128'],
    ['shared_buffers', '1.5GB'],
    ['shared_buffers', '130kB'],
    ['shared_buffers', '15'],
    ['shared_buffers', '1kb'],
    ['max_wal_size', '1.5TB'],
    ['max_wal_size', '1000000kB'],
    ['max_wal_size', '1.9'],
    ['min_wal_size', '2.5'],
    ['min_wal_size', '3.5'],
    ['checkpoint_timeout', '29'],
    ['checkpoint_timeout', '1.5min'],
    ['checkpoint_timeout', '30500ms'],
    ['checkpoint_timeout', '86401'],
    ['log_rotation_age', '90s'],
    ['log_rotation_age', '1d'],
    ['log_rotation_age', '-1'],
    ['track_activity_query_size', '1MB'],
    ['max_connections', '10'],
    ['max_connections', '1e3'],
    ['max_connections', '100MB'],
    ['max_connections', '0'],
    ['wal_level', 'ARCHIVE'],
    ['wal_level', 'hot_standby'],
    ['huge_pages', 'yes'],
    ['archive_mode', '0'],
    ['autovacuum', 'f'],
    ['fsync', 'nope'],
    ['autovacuum_work_mem', '-1'],
    ['autovacuum_vacuum_scale_factor', '.05'],
    ['autovacuum_vacuum_cost_delay', '-1'],
    ['autovacuum_vacuum_cost_delay', '1500us'],
  ]
  const rows = table.map(([name, value]) => ({ name, value, server: startedWith({ name, value }) ?? null, ours: ours({ name, value }) }))
  const startNames = [
    'shared_buffers',
    'max_wal_size',
    'checkpoint_timeout',
    'log_rotation_age',
    'authentication_timeout',
    'max_connections',
  ]
  const generated = fc.sample(fc.record({ name: fc.constantFrom(...startNames), value: amount }), { numRuns: 300, seed: 2 })
  for (const one of generated) rows.push({ ...one, server: startedWith(one) ?? null, ours: ours(one) })
  expect(rows.filter((row) => !same(row.server, row.ours, settingOf(row.name).type))).toEqual([])
  expect(rows.filter(({ server }) => server !== null).length).toBeGreaterThan(15)
})

test('the range, type and words of every setting', async () => {
  const names = Object.keys(settings).filter(
    (name) => !notInFile.test(name) && settingOf(name).type !== 'string' && settingOf(name).context !== 'internal',
  )
  const differing: string[] = []
  for (const name of names)
    for (const value of boundaries(settingOf(name))) {
      const accepted = await acceptedBySystem({ name, value })
      if (accepted !== (ours({ name, value }) !== null))
        differing.push(`${name} = ${value}: the server ${accepted ? 'takes' : 'refuses'} it`)
    }
  // The sum of all processes has a limit, too; the memory proof is far below it.
  expect(differing.filter((text) => !/= 262143: the server refuses it$/.test(text))).toEqual([])
})

/** Refused by ALTER SYSTEM, whatever the value; the rule setting-read-only knows them. */
const notInFile = /^(transaction_(read_only|deferrable|isolation)|allow_alter_system)$/

test('what is checked beyond type and range', async () => {
  const table: [string, string[]][] = [
    ['log_destination', ['stderr', 'csvlog, jsonlog', 'stderr,', '', 'syslog,STDERR', 'eventlog', 'file', 'stderr csvlog']],
    ['search_path', ['app', '"$user", public', 'a b', 'a,,b', '', '"a b", c', 'a"b', '"a', '""', '$user,public']],
    ['temp_tablespaces', ['', '""', 'a b', 'a, b']],
    ['TimeZone', ['UTC', 'Europe/Berlin', 'europe/berlin', 'Mars/Base', 'EST5EDT', '<+03>-03', 'Europe', '']],
    ['createrole_self_grant', ['set', 'set, inherit', '', 'all']],
    ['restrict_nonsystem_relation_kind', ['view', 'foreign-table,view', 'table', '']],
    ['debug_io_direct', ['', 'data', 'data, wal', 'all']],
    ['transaction_buffers', ['0', '16', '24', '256kB', '200kB', '1MB']],
    ['vacuum_buffer_usage_limit', ['0', '127', '128', '2MB', '17GB']],
    ['max_stack_depth', ['100kB', '2MB', '7680kB', '7681kB']],
  ]
  const differing: string[] = []
  for (const [name, values] of table)
    for (const value of values) {
      const accepted = startedWith({ name, value }) !== undefined
      if (accepted !== (ours({ name, value }) !== null))
        differing.push(`${name} = ${value}: the server ${accepted ? 'takes' : 'refuses'} it`)
    }
  expect(differing).toEqual([])
})

function boundaries({ min = 0, max = 0, unit }: Setting): string[] {
  const step = Number.isInteger(min) && Number.isInteger(max) ? 1 : 0.1
  const numbers = [min, max, min - step, max + step, 1.5].map(String)
  return [
    ...numbers,
    `${min} ${unit ?? 'x'}`,
    `${max}${unit === '8kB' ? 'kB' : (unit ?? 'x')}`,
    '0x10',
    'on',
    'no',
    'o',
    '1kB',
    '1min',
    '',
    'lz4',
  ]
}
