import { graphemes, widthOf } from './width.ts'

const width = (text: string): number => graphemes(text).reduce((sum, grapheme) => sum + widthOf(grapheme), 0)

/** Rows in columns as wide as their widest cell, two spaces between them; ends with a line feed. `paint` colours whole padded cells. */
export function table(
  rows: readonly (readonly string[])[],
  paint: (cell: string, row: number, column: number) => string = (cell) => cell,
): string {
  const columns = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => width(row[column] ?? ''))))
  const line = (row: readonly string[], index: number) =>
    row
      .map((cell, column) => paint(cell, index, column) + ' '.repeat(column === row.length - 1 ? 0 : widths[column]! - width(cell)))
      .join('  ')
  return rows.map((row, index) => `${line(row, index).trimEnd()}\n`).join('')
}
