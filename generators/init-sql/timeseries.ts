import type { TimeseriesTable } from '../../src/fleet/data-types.ts'
import { extensionSchema } from '../../src/fleet/database-names.ts'
import { ownerOf } from '../../src/fleet/server-roles.ts'
import type { Service } from '../../src/fleet/types.ts'
import { sqlIdentifier, sqlLiteral } from '../quote.ts'
import { renderBlocks } from './blocks.ts'
import { render as renderIndex } from './brin-index.hbs'
import { render as renderHypertable } from './hypertable.hbs'
import { render } from './timeseries.hbs'

/** Hypertables and their chunks, or BRIN indexes; their retention is in retention.ts. */
export function timeseriesSection(service: Service): string {
  if (service.timeseries.length === 0) return ''
  return renderBlocks(render, {
    owner: sqlIdentifier(ownerOf(service)),
    tables: service.timeseries.map((table) => ({
      regclass: sqlLiteral(tableName(table)),
      missing: sqlLiteral(`the time-series table ${table.schema}.${table.table} does not exist`),
      hypertable: table.hypertable,
      body: (table.hypertable ? hypertable(table, service.timescaledb) : brinIndex(table)).trimEnd(),
    })),
  })
}

export const tableName = ({ schema, table }: { readonly schema: string; readonly table: string }): string =>
  `${sqlIdentifier(schema)}.${sqlIdentifier(table)}`

const brinIndex = (table: TimeseriesTable): string =>
  renderIndex({ name: tableName(table), column: sqlLiteral(table.column), columnName: sqlIdentifier(table.column) })

/** https://docs.timescale.com/api/latest/hypertable/ ; the functions of the Community edition do not exist in the other. */
const hypertable = (table: TimeseriesTable, edition: Service['timescaledb']): string =>
  renderHypertable({
    extensionSchema,
    name: tableName(table),
    schema: sqlLiteral(table.schema),
    table: sqlLiteral(table.table),
    column: sqlLiteral(table.column),
    chunk: sqlLiteral(table.chunk.text),
    otherColumn: sqlLiteral(`${table.schema}.${table.table} is cut by another column than ${table.column}`),
    compressAfter: table.compressAfter ? sqlLiteral(table.compressAfter.text) : '',
    noCompression: edition === 'community' && !table.compressAfter,
  })
