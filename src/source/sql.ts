import type { SqlFile } from '../fleet/data-types.ts'
import { sha256 } from '../sha256.ts'
import { spansOf } from './spans.ts'
import { callError } from './sql-call.ts'
import { outlineOf, type SqlKind, type SqlOutline } from './sql-outline.ts'
import { parserVersions } from './sql-parser.ts'

/** What is known of one file of SQL: its statements, or why it has none. */
export type SqlFacts = Pick<SqlFile, 'statements' | 'error'>

/** Remembers outlines by a key that covers all they depend on. Parsing SQL costs more than the whole rest of a run. */
export type SqlCache = { get(key: string): SqlOutline | undefined; set(key: string, outline: SqlOutline): void }

/** A cache that lives as long as the process. */
export function memoryCache(): SqlCache {
  const known = new Map<string, SqlOutline>()
  return { get: (key) => known.get(key), set: (key, outline) => void known.set(key, outline) }
}

/** Changes whenever what is written about a text changes: other rules, other words. */
const outlineVersion = 3

/** Reads one file of SQL with the parser of a PostgreSQL major. Mistakes in it are facts, not exceptions. */
export async function parseSql(file: string, text: string, major: number, cache: SqlCache, kind: SqlKind = 'migration'): Promise<SqlFacts> {
  const { statements, error } = await remembered(kind, text, major, cache, () => outlineOf(text, major, kind))
  const spans = spansOf(file, text)
  return {
    statements: statements.map(({ start, end, forbidden, schemas, relations, fills }) => ({
      text: text.slice(start, end),
      at: spans(start, end),
      ...(forbidden !== undefined && { forbidden }),
      schemas,
      relations,
      ...(fills && { fills }),
    })),
    ...(error && { error: { message: error.message, at: spans(error.start, error.end) } }),
  }
}

/** What is wrong with the call of a job, `schema.function(...)` or `CALL schema.procedure(...)`; undefined when it is one. */
export async function parseCall(text: string, major: number, cache: SqlCache): Promise<string | undefined> {
  const { error } = await remembered('call', text, major, cache, async () => {
    const message = await callError(text, major)
    return { statements: [], ...(message !== undefined && { error: { message, start: 0, end: text.length } }) }
  })
  return error?.message
}

async function remembered(
  kind: string,
  text: string,
  major: number,
  cache: SqlCache,
  make: () => Promise<SqlOutline>,
): Promise<SqlOutline> {
  const key = sha256(JSON.stringify([kind, outlineVersion, major, parserVersions[major], text]))
  const known = cache.get(key)
  if (known) return known
  const outline = await make()
  cache.set(key, outline)
  return outline
}
