import type { Duration, RetentionRule, TimeseriesTable } from '../../fleet/data-types.ts'
import type { Draft } from './draft.ts'
import { kindOf, type Pair, pairs, same } from './pairs.ts'
import type { ServiceScope } from './scope.ts'
import { ratio } from './values.ts'

/** How long rows are kept, and how tables over time are cut. */
export const keptRowChanges = (scope: ServiceScope): Draft[] => [...retentionChanges(scope), ...timeseriesChanges(scope)]

const nameOf = ({ schema, table }: { schema: string; table: string }) => `${schema}.${table}`

function retentionChanges(scope: ServiceScope): Draft[] {
  const { name, before, after } = scope
  return pairs(before.retention, after.retention, nameOf).flatMap((pair): Draft[] => {
    const { key, before: old, after: now } = pair
    if (same(plain(old), plain(now))) return []
    const anotherColumn = old && now && old.column !== now.column
    return [
      {
        target: `${name}/retention/${key}`,
        area: 'retention',
        kind: kindOf(pair),
        service: after.key,
        subject: `rows of ${key}`,
        ...kept(old?.keep, now?.keep, [old?.column, now?.column]),
        effect: same(told(old), told(now)) ? 'none' : 'reload',
        on: [after.host],
        loses: (shorter(old?.keep, now?.keep) || anotherColumn) && existed(scope, key) ? 'retention-shortened' : undefined,
        at: places(pair),
      },
    ]
  })
}

function timeseriesChanges(scope: ServiceScope): Draft[] {
  const { name, before, after } = scope
  return pairs(before.timeseries, after.timeseries, nameOf).flatMap((pair): Draft[] => {
    const { key, before: old, after: now } = pair
    if (same(plain(old), plain(now))) return []
    const converted = !old || !now || old.column !== now.column
    return [
      {
        target: `${name}/timeseries/${key}`,
        area: 'retention',
        kind: kindOf(pair),
        service: after.key,
        subject: `time series ${key}`,
        ...kept(old?.keep, now?.keep, [chunks(old), chunks(now)]),
        effect: same(told(old), told(now)) ? 'none' : 'reload',
        on: [after.host],
        migrates: converted && now !== undefined,
        loses:
          old && shorter(old.keep, now?.keep) && now
            ? 'retention-shortened'
            : !old && now?.keep && existed(scope, key)
              ? 'retention-shortened'
              : undefined,
        ...(now ? {} : { advice: 'the table stays as it is cut; old rows are no longer deleted' }),
        at: places(pair),
      },
    ]
  })
}

const plain = (table: RetentionRule | TimeseriesTable | undefined) => table && { ...table, origin: undefined }
/** Without what only the checks of compliance read. */
const told = (table: RetentionRule | TimeseriesTable | undefined) => table && { ...table, origin: undefined, compliance: undefined }

const chunks = (table: TimeseriesTable | undefined): string | undefined =>
  table && `by ${table.column}, chunks of ${table.chunk.text}${table.compressAfter ? `, compressed after ${table.compressAfter.text}` : ''}`

/** For ever is longer than anything. */
const shorter = (before: Duration | undefined, after: Duration | undefined): boolean =>
  after !== undefined && after.seconds < (before?.seconds ?? Number.POSITIVE_INFINITY)

function kept(before: Duration | undefined, after: Duration | undefined, [old, now]: [string | undefined, string | undefined]) {
  const text = (keep: Duration | undefined, how: string | undefined) =>
    [`kept ${keep?.text ?? 'for ever'}`, old === now ? '' : (how ?? '')].filter(Boolean).join(', ')
  const note = before && after ? ratio(before.seconds, after.seconds) : undefined
  return { before: text(before, old), after: text(after, now), ...(note === undefined ? {} : { note }) }
}

/** A table that only the new SQL makes has no rows to lose. */
const existed = ({ before }: ServiceScope, table: string): boolean =>
  before.migrations.some(({ statements }) => statements.some(({ relations }) => relations.unknown || relations.makes.includes(table)))

const places = ({ before, after }: Pair<RetentionRule | TimeseriesTable>) => ({
  ...(before ? { base: before.origin } : {}),
  ...(after ? { head: after.origin } : {}),
})
