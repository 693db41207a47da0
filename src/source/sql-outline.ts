import type { RelationNames, TableName } from '../fleet/data-types.ts'
import { endWithout, sqlBlanks } from './blanks.ts'
import { sqlError } from './sql-error.ts'
import { forbiddenReason } from './sql-forbidden.ts'
import { fromBytes, fromCodePoints } from './sql-offsets.ts'
import { parseTree } from './sql-parser.ts'
import { relationsOf } from './sql-relations.ts'
import { type SchemaNames, schemasOf } from './sql-schemas.ts'
import { filledBy, notSeed } from './sql-seed.ts'

/** What is known of one SQL text, in offsets of it: plain JSON that any file with the same text can use. */
export type SqlOutline = {
  readonly statements: readonly {
    readonly start: number
    readonly end: number
    readonly forbidden?: string
    readonly schemas: SchemaNames
    readonly relations: RelationNames
    readonly fills?: Partial<TableName>
  }[]
  readonly error?: { readonly message: string; readonly start: number; readonly end: number }
}

/** What a file is for: statements of a migration run in the init transaction, those of a seed file fill tables. */
export type SqlKind = 'migration' | 'seed'

/** Splits a text into statements with PostgreSQL's own parser. Between them are only blanks, comments and semicolons. */
export async function outlineOf(text: string, major: number, kind: SqlKind): Promise<SqlOutline> {
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
    const forbidden = kind === 'seed' ? notSeed(stmt) : forbiddenReason(stmt)
    const fills = kind === 'seed' ? filledBy(stmt) : undefined
    return {
      start,
      end,
      ...(forbidden !== undefined && { forbidden }),
      schemas: schemasOf(stmt),
      relations: relationsOf(stmt),
      ...(fills && { fills }),
    }
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
