import type { PgBouncerCatalog } from './catalog.ts'
import type { Bytes, LeftOut, Target } from './types.ts'
import { kiB, MiB } from './units.ts'

/** Server connections that a pooler has for looking passwords up. */
export const lookupConnections = 1
/** What the role of the lookup may have: after RECONNECT the server still counts the old connection for a moment. */
export const lookupAllowance = 2 * lookupConnections
/** A pooler is published this far above its server, unless services.yaml says otherwise: 5432 and 6432. */
export const poolPortDistance = 1000

/** Of the embedded runtime: a user of the console who is no role of the server, and files that the pooler has beside its ini. */
export const consoleUser = 'pgfleet_console'
export const userListFile = 'userlist.txt'
export const poolerPidFile = 'pgbouncer.pid'

/** PgBouncer 1.24 with TLS took 125 MB for 2,000 clients, about 60 kB each; a little more for each, and the process itself. */
const perClient = 64 * kiB
const base = 32 * MiB
const step = 32 * MiB

/** Memory limit of a pooler. */
export const poolerMemory = (maxClients: number): Bytes => Math.ceil((base + maxClients * perClient) / step) * step

/** Keys of pgbouncer.ini that came after the oldest version in the catalogue, and what is missing without them. */
const laterKeys = {
  auth_dbname: 'passwords are looked up in the database that the client asks for, which is the same one',
  max_prepared_statements: 'a prepared statement is gone when the transaction ends',
}

/** What the installed PgBouncer is too old for: generators leave these keys out of its file. */
export function keysLeftOut({ installedPooler }: Target, catalog: PgBouncerCatalog): LeftOut[] {
  const known = installedPooler && catalog[installedPooler.catalogued]
  if (!known) return []
  return Object.entries(laterKeys)
    .filter(([name]) => !Object.hasOwn(known.keys, name))
    .map(([name, without]) => ({ what: name, why: `PgBouncer ${installedPooler.version} does not know it: ${without}` }))
}

/** The version in the catalogue that an installed one is treated as: its own, for a newer one the newest; undefined for one too old. */
export function cataloguedVersion(version: string, catalog: PgBouncerCatalog): string | undefined {
  const number = (text: string) => {
    const [major = 0, minor = 0] = text.split('.').map(Number)
    return major * 1000 + minor
  }
  return Object.keys(catalog)
    .filter((known) => number(known) <= number(version))
    .sort((a, b) => number(b) - number(a))[0]
}
