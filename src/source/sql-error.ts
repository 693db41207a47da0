import { endWithout, sqlBlanks } from './blanks.ts'

/** A refusal of the parser in offsets of the text, with what it usually means. */
export function sqlError(message: string, sql: string, at: number): { message: string; start: number; end: number } {
  const hint = hintFor(sql, at)
  const end = endWithout(sqlBlanks, sql, 0, sql.length)
  const start = Math.min(at, end)
  const shown = shorten(message)
  return { message: hint === undefined ? shown : `${shown}: ${hint}`, start, end: Math.min(end, start + tokenLength(message, sql, start)) }
}

function hintFor(sql: string, at: number): string | undefined {
  const line = sql.slice(sql.lastIndexOf('\n', at - 1) + 1, at)
  if (/\bcopy\b[^;]*\bfrom\s+stdin\b[^;]*;/i.test(sql.slice(0, at)))
    return 'rows of COPY ... FROM STDIN cannot stand in a migration, use INSERT'
  const meta = /^\\[a-z!?.]*/i.exec(sql.slice(at))?.[0]
  if (meta !== undefined && line.trim() === '') return `${meta} is a command of psql, not SQL`
  const variable = /^:['"]?[a-z_]\w*/i.exec(sql.slice(at))?.[0]
  if (variable !== undefined) return `variables such as ${variable} are a feature of psql, write the value itself`
  return undefined
}

/** `... at or near "x"` names the token, which may span lines; its first line is marked. */
function tokenLength(message: string, sql: string, start: number): number {
  const token = /at or near "(.*)"$/s.exec(message)?.[1]
  if (token === undefined || !sql.startsWith(token, start)) return 1
  return token.split('\n')[0]!.length
}

/** What is never closed is quoted to the end of the file. */
function shorten(message: string): string {
  const line = message.split('\n')[0]!
  return line === message && line.length <= 120 ? message : `${line.slice(0, 110)}…"`
}
