import type { Role, RoleKind, Service, Target } from '../../src/fleet/types.ts'
import { hbaToken } from '../quote.ts'
import { type AccessRule, type AccessSection, poolerMap, rolesOfKind, superuser } from './access-rule.ts'

const loopback = ['127.0.0.1/32', '::1/128']

/** Access to a server of the embedded runtime: this machine only. Where it has a pooler, the application comes through that. */
export function loopbackAccess({ pooler }: Target, { database, roles }: Service): AccessSection[] {
  const people = roles.filter(({ authentication, kind }) => authentication === 'password' && !(pooler && kind === 'app'))
  const rules = people.flatMap(({ name }): AccessRule[] => {
    const who = { database: hbaToken(database), user: hbaToken(name), method: 'scram-sha-256' }
    return [{ type: 'local', ...who }, ...loopback.map((address) => ({ type: 'host' as const, ...who, address }))]
  })
  return [
    {
      // peer would need the same operating system user on both ends, but root runs servers as somebody else.
      why: 'The superuser, without a password: the socket lies in a directory (mode 0700) which nobody but the owner of this server can enter',
      rules: [{ type: 'local', database: 'all', user: superuser, method: 'trust' }],
    },
    ...(pooler ? [poolerAccess(database, roles)] : []),
    { why: 'Roles with a password', rules },
    {
      why: 'Everybody else',
      rules: [
        { type: 'local', database: 'all', user: 'all', method: 'reject' },
        { type: 'host', database: 'all', user: 'all', address: 'all', method: 'reject' },
      ],
    },
  ]
}

function poolerAccess(database: string, roles: readonly Role[]): AccessSection {
  const local = (kind: RoleKind, method: string) =>
    rolesOfKind(roles, kind).map(({ name }): AccessRule => ({ type: 'local', database: hbaToken(database), user: hbaToken(name), method }))
  return {
    why: 'The pooler looks passwords up as the operating system user that it is, and passes on what the application proved',
    rules: [...local('pooler', `peer map=${poolerMap}`), ...local('app', 'scram-sha-256')],
  }
}
