import type { Service as ServiceConfig } from '../../schema/services.ts'
import type { Path } from '../diagnostic.ts'
import type { Job, RetentionRule, TimeseriesTable } from './data-types.ts'
import type { Surroundings } from './surroundings.ts'
import type { LeftOut, Target } from './types.ts'
import { parseDuration } from './units.ts'

/** `schema.table` in two; the schema of the configuration file has refused other forms. */
function splitName(name: string): { schema: string; table: string } {
  const dot = name.indexOf('.')
  return { schema: name.slice(0, dot), table: name.slice(dot + 1) }
}

/** Tables that grow by time; hypertables where the server has TimescaleDB. */
export function timeseriesOf(
  config: ServiceConfig,
  origin: Path,
  extensions: readonly string[],
  target: Target,
): { timeseries: TimeseriesTable[]; leftOut: LeftOut[] } {
  const hypertable = extensions.includes('timescaledb')
  const timeseries = Object.entries(config.timeseries ?? {}).map(
    ([name, { column, chunk, keep, compress_after: compress, compliance }]) => ({
      ...splitName(name),
      column,
      chunk: parseDuration(chunk ?? '7 days'),
      ...(keep === undefined ? {} : { keep: parseDuration(keep) }),
      ...(compress === undefined ? {} : { compressAfter: parseDuration(compress) }),
      hypertable,
      compliance: compliance ?? config.compliance ?? [],
      origin: [...origin, 'timeseries', name],
    }),
  )
  const wanted = target.lenient && !hypertable && (config.extensions ?? []).includes('timescaledb')
  const leftOut = wanted
    ? timeseries.map(({ schema, table }) => ({
        what: `hypertable ${schema}.${table}`,
        why: 'no timescaledb here: a plain table with a BRIN index',
      }))
    : []
  return { timeseries, leftOut }
}

export const retentionOf = (config: ServiceConfig, origin: Path): RetentionRule[] =>
  Object.entries(config.retention ?? {}).map(([name, { column, keep, compliance }]) => ({
    ...splitName(name),
    column,
    keep: parseDuration(keep),
    compliance: compliance ?? config.compliance ?? [],
    origin: [...origin, 'retention', name],
  }))

export function jobsOf(config: ServiceConfig, key: string, origin: Path, { callError }: Surroundings): Job[] {
  return Object.entries(config.jobs ?? {}).map(([name, { schedule, call }]) => {
    const error = callError(key, name)
    return { name, schedule, call, ...(error === undefined ? {} : { callError: error }), origin: [...origin, 'jobs', name] }
  })
}
