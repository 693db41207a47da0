import { extensionSchema } from '../../src/fleet/database-names.ts'
import type { Duration, Service } from '../../src/fleet/types.ts'
import { dollarQuote, lineComment, sqlIdentifier, sqlLiteral } from '../quote.ts'
import { render } from './retention.hbs'
import { render as renderBody } from './retention-body.hbs'
import { render as renderDelete } from './retention-delete.hbs'
import { tableName } from './timeseries.ts'
import { withRows } from './with-rows.ts'

type Rule = { readonly schema: string; readonly table: string; readonly column: string; readonly keep: Duration }

/** The procedure that removes old rows, and the list of jobs. */
export function retentionSection({ timeseries, retention, jobs }: Service): string {
  const kept = timeseries.flatMap((table) => (table.keep ? [{ ...table, keep: table.keep }] : []))
  const body = renderBody({
    extensionSchema,
    chunked: kept
      .filter(({ hypertable }) => hypertable)
      .map((rule) => ({ what: what(rule), regclass: sqlLiteral(tableName(rule)), keep: sqlLiteral(rule.keep.text) })),
    deleted: [...kept.filter(({ hypertable }) => !hypertable), ...retention].map((rule) => ({
      what: what(rule),
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
  })
}

const what = ({ schema, table, keep }: Rule): string => lineComment(`${schema}.${table}: ${keep.text}`)

/** With parameters, so that no column can be taken for a variable of the procedure. */
const deletion = (rule: Rule): string =>
  dollarQuote(renderDelete({ name: tableName(rule), column: sqlIdentifier(rule.column), keep: sqlLiteral(rule.keep.text) }))
