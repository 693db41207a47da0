import type { Role, RoleKind } from '../../src/fleet/types.ts'

/** A line of pg_hba.conf; `address` is left out for the local socket. Database and user are quoted names or bare keywords. */
export type AccessRule = {
  readonly type: 'local' | 'host' | 'hostssl'
  readonly database: string
  readonly user: string
  readonly address?: string
  readonly method: string
}

/** Rules with the same reason. */
export type AccessSection = { readonly why: string; readonly rules: readonly AccessRule[] }

/** Name of the map from certificates (or operating system users) to roles. */
export const poolerMap = 'pooler'

/** Name of the superuser, as initdb makes it; in quotes it is a name in any case. */
export const superuser = '"postgres"'

export const rolesOfKind = (roles: readonly Role[], ...kinds: RoleKind[]): Role[] => roles.filter(({ kind }) => kinds.includes(kind))
