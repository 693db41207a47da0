import { extensionSchema, fleetSchema, lookupFunction, lookupOwner } from '../../src/fleet/database-names.ts'
import type { RoleKind, Service } from '../../src/fleet/types.ts'
import { sqlIdentifier, sqlLiteral } from '../quote.ts'
import { renderBlocks } from './blocks.ts'
import { render } from './grants.hbs'
import { dataPrivileges } from './privileges.ts'
import { hasLookup, ownerOf } from './roles.ts'
import { serviceSchemas } from './schemas.ts'

/** Takes every privilege from our roles and from PUBLIC, then grants what is declared. */
export const grantsSection = (service: Service): string =>
  renderBlocks(render, {
    ownerLiteral: sqlLiteral(ownerOf(service)),
    grants: grants(service),
  })

function grants(service: Service): string[] {
  const { database, roles } = service
  const schemas = serviceSchemas(service).map(sqlIdentifier).join(', ')
  /** To all roles of these kinds at once; nothing where there are none. */
  const grant = (privileges: string, on: string, ...kinds: RoleKind[]): string[] => {
    const names = roles.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => sqlIdentifier(name))
    return names.length > 0 ? [`GRANT ${privileges} ON ${on} TO ${names.join(', ')}`] : []
  }
  const logins = roles.filter(({ login }) => login).map(({ kind }) => kind)
  return [
    ...grant('CONNECT', `DATABASE ${sqlIdentifier(database)}`, ...logins),
    ...grant('USAGE', `SCHEMA ${extensionSchema}`, 'owner', 'app', 'read-only', 'monitor', 'backup', 'admin'),
    // Who maintains tables must find them.
    ...grant('USAGE', `SCHEMA ${schemas}`, 'app', 'read-only', 'admin'),
    ...dataPrivileges(service).map(({ privileges, on, role }) => `GRANT ${privileges} ON ALL ${on} IN SCHEMA ${schemas} TO ${role}`),
    ...grant('USAGE', `SCHEMA ${fleetSchema}`, 'owner', 'monitor', 'admin', 'pooler'),
    ...grant('SELECT', `ALL TABLES IN SCHEMA ${fleetSchema}`, 'owner', 'monitor', 'admin'),
    ...grant('EXECUTE', `ROUTINE ${fleetSchema}.apply_retention`, 'owner'),
    ...(hasLookup(service)
      ? [
          `GRANT SELECT ON pg_catalog.pg_authid TO ${sqlIdentifier(lookupOwner)}`,
          ...grant('EXECUTE', `ROUTINE ${fleetSchema}.${lookupFunction}`, 'pooler'),
        ]
      : []),
  ]
}
