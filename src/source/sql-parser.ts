/** One statement of a parse tree: `{ SelectStmt: {...} }`, and where it stands in bytes of UTF-8. */
export type RawStatement = { readonly stmt: Readonly<Record<string, Node>>; readonly stmt_location?: number; readonly stmt_len?: number }

/** A node of PostgreSQL's parse tree; fields that hold their default (false, 0, empty) are absent. */
export type Node = { readonly [field: string]: unknown }

/** The parser refused the text; `position` counts code points from 0. */
export type Refusal = { readonly message: string; readonly position: number }

/** Versions in package.json: part of the cache key, because another version may read SQL in another way. */
export const parserVersions: Readonly<Record<number, string>> = { 15: '15.6.3', 16: '16.7.3', 17: '17.7.4', 18: '18.1.5' }

type Parser = { readonly loadModule: () => Promise<void>; readonly parseSync: (text: string) => unknown }

/** Literal names, so that the bundler sees them; each is a megabyte of WebAssembly that is loaded only here. */
function load(major: number): Promise<Parser> {
  switch (major) {
    case 15:
      return import('libpg-query-15')
    case 16:
      return import('libpg-query-16')
    case 17:
      return import('libpg-query-17')
    case 18:
      return import('libpg-query-18')
    default:
      throw new Error(`there is no parser for PostgreSQL ${major}`)
  }
}

/** Parses SQL as PostgreSQL of that major does. */
export async function parseTree(text: string, major: number): Promise<readonly RawStatement[] | Refusal> {
  // The package takes text without any letters for a mistake of its caller.
  const strange = text.trim() === '' ? text.search(/[^ \t\n\r\f\v]/) : undefined
  if (strange === -1) return []
  if (strange !== undefined) return { message: 'syntax error at a space that is not one of SQL', position: strange }
  const parser = await load(major)
  await parser.loadModule()
  try {
    const { stmts = [] } = parser.parseSync(text) as { stmts?: RawStatement[] }
    return stmts
  } catch (error) {
    if (!(error instanceof Error)) throw error
    // WebAssembly has a smaller stack than a server has.
    if (error instanceof RangeError) return { message: 'an expression is nested too deeply for the parser', position: 0 }
    const { sqlDetails } = error as { sqlDetails?: { cursorPosition?: number } }
    if (!sqlDetails) throw error
    return { message: error.message, position: sqlDetails.cursorPosition ?? 0 }
  }
}
