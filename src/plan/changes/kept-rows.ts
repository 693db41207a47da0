import type { Compliance, Duration, RetentionRule, TimeseriesTable } from '../../fleet/data-types.ts'
import type { Service } from '../../fleet/types.ts'
import type { Draft } from './draft.ts'
import { intervalText, shorter } from './kept-time.ts'
import { kindOf, type Pair, pairs, same } from './pairs.ts'
import type { ServiceScope } from './scope.ts'
import { ratio } from './values.ts'

/** How long rows are kept, and how tables over time are cut. */
export const keptRowChanges = (scope: ServiceScope): Draft[] => [...retentionChanges(scope), ...timeseriesChanges(scope)]

type Rule = RetentionRule | TimeseriesTable

const nameOf = ({ schema, table }: { schema: string; table: string }) => `${schema}.${table}`

/** What deletes rows of a table: a rule of its own, or that of a time series. */
const ruleOf = ({ retention, timeseries }: Service, key: string): Rule | undefined =>
  [...retention, ...timeseries].find((rule) => nameOf(rule) === key && rule.keep !== undefined)

function retentionChanges(scope: ServiceScope): Draft[] {
  const { name, before, after } = scope
  return pairs(before.retention, after.retention, nameOf).flatMap((pair): Draft[] => {
    const { key, before: old, after: now } = pair
    if (same(run(old), run(now)) && !otherRegulations(scope, pair)) return []
    return [
      {
        target: `${name}/retention/${key}`,
        area: 'retention',
        kind: kindOf(pair),
        service: after.key,
        subject: `rows of ${key}`,
        ...kept(scope, pair, [old && `by ${old.column}`, now && `by ${now.column}`]),
        effect: same(run(old), run(now)) ? 'none' : 'reload',
        on: [after.host],
        loses: now && deletesMore(scope, key) ? 'retention-shortened' : undefined,
        at: places(pair),
      },
    ]
  })
}

function timeseriesChanges(scope: ServiceScope): Draft[] {
  const { name, before, after } = scope
  return pairs(before.timeseries, after.timeseries, nameOf).flatMap((pair): Draft[] => {
    const { key, before: old, after: now } = pair
    if (same(run(old), run(now)) && !otherRegulations(scope, pair)) return []
    const converted = !old || old.column !== now?.column || old.hypertable !== now.hypertable
    const advice = adviceOn(pair)
    return [
      {
        target: `${name}/timeseries/${key}`,
        area: 'retention',
        kind: kindOf(pair),
        service: after.key,
        subject: `time series ${key}`,
        ...kept(scope, pair, [cut(old), cut(now)]),
        effect: same(run(old), run(now)) ? 'none' : 'reload',
        on: [after.host],
        migrates: converted && now !== undefined,
        loses: now && deletesMore(scope, key) ? 'retention-shortened' : undefined,
        ...(advice === undefined ? {} : { advice }),
        at: places(pair),
      },
    ]
  })
}

function adviceOn({ before: old, after: now }: Pair<TimeseriesTable>): string | undefined {
  if (!now) return 'the table stays as it is cut'
  if (now.hypertable && old?.hypertable && old.column !== now.column)
    return 'the column of a hypertable cannot be changed: pgfleet apply refuses it. Make a new table'
  if (now.hypertable && !old?.hypertable)
    return 'rows that are there are moved into chunks while readers and writers wait, and it stays a hypertable'
  if (old?.hypertable && !now.hypertable)
    return 'it stays a hypertable, which nobody can read without the extension: copy its rows into a plain table before'
  return undefined
}

/** Whether the next night deletes rows that were kept so far: of a shorter time, or by another column. */
function deletesMore(scope: ServiceScope, key: string): boolean {
  const [old, now] = [ruleOf(scope.before, key), ruleOf(scope.after, key)]
  if (!now || !existed(scope, key)) return false
  // Chunks of a hypertable go by the column that it was cut by.
  const refused = [old, now].every((rule) => rule && 'hypertable' in rule && rule.hypertable)
  return shorter(old?.keep, now.keep) || (old?.column !== now.column && !refused)
}

/** Whether the rows fall under other regulations than before, and not because the service does. */
function otherRegulations({ before, after }: ServiceScope, { before: old, after: now }: Pair<Rule>): boolean {
  if (!old || !now || same(old.compliance, now.compliance)) return false
  return !(same(old.compliance, before.compliance) && same(now.compliance, after.compliance))
}

/** What the server is told of it. */
const run = (rule: Rule | undefined) =>
  rule && {
    column: rule.column,
    keep: intervalText(rule.keep),
    ...('hypertable' in rule
      ? { hypertable: rule.hypertable, chunk: intervalText(rule.chunk), compress: intervalText(rule.compressAfter) }
      : {}),
  }

const cut = (table: TimeseriesTable | undefined): string | undefined =>
  table &&
  `${table.hypertable ? 'a hypertable ' : ''}by ${table.column}, chunks of ${table.chunk.text}${table.compressAfter ? `, compressed after ${table.compressAfter.text}` : ''}`

function kept({ before, after }: ServiceScope, pair: Pair<Rule>, [old, now]: [string | undefined, string | undefined]) {
  const rules = [ruleOf(before, pair.key), ruleOf(after, pair.key)] as const
  const regulations = [under(pair.before?.compliance), under(pair.after?.compliance)] as const
  const text = (keep: Duration | undefined, how: string | undefined, regulation: string) =>
    [
      `kept ${keep?.text ?? 'for ever'}`,
      old === now ? '' : (how ?? ''),
      pair.before && pair.after && regulations[0] !== regulations[1] ? regulation : '',
    ]
      .filter(Boolean)
      .join(', ')
  const note = rules[0]?.keep && rules[1]?.keep ? ratio(rules[0].keep.seconds, rules[1].keep.seconds) : undefined
  return {
    before: text(rules[0]?.keep, old, regulations[0]),
    after: text(rules[1]?.keep, now, regulations[1]),
    ...(note === undefined ? {} : { note }),
  }
}

const under = (compliance: readonly Compliance[] = []): string =>
  compliance.length > 0 ? `under ${compliance.join(', ')}` : 'under no regulation'

/** A table that the new SQL makes has no rows to lose; one that it only gives another name has. */
function existed({ before, after }: ServiceScope, table: string): boolean {
  const makes = ({ relations }: Service['migrations'][number]['statements'][number]) => relations.makes.includes(table)
  const all = (service: Service) => service.migrations.flatMap(({ statements }) => statements)
  if (all(before).some((statement) => statement.relations.unknown || makes(statement))) return true
  return all(after).some((statement) => makes(statement) && /\brename\b/i.test(statement.text))
}

const places = ({ before, after }: Pair<Rule>) => ({
  ...(before ? { base: before.origin } : {}),
  ...(after ? { head: after.origin } : {}),
})
