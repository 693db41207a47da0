import { extensionSchema, fleetSchema } from '../../src/fleet/database-names.ts'
import { type Granted, grantsOf, largeObjectWriters, type Privilege } from '../../src/fleet/privileges.ts'
import { ownerOf } from '../../src/fleet/server-roles.ts'
import type { Service } from '../../src/fleet/types.ts'
import { sqlIdentifier, sqlLiteral } from '../quote.ts'
import { renderBlocks } from './blocks.ts'
import { render } from './grants.hbs'
import { tableName } from './timeseries.ts'

/** Takes every privilege from our roles and from PUBLIC, then grants what is declared. */
export const grantsSection = (service: Service): string =>
  renderBlocks(render, {
    ownerLiteral: sqlLiteral(ownerOf(service)),
    largeObjectWriters: largeObjectWriters.map(sqlLiteral).join(', '),
    grants: grantsOf(service).flatMap(({ privileges, on, roles }) => {
      const names = roles.map(sqlIdentifier).join(', ')
      const except = 'except' in on ? on.except.map((table) => `REVOKE ALL ON ${tableName(table)} FROM ${names}`) : []
      return [`GRANT ${privilegeList(privileges)} ON ${granted(on, service)} TO ${names}`, ...except]
    }),
  })

export const privilegeList = (privileges: readonly Privilege[]): string => privileges.join(', ')

/** Schemas as a list behind IN SCHEMA. */
export const schemaList = (schemas: readonly string[]): string => schemas.map(sqlIdentifier).join(', ')

/** Our own names and PostgreSQL's need no quotes. */
const plain: readonly string[] = [extensionSchema, fleetSchema, 'pg_catalog']
const schemaNames = (schemas: readonly string[]): string =>
  schemas.map((name) => (plain.includes(name) ? name : sqlIdentifier(name))).join(', ')

function granted(on: Granted, { database }: Service): string {
  switch (on.kind) {
    case 'database':
      return `DATABASE ${sqlIdentifier(database)}`
    case 'schemas':
      return `SCHEMA ${schemaNames(on.schemas)}`
    case 'table':
      return plain.includes(on.schema) ? `${on.schema}.${on.table}` : tableName(on)
    case 'routine':
      return `ROUTINE ${on.schema}.${on.name}`
    default:
      return `ALL ${on.kind.toUpperCase()} IN SCHEMA ${schemaNames(on.schemas)}`
  }
}
