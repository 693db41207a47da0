import type { Value } from './settings.ts'

/** What is audited, as pgaudit lists it: https://github.com/pgaudit/pgaudit#settings */
const listed = (text: string): string[] =>
  text
    .toLowerCase()
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '' && word !== 'none')

const switchedOff = (what: string) => (before: Value, after: Value) =>
  before.base === true && after.base === false ? `${what} is switched off` : undefined

const fewer = (what: string) => (before: Value, after: Value) => {
  if (listed(after.text).includes('all')) return undefined
  const lost = listed(before.text).filter((word) => !listed(after.text).includes(word))
  return lost.length > 0 ? `${what} no longer covers ${lost.join(', ')}` : undefined
}

const lower = (what: string) => (before: Value, after: Value) =>
  typeof before.base === 'number' && typeof after.base === 'number' && after.base < before.base ? `${what} is lowered` : undefined

const changed = (what: string) => () => `${what} changes`

/** Settings that guard something, and when a new value guards less. */
const guards: Readonly<Record<string, (before: Value, after: Value) => string | undefined>> = {
  ssl: switchedOff('TLS'),
  ssl_min_protocol_version: (before, after) => (after.text < before.text ? 'older versions of TLS are let in' : undefined),
  ssl_max_protocol_version: changed('the newest version of TLS'),
  ssl_ciphers: changed('the list of ciphers'),
  ssl_tls13_ciphers: changed('the list of ciphers'),
  ssl_groups: changed('the list of curves'),
  ssl_ecdh_curve: changed('the list of curves'),
  password_encryption: (_, after) => (after.base === 'scram-sha-256' ? undefined : 'passwords are no longer kept as SCRAM verifiers'),
  scram_iterations: lower('the cost of guessing a password'),
  authentication_timeout: changed('the time to log in'),
  row_security: switchedOff('row security'),
  log_connections: switchedOff('the record of logins'),
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
