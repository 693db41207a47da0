import type { Finding } from '../diagnostic.ts'
import type { TimeseriesTable } from '../fleet/data-types.ts'
import type { BackupPlan } from '../fleet/types.ts'
import type { Rule } from './rule.ts'

const day = 86_400

export const retentionOrder: Rule = {
  code: 'retention-order',
  severity: 'error',
  why: 'Rarer backups reach further back; kept for a shorter time they add nothing. A table keeps at least one chunk, and is compressed before it is dropped.',
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
        chunk: 7 days
        keep: 1 day # <-
backup:
  daily: { keep: 30 days }
  weekly: { keep: 2 weeks } # <-
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
        chunk: 7 days
        keep: 30 days
backup:
  daily: { keep: 14 days }
  weekly: { keep: 8 weeks }
`,
  *check({ backup, services }) {
    yield* backups(backup)
    for (const { timeseries } of services) for (const table of timeseries) yield* chunks(table)
  },
}

function* backups({ daily, weekly, monthly, origin }: BackupPlan): Iterable<Finding> {
  const kinds = [
    { name: 'daily', keep: daily.keep, every: day },
    { name: 'weekly', keep: weekly.keep, every: 7 * day },
    { name: 'monthly', keep: monthly.keep, every: 28 * day },
  ]
  for (const [index, { name, keep, every }] of kinds.entries()) {
    const path = [...origin, name, 'keep']
    const before = kinds[index - 1]
    if (keep.seconds < every)
      yield {
        path,
        message: `${name} backups are kept for ${keep.text}: each is deleted before the next one is taken`,
        help: `keep them for at least ${every / day} day${every > day ? 's' : ''}`,
      }
    else if (before && keep.seconds < before.keep.seconds)
      yield {
        path,
        message: `${name} backups are kept for ${keep.text}, ${before.name} ones for ${before.keep.text}`,
        help: `keep ${name} backups for at least ${before.keep.text}`,
        related: [{ path: [...origin, before.name, 'keep'], message: `${before.name} backups` }],
      }
  }
}

function* chunks({ schema, table, chunk, keep, compressAfter, origin }: TimeseriesTable): Iterable<Finding> {
  const name = `${schema}.${table}`
  if (keep && keep.seconds < chunk.seconds)
    yield {
      path: [...origin, 'keep'],
      message: `${name} keeps rows for ${keep.text}, but a chunk holds ${chunk.text} and is dropped as a whole`,
      help: `keep at least ${chunk.text}, or make chunks smaller`,
      related: [{ path: [...origin, 'chunk'], message: 'size of a chunk' }],
    }
  if (keep && compressAfter && compressAfter.seconds >= keep.seconds)
    yield {
      path: [...origin, 'compress_after'],
      message: `${name} is compressed after ${compressAfter.text}, but rows are kept for ${keep.text}`,
      help: `compress before ${keep.text}`,
      related: [{ path: [...origin, 'keep'], message: 'how long rows are kept' }],
    }
}
