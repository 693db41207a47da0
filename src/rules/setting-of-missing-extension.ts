import { findSetting } from '../fleet/setting-lookup.ts'
import type { Rule } from './rule.ts'

export const settingOfMissingExtension: Rule = {
  code: 'setting-of-missing-extension',
  severity: 'error',
  why: 'PostgreSQL keeps a setting of an extension that is not loaded as a mere word: it is accepted and does nothing.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    settings:
      pgaudit.log: write # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    extensions: [pgaudit]
    settings:
      pgaudit.log: write
`,
  *check(fleet) {
    if (fleet.target.lenient) return
    for (const service of fleet.services)
      for (const name of Object.keys(service.declared)) {
        const found = findSetting(name, service, fleet)
        if (found.kind !== 'extension') continue
        yield {
          path: [...service.origin, 'settings', name],
          on: 'key',
          message: `${name} belongs to ${found.extension}, which ${service.key} does not have`,
          help: found.available
            ? `add ${found.extension} to the extensions of ${service.key}`
            : `leave it out: the target ${fleet.target.name} has no ${found.extension}`,
        }
      }
  },
}
