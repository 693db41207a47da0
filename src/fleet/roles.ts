import type { FleetRole, Role, Service } from './types.ts'

/** Looks passwords up for PgBouncer; it logs in with the pooler's certificate. */
export const poolerRole = 'pgbouncer_auth'
/** Members may log in through the pooler. */
export const pooledRole = 'pooled_login'
export const monitorRole = 'monitor'
export const backupRole = 'backup'

export type RoleNames = { readonly owner: string; readonly migrator: string; readonly app: string }

/** Names that follow from the database where services.yaml gives none. */
export const roleNames = (database: string, app: string | undefined): RoleNames => ({
  owner: `${database}_owner`,
  migrator: `${database}_migrator`,
  app: app ?? `${database}_service`,
})

/** The roles that log in with a password. */
export const passwordRoles = ({ roles }: Service): Role[] => roles.filter(({ authentication }) => authentication === 'password')

export type Allowances = { readonly migrator: number; readonly monitor: number; readonly backup: number }

const nobody = { login: false, memberOf: [], parameters: {}, authentication: 'none' } as const
const person = { login: true, memberOf: [], parameters: {}, authentication: 'password' } as const

/** All roles of one server, in the order in which they are created: groups first. What the migrator makes belongs to the owner. */
export function rolesOf(
  names: RoleNames,
  fleetRoles: readonly FleetRole[],
  allowances: Allowances,
  authConnections: number,
  major: number,
): Role[] {
  return [
    { ...nobody, name: names.owner, kind: 'owner' },
    { ...nobody, name: pooledRole, kind: 'pooled' },
    {
      ...person,
      name: names.migrator,
      kind: 'migrator',
      connections: allowances.migrator,
      memberOf: [names.owner],
      parameters: { role: names.owner },
    },
    { ...person, name: names.app, kind: 'app', memberOf: [pooledRole] },
    {
      ...person,
      name: monitorRole,
      kind: 'monitor',
      connections: allowances.monitor,
      memberOf: ['pg_read_all_settings', 'pg_read_all_stats'],
    },
    {
      ...person,
      name: backupRole,
      kind: 'backup',
      connections: allowances.backup,
      memberOf: ['pg_read_all_data'],
      // That membership does not cover large objects: one that an application makes would end every backup. Only a superuser can set it.
      parameters: { default_transaction_read_only: 'on', lo_compat_privileges: 'on' },
    },
    { ...nobody, name: poolerRole, kind: 'pooler', login: true, authentication: 'certificate', connections: authConnections },
    ...fleetRoles.map((role) => fleetRole(role, major)),
  ]
}

function fleetRole({ name, access, connections, statementTimeout }: FleetRole, major: number): Role {
  const parameters = { statement_timeout: `${statementTimeout.seconds}s` }
  if (access === 'read-only')
    return { ...person, name, kind: 'read-only', connections, parameters: { ...parameters, default_transaction_read_only: 'on' } }
  // Reads statistics, cancels queries, runs maintenance; sees no rows. pg_maintain came with 17.
  const memberOf = ['pg_checkpoint', ...(major >= 17 ? ['pg_maintain'] : []), 'pg_monitor', 'pg_signal_backend']
  return { ...person, name, kind: 'admin', connections, memberOf, parameters }
}
