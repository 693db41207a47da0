import { extensionAvailable } from '../fleet/extensions.ts'
import { extensionKnown, extensionMajors } from '../fleet/extensions-known.ts'
import type { Rule } from './rule.ts'

export const extensionUnavailable: Rule = {
  code: 'extension-unavailable',
  severity: 'error',
  why: 'An extension must exist for the major version and in the packages of the target; otherwise the init script fails.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    extensions:
      - adminpack # <-
      - auto_explain # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    postgres: 16
    memory: 2GiB
    extensions:
      - adminpack
`,
  *check(fleet) {
    const { target } = fleet
    if (target.lenient) return
    for (const { extensions, catalog, major } of fleet.services)
      for (const { name, origin } of extensions) {
        if (!extensionKnown(name, catalog, fleet) || extensionAvailable(name, catalog, target)) continue
        const majors = extensionMajors(name)
        yield {
          path: origin,
          message: majors
            ? `PostgreSQL ${major} has no extension ${name}: it is in ${majors}`
            : `the target ${target.name} has no extension ${name}`,
          help: majors ? 'leave it out, or change `postgres` of the service' : 'leave it out',
        }
      }
  },
}
