import type { ServerPaths, ServerSetting, Target } from './types.ts'

type Facts = {
  readonly key: string
  readonly major: number
  readonly listenPort: number
  readonly paths: ServerPaths
  readonly preload: readonly string[]
}

/** The settings that pgfleet owns: networks, encryption and what is loaded follow from the rest of services.yaml. */
export function fleetSettings({ key, major, listenPort, paths, preload }: Facts, target: Target): ServerSetting[] {
  const own = (group: string, name: string, value: string, why: string): ServerSetting => ({ name, value, why, source: 'fleet', group })
  const where = 'Where it listens'
  const security = 'Encryption and passwords'
  return [
    own(where, 'cluster_name', key, 'shown in the process list'),
    own(
      where,
      'listen_addresses',
      target.tls ? '*' : '127.0.0.1',
      target.tls ? 'the networks it is in; pg_hba.conf names who may come' : 'this machine only',
    ),
    own(
      where,
      'port',
      String(listenPort),
      target.tls ? 'inside its networks; published on the declared port' : 'the declared port, moved by the offset',
    ),
    own(where, 'unix_socket_directories', paths.socket, 'the superuser logs in here only'),
    own(security, 'password_encryption', 'scram-sha-256', 'no MD5 anywhere'),
    ...(target.tls
      ? [
          own(security, 'ssl', 'on', 'plain text is refused by pg_hba.conf'),
          own(security, 'ssl_min_protocol_version', 'TLSv1.3', 'every client of the fleet speaks it'),
          own(security, 'ssl_cert_file', `${paths.tls}/server.crt`, 'of this server'),
          own(security, 'ssl_key_file', `${paths.tls}/server.key`, 'of this server'),
          own(security, 'ssl_ca_file', `${paths.tls}/ca.crt`, "the fleet's own authority"),
        ]
      : []),
    ...(major >= 17 ? [own(security, 'allow_alter_system', 'off', 'settings are changed in services.yaml')] : []),
    own('Libraries', 'shared_preload_libraries', preload.join(','), 'what the extensions need at start'),
  ]
}
