import { endWithout, sqlBlanks } from './blanks.ts'
import { sqlError } from './sql-error.ts'
import { forbiddenReason } from './sql-forbidden.ts'
import { fromBytes, fromCodePoints } from './sql-offsets.ts'
import { parseTree } from './sql-parser.ts'
import { type SchemaNames, schemasOf } from './sql-schemas.ts'

/** What is known of one SQL text, in offsets of it: plain JSON that any file with the same text can use. */
export type SqlOutline = {
  readonly statements: readonly {
    readonly start: number
    readonly end: number
    readonly forbidden?: string
    readonly schemas: SchemaNames
  }[]
  readonly error?: { readonly message: string; readonly start: number; readonly end: number }
}

/** Splits a text into statements with PostgreSQL's own parser. Between them are only blanks, comments and semicolons. */
export async function outlineOf(text: string, major: number): Promise<SqlOutline> {
  // The parser is written in C: for it the text would end there.
  const nul = text.indexOf('\0')
  if (nul !== -1) return { statements: [], error: { message: 'SQL cannot contain the character U+0000', start: nul, end: nul + 1 } }
  // psql skips a byte order mark, the parser does not.
  const sql = text.startsWith('\ufeff') ? ` ${text.slice(1)}` : text
  const tree = await parseTree(sql, major)
  if ('message' in tree) return { statements: [], error: sqlError(tree.message, sql, fromCodePoints(sql, tree.position)) }

  const offsets = fromBytes(
    sql,
    tree.flatMap(({ stmt_location = 0, stmt_len }) => [
      stmt_location,
      stmt_len === undefined ? Number.POSITIVE_INFINITY : stmt_location + stmt_len,
    ]),
  )
  const statements = tree.map(({ stmt }, index) => {
    const start = skipBlank(sql, offsets[2 * index]!)
    const end = endWithout(sqlBlanks, sql, start, offsets[2 * index + 1]!)
    const forbidden = forbiddenReason(stmt)
    return { start, end, ...(forbidden !== undefined && { forbidden }), schemas: schemasOf(stmt) }
  })
  return { statements }
}

const blank = /[ \t\n\r\f\v]+|--[^\n\r]*/y

/** The first token at or after an offset: blanks and comments (block comments nest) stand before it. */
function skipBlank(sql: string, from: number): number {
  let at = from
  for (;;) {
    blank.lastIndex = at
    if (blank.test(sql)) at = blank.lastIndex
    else if (sql.startsWith('/*', at)) at = endOfComment(sql, at)
    else return at
  }
}

function endOfComment(sql: string, start: number): number {
  const edge = /\/\*|\*\//g
  edge.lastIndex = start
  let depth = 0
  for (let match = edge.exec(sql); match; match = edge.exec(sql)) {
    depth += match[0] === '/*' ? 1 : -1
    if (depth === 0) return edge.lastIndex
  }
  return sql.length
}
