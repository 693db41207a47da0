import { findSetting } from '../fleet/setting-lookup.ts'
import type { Rule } from './rule.ts'

export const settingOwned: Rule = {
  code: 'setting-owned',
  severity: 'error',
  why: 'Ports, certificates, libraries and paths follow from the rest of services.yaml. An override in one place would break what was derived from it in another.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    settings:
      port: 5433 # <-
      shared_preload_libraries: pg_stat_statements # <-
      ssl: off # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5433
    memory: 2GiB
    extensions: [pg_stat_statements]
`,
  *check(fleet) {
    for (const service of fleet.services)
      for (const name of Object.keys(service.declared)) {
        const found = findSetting(name, service, fleet)
        if (found.kind === 'owned')
          yield {
            path: [...service.origin, 'settings', name],
            on: 'key',
            message: `${name} is set by pgfleet: ${found.why}`,
            help: found.instead,
          }
      }
  },
}
