import { poolerPaths } from '../../src/fleet/container-paths.ts'
import { fleetSchema, lookupFunction } from '../../src/fleet/database-names.ts'
import { poolerRole } from '../../src/fleet/roles.ts'
import { containerPort } from '../../src/fleet/targets.ts'
import { type Key, key } from './key.ts'

const { tls, socket } = poolerPaths

/** What does not depend on the service. https://www.pgbouncer.org/config.html */
export const sharedKeys: readonly { readonly title: string; readonly keys: readonly Key[] }[] = [
  {
    title: 'Where it listens',
    keys: [
      key('listen_addr', '0.0.0.0', 'the networks of its container'),
      key('listen_port', containerPort, 'inside its networks; published on the declared port'),
      key('listen_backlog', 1024, 'clients that come all at once after a restart; with the default of 128 the kernel suspects a flood'),
      key(
        'unix_socket_dir',
        socket,
        'the admin console: over this socket, for the operating system user that the pooler runs as, and for nobody else',
      ),
      key('unix_socket_mode', '0700', 'other users cannot even connect to it'),
    ],
  },
  {
    title: 'Who may log in',
    keys: [
      key('auth_type', 'scram-sha-256', 'what the client proves is passed on to the server, so the pooler knows no password'),
      key('auth_user', poolerRole, 'looks up who is not in a file, and there is no file: this role has a certificate and no password'),
      key(
        'auth_query',
        `SELECT username, password FROM ${fleetSchema}.${lookupFunction}($1)`,
        'answers with one row whoever is asked for, so that nobody learns which roles exist',
      ),
      key('ignore_startup_parameters', 'extra_float_digits', 'JDBC sends it; nothing else is ignored, a search_path least of all'),
    ],
  },
  {
    title: 'Encryption',
    keys: [
      key('client_tls_sslmode', 'require', 'plain text is refused'),
      key('client_tls_protocols', 'tlsv1.3', 'every client of the fleet speaks it'),
      key(
        'client_tls_ca_file',
        `${tls}/ca.crt`,
        'clients show no certificate, but without it the pooler wants that of the system and does not start',
      ),
      key('client_tls_cert_file', `${tls}/server.crt`, 'what clients check the pooler by'),
      key('client_tls_key_file', `${tls}/server.key`, 'its key'),
      key('server_tls_sslmode', 'verify-full', 'the server must show a certificate of the fleet with its own host name'),
      key('server_tls_protocols', 'tlsv1.3', 'as the server'),
      key('server_tls_ca_file', `${tls}/ca.crt`, "the fleet's own authority"),
      key('server_tls_cert_file', `${tls}/server.crt`, 'pg_hba.conf lets only this pooler in, by this certificate'),
      key('server_tls_key_file', `${tls}/server.key`, 'its key'),
    ],
  },
  {
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
        1,
        'seconds between attempts while the server is away; with the default of 15 every client fails meanwhile',
      ),
      key('server_idle_timeout', 600, 'seconds after which a connection that nobody needs is closed'),
      key('server_lifetime', 3600, 'seconds after which a connection is replaced, so that its memory does not grow for ever'),
    ],
  },
  {
    title: 'Log',
    keys: [
      key('log_connections', 1, 'who came, from where: the server sees only the pooler'),
      key('log_disconnections', 1, 'and why they went'),
      key('log_pooler_errors', 1, 'what clients were told'),
      key('stats_period', 60, 'seconds between two lines of totals'),
    ],
  },
]
