import type { Finding } from '../diagnostic.ts'
import type { Fleet, Service } from '../fleet/types.ts'
import type { Rule } from './rule.ts'

export const timescaledbEdition: Rule = {
  code: 'timescaledb-edition',
  severity: 'error',
  why: 'TimescaleDB of the Debian packages is the Apache edition. It has hypertables and drop_chunks, and refuses compression and policies when they are called.',
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
      market.ticks:
        column: at
        keep: 90 days
        compress_after: 7 days # <-
  metrics:
    port: 5433
    memory: 2GiB
    extensions: [timescaledb]
    timescaledb: community # <-
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
      market.ticks:
        column: at
        keep: 90 days
`,
  *check(fleet) {
    for (const service of fleet.services) yield* beyondEdition(service, fleet)
  },
}

function* beyondEdition(service: Service, { target, catalogs }: Fleet): Iterable<Finding> {
  const { key, origin, timescaledb, timeseries, declared } = service
  const edition = catalogs.extensions['timescaledb']?.edition ?? 'apache'
  if (timescaledb === 'community' && edition === 'apache' && !target.lenient)
    yield {
      path: [...origin, 'timescaledb'],
      message: `${key} asks for the community edition of TimescaleDB, the target ${target.name} has the apache edition`,
      help: 'leave it out; retention works without policies, as a nightly drop_chunks',
    }
  const license = declared['timescaledb.license']
  if (license !== undefined && license !== 'apache' && edition === 'apache' && !target.lenient)
    yield {
      path: [...origin, 'settings', 'timescaledb.license'],
      message: `the packages of the target ${target.name} only run with timescaledb.license apache, not ${license}`,
      help: 'leave it out',
    }
  if (timescaledb === 'community') return
  for (const { schema, table, compressAfter, origin: at } of timeseries)
    if (compressAfter)
      yield {
        path: [...at, 'compress_after'],
        message: `compression of ${schema}.${table} needs the community edition of TimescaleDB, ${key} has the apache edition`,
        help: 'leave compress_after out',
      }
}
