import { bypassesRowSecurity, ownerOf, type ServerRole, serverRoles } from '../../src/fleet/server-roles.ts'
import type { Service } from '../../src/fleet/types.ts'
import { sqlIdentifier, sqlLiteral } from '../quote.ts'
import { renderBlocks } from './blocks.ts'
import { render } from './roles.hbs'
import { withRows } from './with-rows.ts'

/** What a role is for, as the comment above it. */
const purposes: Readonly<Record<ServerRole['kind'], string>> = {
  owner: 'Owns the database and everything in it; nobody logs in as it',
  pooled: 'Its members may come through the pooler',
  migrator: 'Changes the schema, as a member of the owner',
  app: 'The application: reads and writes rows',
  monitor: 'Reads statistics',
  backup: 'Reads everything, past row-level security',
  pooler: 'The pooler, with its certificate: looks passwords up, and nothing else',
  'read-only': 'Reads everything, writes nothing',
  admin: 'Sees statistics, cancels queries, runs maintenance; reads no rows',
  lookup: 'Owns the function that looks passwords up; nobody logs in as it',
}

/** Creates what is missing, brings attributes, parameters and memberships to what is declared, and disarms who is gone. */
export function rolesSection(service: Service): string {
  const { major } = service
  const all = serverRoles(service)
  const memberships = all.flatMap(({ name, memberOf }) => memberOf.map((granted) => ({ granted, member: name })))
  // From 16 on a membership can be granted several times, by different roles, and carries options.
  const options = major >= 16
  return renderBlocks(render, {
    ownerLiteral: sqlLiteral(ownerOf(service)),
    declared: withRows(
      'declared',
      ['name', 'kind'],
      all.map(({ name, kind }) => [name, kind]),
    ),
    roles: all.map((role) => ({
      what: purposes[role.kind],
      name: sqlIdentifier(role.name),
      attributes: attributes(role),
      parameters: Object.entries(role.parameters).map(([name, value]) => ({ name: sqlIdentifier(name), value: sqlLiteral(value) })),
    })),
    memberships: withRows(
      'declared',
      ['granted', 'member'],
      memberships.map(({ granted, member }) => [granted, member]),
    ),
    options,
    grants: memberships.flatMap(({ granted, member }) => {
      const [group, role] = [sqlIdentifier(granted), sqlIdentifier(member)]
      return options
        ? [`GRANT ${group} TO ${role} WITH ADMIN FALSE, INHERIT TRUE, SET TRUE;`]
        : [`GRANT ${group} TO ${role};`, `REVOKE ADMIN OPTION FOR ${group} FROM ${role};`]
    }),
  })
}

function attributes(role: ServerRole): string {
  const { login, connections, authentication } = role
  return [
    login ? 'LOGIN' : 'NOLOGIN',
    bypassesRowSecurity(role) ? 'BYPASSRLS' : 'NOBYPASSRLS',
    `CONNECTION LIMIT ${connections ?? -1}`,
    ...(authentication === 'password' ? [] : ['PASSWORD NULL']),
  ].join(' ')
}
