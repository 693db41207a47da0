// What is the same wherever a pooler runs. https://www.pgbouncer.org/config.html
import { fleetSchema, lookupFunction } from '../../src/fleet/database-names.ts'
import { poolerRole } from '../../src/fleet/roles.ts'
import { type Key, type KeyGroup, key } from './key.ts'

/** More clients at once than the kernel's default lets wait. */
export const backlogKey: Key = key(
  'listen_backlog',
  1024,
  'clients that come all at once after a restart; with the default of 128 the kernel suspects a flood',
)

/** `authUser` says how the role that looks passwords up logs in itself. */
export const loginKeys = (authUser: string): Key[] => [
  key('auth_type', 'scram-sha-256', 'what the client proves is passed on to the server, so the pooler knows no password'),
  key('auth_user', poolerRole, authUser),
  key(
    'auth_query',
    `SELECT username, password FROM ${fleetSchema}.${lookupFunction}($1)`,
    'answers with one row whoever is asked for, so that nobody learns which roles exist',
  ),
  key('ignore_startup_parameters', 'extra_float_digits', 'JDBC sends it; nothing else is ignored, a search_path least of all'),
]

export const connectionKeys: KeyGroup = {
  title: 'Connections',
  keys: [
    key('max_prepared_statements', 200, 'per server connection; lets drivers prepare statements although connections change hands'),
    key('reserve_pool_timeout', 5, 'seconds that a client waits before the reserve pool opens'),
    key(
      'query_wait_timeout',
      120,
      'seconds that a client waits for a connection: a restart of the server within them is a pause and no error',
    ),
    key(
      'server_login_retry',
      0.1,
      'seconds between attempts while the server is away; with the default of 15 every client fails meanwhile',
    ),
    key('server_idle_timeout', 600, 'seconds after which a connection that nobody needs is closed'),
    key('server_lifetime', 3600, 'seconds after which a connection is replaced, so that its memory does not grow for ever'),
  ],
}

export const logKeys: KeyGroup = {
  title: 'Log',
  keys: [
    key('log_connections', 1, 'who came, from where: the server sees only the pooler'),
    key('log_disconnections', 1, 'and why they went'),
    key('log_pooler_errors', 1, 'what clients were told'),
    key('stats_period', 60, 'seconds between two lines of totals'),
  ],
}
