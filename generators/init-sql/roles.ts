import { lookupOwner } from '../../src/fleet/database-names.ts'
import type { Role, RoleKind, Service } from '../../src/fleet/types.ts'
import { sqlIdentifier, sqlLiteral } from '../quote.ts'
import { renderBlocks } from './blocks.ts'
import { render } from './roles.hbs'
import { withRows } from './with-rows.ts'

/** What a role is for, as the comment above it. */
const purposes: Readonly<Record<RoleKind | 'lookup', string>> = {
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

/** A role as this script makes it: those of the fleet, and the one that the lookup function needs. */
type MadeRole = Omit<Role, 'kind'> & { readonly kind: keyof typeof purposes }

export const ownerOf = ({ key, roles }: Service): string => {
  const owner = roles.find(({ kind }) => kind === 'owner')
  if (!owner) throw new Error(`service ${key} has no owner role`)
  return owner.name
}

export const hasLookup = ({ roles }: Service): boolean => roles.some(({ kind }) => kind === 'pooler')

const lookup: MadeRole = { name: lookupOwner, kind: 'lookup', login: false, memberOf: [], parameters: {}, authentication: 'none' }

/** Creates what is missing, brings attributes, parameters and memberships to what is declared, and disarms who is gone. */
export function rolesSection(service: Service): string {
  const { major, roles } = service
  const all: MadeRole[] = hasLookup(service) ? [...roles, lookup] : [...roles]
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

function attributes({ kind, login, connections, authentication }: MadeRole): string {
  return [
    login ? 'LOGIN' : 'NOLOGIN',
    kind === 'backup' ? 'BYPASSRLS' : 'NOBYPASSRLS',
    `CONNECTION LIMIT ${connections ?? -1}`,
    ...(authentication === 'password' ? [] : ['PASSWORD NULL']),
  ].join(' ')
}
