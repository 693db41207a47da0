import type { Service } from '../../src/fleet/types.ts'
import { hbaToken } from '../quote.ts'
import { type AccessRule, type AccessSection, superuser } from './access-rule.ts'

const loopback = ['127.0.0.1/32', '::1/128']

/** Access to a server of the embedded runtime: this machine only. */
export function loopbackAccess({ database, roles }: Service): AccessSection[] {
  const people = roles.filter(({ authentication }) => authentication === 'password')
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
