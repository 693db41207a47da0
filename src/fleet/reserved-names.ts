// Names that PostgreSQL, PgBouncer or pgfleet itself has taken.
import { lookupOwner } from './database-names.ts'
import { consoleUser } from './pool.ts'
import { backupRole, monitorRole, pooledRole, poolerRole } from './roles.ts'

/** Longest identifier in bytes; PostgreSQL cuts the rest off: NAMEDATALEN - 1. */
export const longestName = 63

const encoder = new TextEncoder()
const ascii = /^[ -~]*$/
export const byteLength = (name: string): number => (ascii.test(name) ? name.length : encoder.encode(name).length)

/** Why a database cannot have this name, undefined when it can. */
export function reservedDatabase(name: string): string | undefined {
  if (name === 'postgres' || name === 'template0' || name === 'template1') return 'every server has it from the start'
  if (name === 'pgbouncer') return "it is PgBouncer's own, for its console"
  if (name === '.' || name === '..') return 'a folder of backups cannot be named so'
  if (name.startsWith('-')) return 'programs would take it for an option'
  return undefined
}

/** Why a role cannot have this name. The roles of pgfleet are not meant: they are there, so that name is taken, not reserved. */
export function reservedRole(name: string): string | undefined {
  if (name.startsWith('pg_')) return 'names that start with pg_ belong to PostgreSQL'
  if (name === 'postgres') return 'it is the superuser'
  if (name === consoleUser) return "it is the user of PgBouncer's console"
  if (name === 'public' || name === 'none') return 'PostgreSQL keeps it for itself'
  if (['current_role', 'current_user', 'session_user', 'user'].includes(name)) return 'in SQL it means whoever is logged in'
  if (['all', 'replication', 'samegroup', 'samerole', 'sameuser'].includes(name)) return 'in pg_hba.conf it has a meaning of its own'
  // A password lies in a file named like its role.
  if (name === '.' || name === '..') return 'a file cannot be named so'
  return undefined
}

/** Why a schema cannot be declared under this name. */
export function reservedSchema(name: string): string | undefined {
  if (name.startsWith('pg_') || name === 'information_schema') return 'it belongs to PostgreSQL'
  if (name === 'pgfleet') return 'pgfleet keeps its ledger of migrations there'
  if (name === 'extensions') return 'extensions are installed there'
  if (/^_?timescaledb_/.test(name)) return 'it belongs to TimescaleDB'
  if (name === 'cron') return 'pg_cron keeps its jobs there'
  return undefined
}

/** Roles that pgfleet makes on every server, and what for. */
export const fleetOwnRoles: Readonly<Record<string, string>> = {
  [backupRole]: 'takes backups',
  [monitorRole]: 'reads statistics',
  [pooledRole]: 'is the group of those who come through the pooler',
  [poolerRole]: 'looks passwords up for the pooler',
  [lookupOwner]: 'owns the function that looks passwords up',
}
