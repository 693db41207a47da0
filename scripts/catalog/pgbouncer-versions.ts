// What each PgBouncer brought, from its changelog: enough to derive the versions that no Debian release has from one that can be run.
import type { PgBouncerInfo } from '../../src/fleet/catalog.ts'

const changelog = 'https://www.pgbouncer.org/changelog.html'

/** Minor versions of 1.x: read from Debian, or derived. */
export const oldest = 18
export const newest = 24

const keysSince: Record<string, number> = {
  auth_dbname: 19,
  auth_ident_file: 23,
  cancel_wait_timeout: 19,
  max_db_client_connections: 24,
  max_prepared_statements: 21,
  max_user_client_connections: 24,
  peer_id: 19,
  track_extra_parameters: 20,
}

const databaseKeysSince: Record<string, number> = {
  auth_dbname: 19,
  auth_query: 22,
  load_balance_hosts: 24,
  max_db_client_connections: 24,
  reserve_pool_size: 24,
  server_lifetime: 23,
}

const userKeysSince: Record<string, number> = {
  client_idle_timeout: 24,
  idle_transaction_timeout: 24,
  max_user_client_connections: 24,
  pool_size: 23,
  query_timeout: 24,
  reserve_pool_size: 24,
}

/** Defaults before the version named. */
const earlierDefaults: Record<string, { before: number; value: string }> = {
  auth_query: { before: 24, value: 'SELECT usename, passwd FROM pg_shadow WHERE usename=$1' },
  client_tls_ciphers: { before: 21, value: 'fast' },
  max_prepared_statements: { before: 24, value: '0' },
  server_tls_ciphers: { before: 21, value: 'fast' },
  server_tls_sslmode: { before: 20, value: 'disable' },
}

/** An older minor version, from the newest. */
export function derive(from: PgBouncerInfo, minor: number): PgBouncerInfo {
  const known = (since: Record<string, number>) => (key: string) => (since[key] ?? 0) <= minor
  const keys = Object.entries(from.keys).filter(([key]) => known(keysSince)(key))
  return {
    readFrom: `derived: 1.${newest} without what ${changelog} says came after 1.${minor}`,
    keys: Object.fromEntries(keys.map(([key, info]) => [key, { ...info, default: defaultOf(key, info.default, minor) }])),
    databaseKeys: from.databaseKeys.filter(known(databaseKeysSince)),
    userKeys: from.userKeys.filter(known(userKeysSince)),
  }
}

function defaultOf(key: string, value: string | null, minor: number) {
  const earlier = earlierDefaults[key]
  return earlier && minor < earlier.before ? earlier.value : value
}
