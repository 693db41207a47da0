import type { RetentionRule } from '../../src/fleet/data-types.ts'
import { extensionSchema } from '../../src/fleet/database-names.ts'
import type { Service } from '../../src/fleet/types.ts'
import { dollarQuote, lineComment, sqlIdentifier, sqlLiteral } from '../quote.ts'
import { render } from './retention.hbs'
import { render as renderBody } from './retention-body.hbs'
import { render as renderDelete } from './retention-delete.hbs'
import { tableName } from './timeseries.ts'
import { withRows } from './with-rows.ts'

type Rule = Omit<RetentionRule, 'origin'>

/** The procedure that removes old rows, and what the database knows of it and of the jobs. */
export function retentionSection({ timeseries, retention, jobs }: Service): string {
  const kept = timeseries.flatMap((table) => (table.keep ? [{ ...table, keep: table.keep }] : []))
  const body = renderBody({
    extensionSchema,
    chunked: kept.filter(({ hypertable }) => hypertable).map((rule) => ({ ...shown(rule), regclass: sqlLiteral(tableName(rule)) })),
    deleted: [...kept.filter(({ hypertable }) => !hypertable), ...retention].map((rule) => ({
      ...shown(rule),
      statement: deletion(rule),
    })),
  })
  return render({
    body: dollarQuote(body),
    jobs: withRows(
      'declared',
      ['name', 'schedule', 'call'],
      jobs.map(({ name, schedule, call }) => [name, schedule, call]),
    ),
    kept: withRows(
      'declared',
      ['table_name', 'keep'],
      [...kept, ...retention].map((rule) => [plainName(rule), rule.keep.text]),
    ),
  })
}

/** As people write it: what the ledger calls the table. */
const plainName = ({ schema, table }: Rule): string => `${schema}.${table}`

const shown = (rule: Rule) => ({
  what: lineComment(
    [`${plainName(rule)}: ${rule.keep.text}`, ...(rule.compliance.length > 0 ? [`(${rule.compliance.join(', ')})`] : [])].join(' '),
  ),
  name: sqlLiteral(plainName(rule)),
  keep: sqlLiteral(rule.keep.text),
})

/** With parameters, so that no column can be taken for a variable of the procedure. */
const deletion = (rule: Rule): string =>
  dollarQuote(renderDelete({ name: tableName(rule), column: sqlIdentifier(rule.column), keep: sqlLiteral(rule.keep.text) }))
