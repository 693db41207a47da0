// What each role may do on which objects. The init script grants it, `pgfleet verify` compares it with the catalogue of a live server.
// The owner of an object has all privileges on it; nobody else has any that is not named here, PUBLIC least of all.

import type { TableName } from './data-types.ts'
import {
  extensionSchema,
  fleetSchema,
  lookupFunction,
  lookupOwner,
  retentionLedger,
  retentionProcedure,
  serviceSchemas,
} from './database-names.ts'
import { readableSchemas, rowGrants } from './row-grants.ts'
import { hasLookup } from './server-roles.ts'
import type { RoleKind, Service } from './types.ts'

/** https://www.postgresql.org/docs/current/ddl-priv.html */
export type Privilege = 'CONNECT' | 'USAGE' | 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE' | 'EXECUTE'

/** Kinds of objects that a grant names all at once. `tables` are views, too, and `routines` procedures. */
export type ObjectsOfSchema = 'tables' | 'sequences' | 'routines'

/** What a grant is about. A routine has one form only, so its arguments are not named. */
export type Granted =
  | { readonly kind: 'database' }
  | { readonly kind: 'schemas'; readonly schemas: readonly string[] }
  /** `except`: tables that the grant leaves out. */
  | { readonly kind: ObjectsOfSchema; readonly schemas: readonly string[]; readonly except?: readonly TableName[] }
  | { readonly kind: 'table'; readonly schema: string; readonly table: string }
  | { readonly kind: 'routine'; readonly schema: string; readonly name: string }

export type Grant = { readonly privileges: readonly Privilege[]; readonly on: Granted; readonly roles: readonly string[] }

/** PostgreSQL grants these to everybody when an object is made; the owner's default privileges take them back. */
export const notForPublic = ['routines', 'types'] as const

/**
 * PostgreSQL lets everybody make large objects: a role without any privilege on a table could still write, and fill the disk. What is
 * there, the backup role could overwrite, which has to read what belongs to others (lo_compat_privileges). Each has one form only.
 * https://www.postgresql.org/docs/current/lo-funcs.html
 */
export const largeObjectWriters: readonly string[] = [
  'lo_creat',
  'lo_create',
  'lo_from_bytea',
  'lo_put',
  'lo_truncate',
  'lo_truncate64',
  'lo_unlink',
  'lowrite',
]

/** All grants of a database, in the order in which the init script makes them. */
export function grantsOf(service: Service): Grant[] {
  const { roles } = service
  const schemas = serviceSchemas(service)
  /** To all roles of these kinds at once; nothing where there are none. */
  const grant = (privileges: readonly Privilege[], on: Granted, ...kinds: RoleKind[]): Grant[] => {
    const names = roles.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name)
    return names.length > 0 && !('schemas' in on && on.schemas.length === 0) ? [{ privileges, on, roles: names }] : []
  }
  const logins = roles.filter(({ login }) => login).map(({ kind }) => kind)
  const fleet = (name: string): Granted => ({ kind: 'routine', schema: fleetSchema, name })
  return [
    ...grant(['CONNECT'], { kind: 'database' }, ...logins),
    ...grant(['USAGE'], { kind: 'schemas', schemas: [extensionSchema] }, 'owner', 'app', 'read-only', 'monitor', 'backup', 'admin'),
    // Who maintains tables must find them.
    ...grant(['USAGE'], { kind: 'schemas', schemas }, 'app', 'admin'),
    ...grant(['USAGE'], { kind: 'schemas', schemas: readableSchemas(service) }, 'read-only'),
    ...rowGrants(service),
    ...largeObjectWriters.flatMap((name) => grant(['EXECUTE'], { kind: 'routine', schema: 'pg_catalog', name }, 'owner', 'app')),
    ...grant(['USAGE'], { kind: 'schemas', schemas: [fleetSchema] }, 'owner', 'monitor', 'admin', 'pooler'),
    ...grant(['SELECT'], { kind: 'tables', schemas: [fleetSchema] }, 'owner', 'monitor', 'admin'),
    ...grant(['EXECUTE'], fleet(retentionProcedure), 'owner'),
    // Retention writes down what it has deleted.
    ...grant(['UPDATE'], { kind: 'table', schema: fleetSchema, table: retentionLedger }, 'owner'),
    ...(hasLookup(service)
      ? [
          {
            privileges: ['SELECT'] as const,
            on: { kind: 'table', schema: 'pg_catalog', table: 'pg_authid' } as const,
            roles: [lookupOwner],
          },
          ...grant(['EXECUTE'], fleet(lookupFunction), 'pooler'),
        ]
      : []),
  ]
}
