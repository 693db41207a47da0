/** Where a stretch of a text ends without the blanks behind it. Not trimEnd: that takes spaces which are letters to YAML and to SQL. */
export function endWithout(blanks: string, text: string, start: number, end: number): number {
  let at = Math.min(end, text.length)
  while (at > start && blanks.includes(text.charAt(at - 1))) at--
  return at
}

export const yamlBlanks = ' \t\r\n'
/** https://www.postgresql.org/docs/current/sql-syntax-lexical.html; the vertical tab counts since version 16, and is refused before. */
export const sqlBlanks = ' \t\r\n\f\v'
