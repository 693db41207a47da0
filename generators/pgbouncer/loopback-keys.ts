import { consoleUser, poolerPidFile, userListFile } from '../../src/fleet/pool.ts'
import type { Service } from '../../src/fleet/types.ts'
import { backlogKey, connectionKeys, loginKeys, logKeys } from './common-keys.ts'
import { type KeyGroup, key } from './key.ts'

/** A pooler of the embedded runtime: on this machine only, beside its server. */
export const loopbackKeys = ({ paths, pool }: Service): KeyGroup[] => [
  {
    title: 'Where it listens',
    keys: [
      key('listen_addr', '127.0.0.1', 'this machine only'),
      key('listen_port', pool.listenPort, 'the declared port, moved by the offset'),
      backlogKey,
      key('unix_socket_dir', paths.socket, 'the console, in a directory (mode 0700) which nobody but the owner of this pooler can enter'),
      key('unix_socket_mode', '0700', 'nor can others connect to it'),
      key('pidfile', `${paths.socket}/${poolerPidFile}`, 'how a pooler is found that a killed run has left behind'),
    ],
  },
  {
    title: 'Who may log in',
    keys: [
      ...loginKeys('looks up who is not in the file; the server knows it by the operating system user that the pooler runs as'),
      key('auth_file', `${paths.config}/${userListFile}`, 'the verifier of one user, who is not known to the server'),
      key('stats_users', consoleUser, 'that user reads figures on the console, and does nothing else'),
    ],
  },
  {
    title: 'Encryption',
    keys: [
      key('client_tls_sslmode', 'disable', 'connections do not leave this machine'),
      key('server_tls_sslmode', 'disable', 'and go to the server over its socket'),
    ],
  },
  connectionKeys,
  logKeys,
]
