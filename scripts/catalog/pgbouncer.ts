// The keys of pgbouncer.ini, from real PgBouncers of two versions.
import { deepStrictEqual } from 'node:assert'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { PgBouncerCatalog, PgBouncerInfo } from '../../src/fleet/catalog.ts'
import { derive, newest, oldest } from './pgbouncer-versions.ts'
import type { DebianRoot } from './places.ts'
import { type Place, start, withClient, withFolder } from './server.ts'

const program = '/usr/sbin/pgbouncer'

/** Every version from the oldest to the newest; those between are derived, and the derivation must give the oldest as it really is. */
export async function readPgBouncers(roots: { oldest: DebianRoot; newest: DebianRoot }): Promise<PgBouncerCatalog> {
  const last = await readPgBouncer(roots.newest)
  const first = await readPgBouncer(roots.oldest, Object.keys(last.keys))
  deepStrictEqual(comparable(derive(last, oldest)), comparable(first), 'pgbouncer-versions.ts does not lead to the oldest version')
  const catalog: PgBouncerCatalog = { [`1.${oldest}`]: first }
  for (let minor = oldest + 1; minor < newest; minor++) catalog[`1.${minor}`] = derive(last, minor)
  return { ...catalog, [`1.${newest}`]: last }
}

/** Debian's 1.18 has the newer auth_query: a security fix of 1.24.1. */
function comparable({ keys, databaseKeys, userKeys }: PgBouncerInfo) {
  const { auth_query, ...others } = keys
  return { keys: others, changeable: auth_query?.changeable, databaseKeys, userKeys }
}

async function readPgBouncer({ place, suite, version }: DebianRoot, candidates: string[] = []): Promise<PgBouncerInfo> {
  const rows = await withFolder(place, async (host, folder) => {
    writeFileSync(`${host}/pgbouncer.ini`, `[databases]\n[pgbouncer]\nauth_type = any\nlisten_port = 6432\nunix_socket_dir = ${folder}\n`)
    const config = { host, port: 6432, user: 'pgbouncer', database: 'pgbouncer' }
    const result = await withClient(start(place, program, ['-q', `${folder}/pgbouncer.ini`]), config, (client) =>
      client.query('show config'),
    )
    return result.rows as { key: string; default: string | null; changeable: string }[]
  })
  const keys = Object.fromEntries(rows.map((row) => [row.key, { default: row.default, changeable: row.changeable === 'yes' }]))
  const names = [...new Set([...Object.keys(keys), ...candidates, ...onlyPerDatabase])].sort()
  return {
    readFrom: `Debian ${suite} pgbouncer ${version('pgbouncer')}`,
    keys,
    databaseKeys: await accepted(place, 'databases', names),
    userKeys: await accepted(place, 'users', names),
  }
}

/** No SHOW command lists the keys of a line in [databases] or [users], so each candidate is tried. These are no global keys. */
const onlyPerDatabase = [
  ...['application_name', 'client_encoding', 'connect_query', 'datestyle', 'dbname', 'host', 'load_balance_hosts', 'password'],
  ...['pool_size', 'port', 'reserve_pool', 'timezone', 'user'],
]

async function accepted(place: Place, section: string, names: string[]): Promise<string[]> {
  const values: Record<string, string> = { pool_mode: 'session', load_balance_hosts: 'disable' }
  return withFolder(place, async (host, folder) => {
    const known: string[] = []
    for (const name of names) {
      // The second key is never known: PgBouncer ends at once, and tells which of the two it did not take.
      writeFileSync(`${host}/try.ini`, `[${section}]\nx = ${name}=${values[name] ?? '1'} no_such_key=1\n`)
      const run = start(place, program, [`${folder}/try.ini`])
      await once(run.child, 'close')
      if (/unrecognized .*: no_such_key/.test(run.output())) known.push(name)
    }
    return known
  })
}
