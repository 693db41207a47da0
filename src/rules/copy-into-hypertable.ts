import { applicationMay } from '../fleet/row-grants.ts'
import type { Rule } from './rule.ts'

/** https://github.com/timescale/timescaledb/issues/7667, seen with TimescaleDB 2.19.3 and pgaudit 17.1: any pgaudit.log but none. */
export const copyIntoHypertable: Rule = {
  code: 'copy-into-hypertable',
  severity: 'warning',
  why: 'Where TimescaleDB and pgaudit are both loaded, COPY into a hypertable ends the whole server with a segmentation fault; whoever may INSERT may COPY.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  prices:
    port: 5432
    memory: 2GiB
    extensions: [timescaledb, pgaudit]
    schemas: [market]
    timeseries:
      market.ticks: { column: at } # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  prices:
    port: 5432
    memory: 2GiB
    app:
      privileges: { market.ticks: [select] }
    extensions: [timescaledb, pgaudit]
    schemas: [market]
    timeseries:
      market.ticks: { column: at }
`,
  *check({ services }) {
    for (const service of services) {
      if (!service.extensions.some(({ name }) => name === 'pgaudit')) continue
      for (const { schema, table, hypertable, origin } of service.timeseries)
        if (hypertable && applicationMay(service, 'INSERT', { schema, table }))
          yield {
            path: origin,
            on: 'key',
            message: `the application of ${service.key} may INSERT into the hypertable ${schema}.${table}, and end the server by COPY`,
            help: `let it write through a function or a plain table: app.privileges: { ${schema}.${table}: [select] }`,
          }
    }
  },
}
