// When a setting takes effect, on servers of all four majors: every one that a file can change is changed in one reload, and what is seen in a
// session that was open, in a new one and as pending is what its context in the catalogue says. https://www.postgresql.org/docs/current/view-pg-settings.html
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadCatalog, type Major, type PostgresCatalog, type Setting } from '../../src/fleet/catalog.ts'
import { type ServerFolder, serverFolder, startPlainServer, type TestServer } from '../support/server.ts'

const majors: readonly Major[] = [15, 16, 17, 18]

type When = 'reload' | 'new-sessions' | 'restart' | 'never'

const byContext: Readonly<Record<Setting['context'], When>> = {
  user: 'reload',
  superuser: 'reload',
  sighup: 'reload',
  backend: 'new-sessions',
  'superuser-backend': 'new-sessions',
  postmaster: 'restart',
  internal: 'never',
}

/** Values of settings that are text, and of those that would hold this test up. */
const texts: Readonly<Record<string, string>> = {
  cluster_name: 'changed',
  DateStyle: 'German, DMY',
  default_text_search_config: 'pg_catalog.german',
  listen_addresses: '127.0.0.1',
  log_line_prefix: '%p ',
  post_auth_delay: '1s',
  pre_auth_delay: '1s',
  search_path: 'pg_catalog',
  shared_preload_libraries: 'auto_explain',
  TimeZone: 'Europe/Vienna',
  // A list of phases since 18.
  log_connections: 'on',
  unix_socket_permissions: '0700',
  log_file_mode: '0640',
}

const leftOut: Readonly<Record<string, string>> = {
  // What a session says of its TCP connection, and this one has none.
  tcp_keepalives_count: 'shown as 0 over a socket',
  tcp_keepalives_idle: 'shown as 0 over a socket',
  tcp_keepalives_interval: 'shown as 0 over a socket',
  tcp_user_timeout: 'shown as 0 over a socket',
  ssl: 'there is no certificate',
  archive_command: 'shown as (disabled) while archive_mode is off',
  bonjour: 'this build has none',
  db_user_namespace: 'nobody could log in any more',
  debug_parallel_query: 'each query would wait for workers that begin with post_auth_delay',
  force_parallel_mode: 'its name in 15',
  transaction_deferrable: 'belongs to a transaction',
  transaction_isolation: 'belongs to a transaction',
  log_statement_stats: 'not together with log_parser_stats and its like',
}

type Row = {
  name: string
  setting: string
  vartype: string
  unit: string | null
  min_val: string
  max_val: string
  enumvals: string[] | null
}

/** Another value that the server takes, as text for the file. */
function another({ name, setting, vartype, min_val, max_val, enumvals }: Row): string | undefined {
  if (name in texts) return texts[name]
  if (vartype === 'bool') return setting === 'on' ? 'off' : 'on'
  if (vartype === 'enum') return enumvals?.findLast((value) => value !== setting)
  if (vartype === 'string' || min_val === max_val) return undefined
  // A time limit of a millisecond would end the sessions of this test.
  const now = Number(setting)
  // Some sizes are multiples of 16.
  const larger = vartype === 'real' ? 1.5 * now + 0.25 : now + (name.endsWith('_timeout') ? 3_600_000 : 16)
  return String([larger, now + 1, Number(max_val)].find((value) => value <= Number(max_val) && value !== now) ?? Number(min_val))
}

const valuesOf = async (client: pg.Client): Promise<Map<string, string>> => {
  const { rows } = await client.query('SELECT name, setting FROM pg_settings')
  return new Map(rows.map(({ name, setting }) => [name, setting]))
}

/** Settings of a server after other values have come into its file: when each took effect, and which the server refused. */
async function observe(server: TestServer, file: string): Promise<{ when: Map<string, When>; refused: string[] }> {
  const open = await server.connect()
  try {
    const { rows } = await open.query<Row>("SELECT * FROM pg_settings WHERE context <> 'internal'")
    const wanted = new Map(rows.flatMap((row) => (row.name in leftOut ? [] : [[row.name, another(row)] as const])))
    const lines = [...wanted].flatMap(([name, value]) => (value === undefined ? [] : [`${name} = '${value}'\n`]))
    await appendFile(file, lines.join(''))
    // One that is refused would keep the server from taking any.
    const { rows: errors } = await open.query(
      "SELECT name FROM pg_file_settings JOIN pg_settings USING (name) WHERE error IS NOT NULL AND context <> 'postmaster' ORDER BY 1",
    )
    const refused = errors.map(({ name }) => name as string)
    await appendFile(file, refused.map((name) => `${name} = '${rows.find((row) => row.name === name)!.setting}'\n`).join(''))
    const before = await valuesOf(open)
    const loaded = async () => (await open.query('SELECT pg_conf_load_time()::text AS at')).rows[0].at
    const at = await loaded()
    await open.query('SELECT pg_reload_conf()')
    while ((await loaded()) === at) await setTimeout(20)
    const fresh = await server.connect()
    const [inOpen, inNew] = [await valuesOf(open), await valuesOf(fresh)]
    const { rows: waiting } = await fresh.query('SELECT name FROM pg_settings WHERE pending_restart')
    await fresh.end()
    const pending = new Set(waiting.map(({ name }) => name))
    const changed = [...wanted].filter(([name, value]) => value !== undefined && !refused.includes(name))
    const when = changed.map(([name]): [string, When] => {
      if (pending.has(name)) return [name, 'restart']
      if (inOpen.get(name) !== before.get(name)) return [name, 'reload']
      return [name, inNew.get(name) !== before.get(name) ? 'new-sessions' : 'never']
    })
    return { when: new Map(when.sort()), refused }
  } finally {
    await open.end()
  }
}

describe.each(majors)('PostgreSQL %i', (major) => {
  let folder: ServerFolder
  let server: TestServer
  let catalog: PostgresCatalog
  beforeAll(async () => {
    catalog = await loadCatalog(major)
    folder = await serverFolder()
    server = await startPlainServer(folder, major)
  })
  afterAll(async () => {
    await server.stop()
    await folder.remove()
  })

  test('each setting takes effect when its context in the catalogue says', async () => {
    const { when, refused } = await observe(server, join(folder.path, 'config/postgresql.conf'))
    const expected = [...when.keys()].map((name) => [name, byContext[catalog.settings[name]!.context]] as const)
    expect(Object.fromEntries(when)).toEqual(Object.fromEntries(expected))
    expect(refused).toEqual([])
    expect(when.size).toBeGreaterThan(250)
    const wrong = expected.map(([name, said]) => [name, name === 'max_connections' ? 'reload' : said])
    expect(Object.fromEntries(when)).not.toEqual(Object.fromEntries(wrong))
  })
})

test('the settings whose context is another one in another major', async () => {
  const catalogs = await Promise.all(majors.map((major) => loadCatalog(major)))
  const names = new Set(catalogs.flatMap(({ settings }) => Object.keys(settings)))
  const contexts = [...names].map((name) => [name, catalogs.map(({ settings }) => settings[name]?.context)] as const)
  expect(contexts.filter(([, all]) => new Set(all.filter((one) => one !== undefined)).size > 1)).toEqual([
    ['autovacuum_max_workers', ['postmaster', 'postmaster', 'postmaster', 'sighup']],
  ])
})
