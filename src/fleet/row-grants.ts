// What the application and the read-only roles may do with rows: schema by schema, and on the tables where it differs.

import type { RowPrivilege, SchemaOrTable, TableName } from './data-types.ts'
import { serviceSchemas } from './database-names.ts'
import type { Grant, ObjectsOfSchema, Privilege } from './privileges.ts'
import type { RoleKind, Service } from './types.ts'

/** A grant on all objects of one kind in some schemas: on those that are there, and on those that the owner will make. */
export type DataGrant = {
  readonly privileges: readonly Privilege[]
  readonly on: ObjectsOfSchema
  readonly schemas: readonly string[]
  readonly role: string
}

const everything: readonly RowPrivilege[] = ['SELECT', 'INSERT', 'UPDATE', 'DELETE']

/** What the roles of one kind have: on whole schemas, and on tables in place of what their schema says. */
type Access = {
  readonly schemas: readonly Omit<DataGrant, 'role'>[]
  readonly tables: readonly (TableName & { readonly privileges: readonly RowPrivilege[] })[]
}

const accessByKind: Partial<Record<RoleKind, (service: Service) => Access>> = { app: applicationAccess, 'read-only': readOnlyAccess }

function applicationAccess(service: Service): Access {
  const schemas = serviceSchemas(service)
  const declared = new Map(service.rowPrivileges.filter(isSchema).map(({ schema, privileges }) => [schema, privileges]))
  const privilegesOn = (schema: string) => everything.filter((privilege) => (declared.get(schema) ?? everything).includes(privilege))
  // Schemas with the same privileges share a statement, in the order of the first.
  const alike = new Map<string, string[]>()
  for (const schema of schemas) {
    const key = privilegesOn(schema).join()
    alike.set(key, [...(alike.get(key) ?? []), schema])
  }
  return {
    schemas: [
      ...[...alike.values()].map((those) => ({ privileges: privilegesOn(those[0]!), on: 'tables' as const, schemas: those })),
      { privileges: ['SELECT', 'USAGE'] as const, on: 'sequences' as const, schemas },
      { privileges: ['EXECUTE'] as const, on: 'routines' as const, schemas },
    ].filter(({ privileges }) => privileges.length > 0),
    tables: service.rowPrivileges.flatMap(({ schema, table, privileges }) => (table === undefined ? [] : [{ schema, table, privileges }])),
  }
}

/** Whether the application has a privilege on a table. */
export function applicationMay({ rowPrivileges }: Service, privilege: RowPrivilege, { schema, table }: TableName): boolean {
  const declared = rowPrivileges.filter((each) => each.schema === schema)
  const { privileges } = declared.find((each) => each.table === table) ?? declared.find(isSchema) ?? { privileges: everything }
  return privileges.includes(privilege)
}

/** No routines: one that runs as its owner could write. */
function readOnlyAccess(service: Service): Access {
  const { readable } = service
  const schemas = readable ? readable.filter(isSchema).map(({ schema }) => schema) : serviceSchemas(service)
  const on = (kind: ObjectsOfSchema) => (schemas.length > 0 ? [{ privileges: ['SELECT'] as const, on: kind, schemas }] : [])
  return {
    schemas: [...on('tables'), ...on('sequences')],
    tables: (readable ?? []).flatMap(({ schema, table }) =>
      table === undefined || schemas.includes(schema) ? [] : [{ schema, table, privileges: ['SELECT'] as const }],
    ),
  }
}

const isSchema = ({ table }: SchemaOrTable): boolean => table === undefined

/** Schemas in which read-only roles find anything. */
export const readableSchemas = (service: Service): string[] => {
  const { schemas, tables } = readOnlyAccess(service)
  const named = new Set([...schemas.flatMap(({ schemas }) => schemas), ...tables.map(({ schema }) => schema)])
  return serviceSchemas(service).filter((schema) => named.has(schema))
}

/** Who may do what in whole schemas, in the order of the roles: also the default privileges of the owner. */
export const dataGrants = (service: Service): DataGrant[] =>
  service.roles.flatMap(({ kind, name }) => accessByKind[kind]?.(service).schemas.map((grant) => ({ ...grant, role: name })) ?? [])

/** All grants on rows, and on what goes with them. */
export const rowGrants = (service: Service): Grant[] =>
  service.roles.flatMap(({ kind, name }): Grant[] => {
    const access = accessByKind[kind]?.(service)
    if (!access) return []
    const { schemas, tables } = access
    return [
      ...schemas.map(({ privileges, on, schemas }): Grant => {
        const except =
          on === 'tables' ? tables.filter(({ schema }) => schemas.includes(schema)).map(({ schema, table }) => ({ schema, table })) : []
        return { privileges, on: { kind: on, schemas, ...(except.length > 0 && { except }) }, roles: [name] }
      }),
      ...tables
        .filter(({ privileges }) => privileges.length > 0)
        .map(
          ({ schema, table, privileges }): Grant => ({
            privileges: everything.filter((privilege) => privileges.includes(privilege)),
            on: { kind: 'table', schema, table },
            roles: [name],
          }),
        ),
    ]
  })

/** Whether read-only roles may read a table, or the tables of a schema that are not named themselves. */
export const readableRelation = ({ readable }: Service, { schema, table }: Pick<SchemaOrTable, 'schema' | 'table'>): boolean =>
  readable === undefined || readable.some((each) => each.schema === schema && (each.table === undefined || each.table === table))
