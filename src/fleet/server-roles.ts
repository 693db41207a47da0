// The roles as they are on a server: those of the fleet, and the one that the lookup function needs.
import { lookupOwner } from './database-names.ts'
import type { Role, RoleKind, Service } from './types.ts'

export type ServerRole = Omit<Role, 'kind'> & { readonly kind: RoleKind | 'lookup' }

const lookup: ServerRole = { name: lookupOwner, kind: 'lookup', login: false, memberOf: [], parameters: {}, authentication: 'none' }

/** Every role that the init script makes, in the order in which it does. */
export const serverRoles = (service: Service): ServerRole[] => (hasLookup(service) ? [...service.roles, lookup] : [...service.roles])

/** The role that owns the database and everything in its schemas. */
export function ownerOf({ key, roles }: Service): string {
  const owner = roles.find(({ kind }) => kind === 'owner')
  if (!owner) throw new Error(`service ${key} has no owner role`)
  return owner.name
}

/** Whether a pooler asks this database for passwords. */
export const hasLookup = ({ roles }: Service): boolean => roles.some(({ kind }) => kind === 'pooler')

/** Whether a role reads past row-level security: a backup of some rows would be none. */
export const bypassesRowSecurity = ({ kind }: ServerRole): boolean => kind === 'backup'

/** Made by initdb; it logs in over the local socket only, without a password. */
export const superuserRole = 'postgres'
