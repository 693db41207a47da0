import { poolerPaths } from '../../src/fleet/container-paths.ts'
import { containerPort } from '../../src/fleet/targets.ts'
import { backlogKey, connectionKeys, loginKeys, logKeys } from './common-keys.ts'
import { type KeyGroup, key } from './key.ts'

const { tls, socket } = poolerPaths

/** What does not depend on the service, in containers. */
export const sharedKeys: readonly KeyGroup[] = [
  {
    title: 'Where it listens',
    keys: [
      key('listen_addr', '0.0.0.0', 'the networks of its container'),
      key('listen_port', containerPort, 'inside its networks; published on the declared port'),
      backlogKey,
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
    keys: loginKeys('looks up who is not in a file, and there is no file: this role has a certificate and no password'),
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
  connectionKeys,
  logKeys,
]
