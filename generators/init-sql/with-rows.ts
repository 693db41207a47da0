import { sqlLiteral } from '../quote.ts'

/** Rows of text as a common table, also where there are none: `name (x, y) AS (VALUES ('a', 'b'), ...)`. */
export function withRows(name: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const values = rows.map((row) => `  (${row.map(sqlLiteral).join(', ')})`)
  const content = rows.length > 0 ? `VALUES\n${values.join(',\n')}` : `SELECT ${columns.map(() => "''").join(', ')} WHERE false`
  return `${name} (${columns.join(', ')}) AS (${content}\n)`
}
