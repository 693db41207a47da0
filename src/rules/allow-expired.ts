import type { Rule } from './rule.ts'

export const allowExpired: Rule = {
  code: 'allow-expired',
  severity: 'warning',
  why: 'An entry of `allow:` permits one loss for a while. One that stays behind would be read as permission later, so it permits nothing after its day, and is to be removed.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders: { port: 5432, memory: 2GiB }
allow:
  - rule: schema-removed
    target: orders/schema/archive
    reason: moved to the warehouse
    expires: 2020-01-31 # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders: { port: 5432, memory: 2GiB }
allow:
  - rule: schema-removed
    target: orders/schema/archive
    reason: moved to the warehouse
    expires: 2999-12-31
`,
  *check({ allows }) {
    for (const { rule, target, reason, expires, expired, origin } of allows)
      if (expired)
        yield {
          path: [...origin, 'expires'],
          message: `the permission for ${rule} of ${target} (${reason}) ended on ${expires}`,
          help: 'remove the entry, or give it another day while the change is still to come',
        }
  },
}
