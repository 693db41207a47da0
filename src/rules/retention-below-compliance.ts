import { recordKeeping } from '../fleet/record-keeping.ts'
import type { Rule } from './rule.ts'

export const retentionBelowCompliance: Rule = {
  code: 'retention-below-compliance',
  severity: 'error',
  why: 'Records that a regulation wants kept would be deleted before their time, every night, and no backup brings them all back.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  trading:
    port: 5432
    memory: 2GiB
    schemas: [trading]
    compliance: [mifid, gdpr]
    retention:
      trading.order_trail:
        column: at
        keep: 1 year # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  trading:
    port: 5432
    memory: 2GiB
    schemas: [trading]
    compliance: [mifid, gdpr]
    retention:
      trading.order_trail: { column: at, keep: 5 years }
      trading.sessions: { column: at, keep: 30 days, compliance: [gdpr] }
`,
  *check({ services }) {
    for (const { timeseries, retention } of services)
      for (const { schema, table, keep, compliance, origin } of [...timeseries, ...retention])
        for (const tag of compliance) {
          const least = recordKeeping[tag]
          if (keep && least && keep.seconds < least.keep.seconds)
            yield {
              path: [...origin, 'keep'],
              message: `${schema}.${table} falls under ${tag} and is kept for ${keep.text} only`,
              help: `keep it for ${least.keep.text} (${least.source}), or say which regulations the table falls under: compliance: [...]`,
            }
        }
  },
}
