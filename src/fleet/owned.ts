// Settings that follow from the rest of services.yaml or from the place a server runs at. An override would break what depends on them.

type Owned = { readonly names: readonly string[]; readonly why: string; readonly instead: string }

const groups: readonly Owned[] = [
  {
    names: ['port'],
    why: 'it follows from the port of the service',
    instead: 'set `port` of the service',
  },
  {
    names: ['listen_addresses', 'bonjour', 'bonjour_name', 'unix_socket_directories', 'unix_socket_group', 'unix_socket_permissions'],
    why: 'networks and health checks depend on where the server listens',
    instead: 'leave it out; the server listens on the networks of its service',
  },
  {
    names: ['shared_preload_libraries'],
    why: 'it follows from the extensions of the service',
    instead: 'list the extension under `extensions`; what it must preload is preloaded',
  },
  {
    names: ['allow_alter_system', 'cluster_name'],
    why: 'pgfleet reads the settings back and must find what it wrote',
    instead: 'leave it out; settings are changed here',
  },
  {
    names: ['password_encryption', 'md5_password_warnings', 'scram_iterations', 'db_user_namespace'],
    why: 'the verifiers in secrets/ are SCRAM-SHA-256 with 4096 iterations',
    instead: 'leave it out',
  },
  {
    names: ['config_file', 'data_directory', 'external_pid_file', 'hba_file', 'ident_file'],
    why: 'files lie where the containers mount them',
    instead: 'leave it out',
  },
  {
    names: ['krb_caseins_users', 'krb_server_keyfile', 'gss_accept_delegation'],
    why: 'roles log in with SCRAM or a certificate, never with Kerberos',
    instead: 'leave it out',
  },
  {
    names: ['oauth_validator_libraries'],
    why: 'roles log in with SCRAM or a certificate, never with OAuth',
    instead: 'leave it out',
  },
  {
    names: [
      ...['archive_cleanup_command', 'hot_standby', 'primary_conninfo', 'primary_slot_name', 'promote_trigger_file', 'restore_command'],
      ...['recovery_end_command', 'recovery_min_apply_delay', 'synchronized_standby_slots', 'synchronous_standby_names'],
    ],
    why: 'the fleet has no standby servers: commits would wait for ever, or the server would start as a standby',
    instead: 'leave it out; restoring is `pgfleet restore`',
  },
]

const ssl: Owned = {
  names: [],
  why: 'the certificates come from `pgfleet secrets init`, and every connection uses TLS 1.3',
  instead: 'leave it out',
}

const recovery: Owned = { names: [], why: 'a recovery target is part of one restore, not of a running server', instead: 'leave it out' }

const byName = new Map(groups.flatMap((group) => group.names.map((name) => [name, group] as const)))

/** Why pgfleet sets this itself, and what to change instead; undefined for a setting that `settings:` may override. */
export function ownedReason(name: string): { readonly why: string; readonly instead: string } | undefined {
  if (name === 'ssl' || name.startsWith('ssl_')) return ssl
  if (name.startsWith('recovery_target')) return recovery
  return byName.get(name)
}

export const isOwned = (name: string): boolean => ownedReason(name) !== undefined
