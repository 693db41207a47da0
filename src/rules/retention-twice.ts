import type { Rule } from './rule.ts'

export const retentionTwice: Rule = {
  code: 'retention-twice',
  severity: 'error',
  why: 'When a table has two retentions, the shorter one wins, whatever the other one promises.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  prices:
    port: 5432
    memory: 2GiB
    extensions: [timescaledb]
    schemas: [market]
    timeseries:
      market.ticks: { column: at, keep: 90 days }
    retention:
      market.ticks: { column: at, keep: 7 years } # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  prices:
    port: 5432
    memory: 2GiB
    extensions: [timescaledb]
    schemas: [market]
    timeseries:
      market.ticks: { column: at, keep: 7 years }
`,
  *check({ services }) {
    for (const { timeseries, retention } of services)
      for (const { schema, table, keep, origin } of retention) {
        const other = timeseries.find((one) => one.schema === schema && one.table === table)
        if (other?.keep)
          yield {
            path: origin,
            on: 'key',
            message: `${schema}.${table} has two retentions: ${keep.text} here, ${other.keep.text} under timeseries`,
            help: 'keep the one under timeseries: it drops whole chunks',
            related: [{ path: [...other.origin, 'keep'], message: 'the other retention' }],
          }
      }
  },
}
