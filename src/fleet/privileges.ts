// What each role may do on which objects. The init script grants it, `pgfleet verify` compares it with the catalogue of a live server.
// The owner of an object has all privileges on it; nobody else has any that is not named here, PUBLIC least of all.
import { extensionSchema, fleetSchema, lookupFunction, lookupOwner, retentionProcedure, serviceSchemas } from './database-names.ts'
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
  | { readonly kind: ObjectsOfSchema; readonly schemas: readonly string[] }
  | { readonly kind: 'table' | 'routine'; readonly schema: string; readonly name: string }

export type Grant = { readonly privileges: readonly Privilege[]; readonly on: Granted; readonly roles: readonly string[] }

/** A grant on all objects of one kind in the schemas of the service: on those that are there, and on those that the owner will make. */
export type DataGrant = { readonly privileges: readonly Privilege[]; readonly on: ObjectsOfSchema; readonly role: string }

const dataByKind: Partial<Record<RoleKind, readonly Omit<DataGrant, 'role'>[]>> = {
  app: [
    { privileges: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], on: 'tables' },
    { privileges: ['SELECT', 'USAGE'], on: 'sequences' },
    { privileges: ['EXECUTE'], on: 'routines' },
  ],
  // No routines: one that runs as its owner could write.
  'read-only': [
    { privileges: ['SELECT'], on: 'tables' },
    { privileges: ['SELECT'], on: 'sequences' },
  ],
}

/** Who may do what with the rows, in the order of the roles: also the default privileges of the owner. */
export const dataGrants = ({ roles }: Service): DataGrant[] =>
  roles.flatMap(({ kind, name }) => (dataByKind[kind] ?? []).map((grant) => ({ ...grant, role: name })))

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
    return names.length > 0 ? [{ privileges, on, roles: names }] : []
  }
  const logins = roles.filter(({ login }) => login).map(({ kind }) => kind)
  const fleet = (name: string): Granted => ({ kind: 'routine', schema: fleetSchema, name })
  return [
    ...grant(['CONNECT'], { kind: 'database' }, ...logins),
    ...grant(['USAGE'], { kind: 'schemas', schemas: [extensionSchema] }, 'owner', 'app', 'read-only', 'monitor', 'backup', 'admin'),
    // Who maintains tables must find them.
    ...grant(['USAGE'], { kind: 'schemas', schemas }, 'app', 'read-only', 'admin'),
    ...dataGrants(service).map(({ privileges, on, role }) => ({ privileges, on: { kind: on, schemas }, roles: [role] })),
    ...largeObjectWriters.flatMap((name) => grant(['EXECUTE'], { kind: 'routine', schema: 'pg_catalog', name }, 'owner', 'app')),
    ...grant(['USAGE'], { kind: 'schemas', schemas: [fleetSchema] }, 'owner', 'monitor', 'admin', 'pooler'),
    ...grant(['SELECT'], { kind: 'tables', schemas: [fleetSchema] }, 'owner', 'monitor', 'admin'),
    ...grant(['EXECUTE'], fleet(retentionProcedure), 'owner'),
    ...(hasLookup(service)
      ? [
          {
            privileges: ['SELECT'] as const,
            on: { kind: 'table', schema: 'pg_catalog', name: 'pg_authid' } as const,
            roles: [lookupOwner],
          },
          ...grant(['EXECUTE'], fleet(lookupFunction), 'pooler'),
        ]
      : []),
  ]
}
