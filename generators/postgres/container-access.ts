import { addressOf } from '../../src/fleet/network.ts'
import type { NetworkPlan, RoleKind, Service } from '../../src/fleet/types.ts'
import { hbaToken } from '../quote.ts'
import { type AccessRule, type AccessSection, poolerMap, rolesOfKind, superuser } from './access-rule.ts'

/**
 * Access to a server in a container. Addresses are those of the plan: where a variable moves the base, the container's entrypoint
 * replaces its octets in this file.
 */
export function containerAccess({ base, edge }: NetworkPlan, { database, roles, addresses }: Service): AccessSection[] {
  const from = (offset: number, method: string, ...kinds: RoleKind[]): AccessRule[] =>
    rolesOfKind(roles, ...kinds).map(({ name }) => ({
      type: 'hostssl',
      database: hbaToken(database),
      user: hbaToken(name),
      address: `${addressOf(base, offset)}/32`,
      method,
    }))
  const gateway = edge.offset + 1
  return [
    {
      why: 'The superuser, as the operating system user postgres of this container; nobody else over the socket',
      rules: [
        { type: 'local', database: 'all', user: superuser, method: 'peer' },
        { type: 'local', database: 'all', user: 'all', method: 'reject' },
      ],
    },
    {
      why: 'The pooler looks passwords up with its certificate, and passes on what the application proved',
      rules: [
        ...from(addresses.pooler, `cert map=${poolerMap}`, 'pooler'),
        ...from(addresses.pooler, 'scram-sha-256 clientcert=verify-ca', 'app'),
      ],
    },
    {
      why: 'The ops container: backups, monitoring, jobs (as migrator)',
      rules: from(addresses.ops, 'scram-sha-256', 'backup', 'monitor', 'migrator'),
    },
    {
      why: 'The published port, as seen through the gateway of the edge network: people and tools that work directly',
      rules: from(gateway, 'scram-sha-256', 'migrator', 'admin', 'read-only'),
    },
    { why: 'Everybody else', rules: [{ type: 'host', database: 'all', user: 'all', address: 'all', method: 'reject' }] },
  ]
}
