import type { Value } from './settings.ts'

/** What is audited, as pgaudit lists it: https://github.com/pgaudit/pgaudit#settings */
const listed = (text: string): string[] =>
  text
    .toLowerCase()
    .split(',')
    .map((word) => word.trim())
    .filter((word) => !['', 'none', 'off', 'false', 'no', '0'].includes(word))

const switchedOff = (what: string) => (before: Value, after: Value) =>
  before.base === true && after.base === false ? `${what} is switched off` : undefined

const switchedOn = (what: string) => (_: Value, after: Value) => (after.base === true ? what : undefined)

/** A word after a minus is taken away from what is covered. */
const fewer = (what: string) => (before: Value, after: Value) => {
  const [old, now] = [listed(before.text), listed(after.text)]
  const without = now.filter((word) => word.startsWith('-') && !old.includes(word)).map((word) => word.slice(1))
  const lost = now.includes('all') ? [] : old.filter((word) => !word.startsWith('-') && !now.includes(word))
  const all = [...new Set([...lost, ...without])]
  return all.length > 0 ? `${what} no longer covers ${all.join(', ')}` : undefined
}

/** A yes or no up to 17, a list from 18 on: https://www.postgresql.org/docs/18/runtime-config-logging.html#GUC-LOG-CONNECTIONS */
const logins = (before: Value, after: Value) => {
  const [old, now] = [listed(before.text), listed(after.text)]
  if (now.length === 0) return old.length > 0 ? 'the record of logins is switched off' : undefined
  const whole = ['on', 'true', 'yes', '1', 'all']
  if (now.some((word) => whole.includes(word)) || old.some((word) => whole.includes(word))) return undefined
  return fewer('the record of logins')(before, after)
}

const statements = ['none', 'ddl', 'mod', 'all']

const lower = (what: string) => (before: Value, after: Value) =>
  typeof before.base === 'number' && typeof after.base === 'number' && after.base < before.base ? `${what} is lowered` : undefined

const changed = (what: string) => () => `${what} changes`

/** Settings that guard something, and when a new value guards less. */
const guards: Readonly<Record<string, (before: Value, after: Value) => string | undefined>> = {
  ssl: switchedOff('TLS'),
  ssl_min_protocol_version: (before, after) =>
    after.text.toLowerCase() < before.text.toLowerCase() ? 'older versions of TLS are let in' : undefined,
  ssl_max_protocol_version: changed('the newest version of TLS'),
  ssl_ciphers: changed('the list of ciphers'),
  ssl_tls13_ciphers: changed('the list of ciphers'),
  ssl_groups: changed('the list of curves'),
  ssl_ecdh_curve: changed('the list of curves'),
  password_encryption: (_, after) => (after.base === 'scram-sha-256' ? undefined : 'passwords are no longer kept as SCRAM verifiers'),
  scram_iterations: lower('the cost of guessing a password'),
  authentication_timeout: changed('the time to log in'),
  row_security: switchedOff('row security'),
  // Large objects are then read and written without a privilege.
  lo_compat_privileges: switchedOn('privileges on large objects are no longer checked'),
  allow_system_table_mods: switchedOn('the system catalogues can be written'),
  // Its value replica is for those who apply changes that were checked elsewhere.
  session_replication_role: (_, after) => (after.text === 'replica' ? 'triggers and foreign keys are no longer enforced' : undefined),
  event_triggers: switchedOff('what event triggers enforce'),
  // https://www.postgresql.org/docs/current/runtime-config-compatible.html
  backslash_quote: (_, after) =>
    after.base === true || after.text === 'on' ? 'quotes can be escaped in a way that lets SQL in' : undefined,
  standard_conforming_strings: switchedOff('the standard way to write strings, by which clients escape them,'),
  archive_command: changed('the program that the server runs for each segment of WAL'),
  archive_library: changed('the library that the server loads to archive WAL'),
  dynamic_library_path: changed('the place where libraries are looked for'),
  extension_control_path: changed('the place where extensions are looked for'),
  jit_provider: changed('a library that the server loads'),
  log_statement: (before, after) =>
    statements.indexOf(after.text) < statements.indexOf(before.text) ? 'fewer statements are recorded' : undefined,
  log_connections: logins,
  log_disconnections: switchedOff('the record of logouts'),
  'pgaudit.log': fewer('the audit'),
  'pgaudit.role': changed('the role whose grants are audited'),
  'pgaudit.log_catalog': switchedOff('the audit of the catalogue'),
  'pgaudit.log_relation': switchedOff('the audit of each relation'),
  local_preload_libraries: changed('the libraries that sessions load'),
  session_preload_libraries: changed('the libraries that sessions load'),
}

/** Why a new value needs the eyes of who answers for security; undefined where it guards no less. */
export function weakerSecurity(name: string, before: Value, after: Value): string | undefined {
  return Object.hasOwn(guards, name) ? guards[name]!(before, after) : undefined
}
