import { findSetting } from '../fleet/setting-lookup.ts'
import type { Rule } from './rule.ts'

export const settingUnknown: Rule = {
  code: 'setting-unknown',
  severity: 'error',
  why: 'PostgreSQL refuses to start on a name it does not know, and takes any name with a dot in silence.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    settings:
      work_men: 8MB # <-
      checkpoint_segments: 32 # <-
      default_pool_size: 50 # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    settings:
      work_mem: 8MB
`,
  *check(fleet) {
    for (const service of fleet.services)
      for (const name of Object.keys(service.declared)) {
        const found = findSetting(name, service, fleet)
        const at = { path: [...service.origin, 'settings', name], on: 'key' as const }
        if (found.kind === 'former')
          yield {
            ...at,
            message: `PostgreSQL has no ${name} any more`,
            help: found.successor ? `today it is ${found.successor}` : 'leave it out',
          }
        else if (found.kind === 'pgbouncer')
          yield {
            ...at,
            message: `${name} is a setting of PgBouncer, not of PostgreSQL`,
            help: 'set size, reserve, mode and max_clients of the pool',
          }
        else if (found.kind === 'unknown')
          yield {
            ...at,
            message: `PostgreSQL ${service.major} has no setting ${name}`,
            help: found.closest
              ? `did you mean "${found.closest}"?`
              : 'names are those of pg_settings; parameters of your own are set with ALTER DATABASE in the SQL of the service',
          }
      }
  },
}
