// Quoting for every format that is printed as text. A string a user can write reaches an artifact through one of these, when the view is built.
// What a format cannot hold at all is a bug of the caller (the schema and the rules refuse it before): these throw.

/** An SQL identifier, always quoted, so that no reserved word and no upper-case letter needs a second thought. */
export function sqlIdentifier(name: string): string {
  if (name === '') throw new Error('an SQL identifier cannot be empty')
  return `"${withoutNul(name).replaceAll('"', '""')}"`
}

/** An SQL string. With a backslash it becomes E'': that reads the same whatever standard_conforming_strings says, as in libpq's PQescapeLiteral. */
export function sqlLiteral(text: string): string {
  const quoted = withoutNul(text).replaceAll("'", "''")
  return quoted.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`
}

/** An SQL string between dollar tags, for text that people read: function bodies and statements. The text stands there unchanged. */
export function dollarQuote(text: string): string {
  const tag = dollarTag(withoutNul(text))
  return `${tag}${text}${tag}`
}

/** A dollar tag that may enclose the text. */
export function dollarTag(text: string): string {
  let tag = '$pgfleet'
  // Without its closing `$`, because the text may end in the tag's beginning.
  for (let n = 1; text.includes(tag); n++) tag = `$pgfleet${n}`
  return `${tag}$`
}

/** A block comment of SQL on one line. It nests in SQL, so an opening inside would swallow what follows just as a closing would end it. */
export const sqlComment = (text: string): string => `/* ${oneLine(text).replace(/\*(?=\/)|\/(?=\*)/g, '$& ')} */`

/**
 * Text after a `#`, `--` or `;`, up to the end of the line. A backslash at the end continues a line of pg_hba.conf, comments too: it gets a
 * full stop behind it.
 */
export const lineComment = (text: string): string => oneLine(text).trim().replace(/\\$/, '\\.')

/** What is printed without quotes: words and plain numbers. With a unit only some numbers may go without (`0.25GB` may not), so none does. */
const bareConfValue = /^(?:[A-Za-z_][A-Za-z0-9_]*|[+-]?[0-9]+(?:\.[0-9]+)?)$/

/** The value of a setting in postgresql.conf: https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-CONFIGURATION-FILE */
export function confValue(value: string): string {
  if (bareConfValue.test(value)) return value
  const escaped = withoutNul(value).replaceAll('\\', '\\\\').replaceAll("'", "''")
  return `'${escaped.replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`
}

/**
 * A database, role, map or user name in pg_hba.conf and pg_ident.conf. In quotes, `all` or `replication` is a name and no keyword, and `+`
 * and `@` have no meaning. A leading slash makes a regular expression even in quotes.
 */
export function hbaToken(name: string): string {
  if (name === '' || name.startsWith('/') || hasLineBreak(name)) throw new Error(`pg_hba.conf cannot name ${JSON.stringify(name)}`)
  return `"${name.replaceAll('"', '""')}"`
}

/** The name of a database at the start of a line of pgbouncer.ini. Its documentation speaks of quoting; PgBouncer 1.24 reads no quotes there (tried). */
export function iniKey(name: string): string {
  if (!/^[A-Za-z0-9_.-]+$/.test(name)) throw new Error(`pgbouncer.ini cannot name ${JSON.stringify(name)}`)
  return name
}

/** A value in pgbouncer.ini: everything up to the end of the line, without the spaces around it. It has no quotes, and takes no comment behind it. */
export function iniValue(value: string): string {
  if (hasLineBreak(value) || /^[ \t\v\f]|[ \t\v\f]$/.test(value)) throw new Error(`pgbouncer.ini cannot hold ${JSON.stringify(value)}`)
  return value
}

/** A value inside the connection string of a database in pgbouncer.ini: what stands after `host=`. */
export function connectionValue(value: string): string {
  if (value === '' || hasLineBreak(value)) throw new Error(`a connection string of pgbouncer.ini cannot hold ${JSON.stringify(value)}`)
  return /^[A-Za-z0-9_.-]+$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`
}

/** One word of a POSIX shell command. */
export const shellWord = (word: string): string =>
  /^[A-Za-z0-9_@%+:,./-]+$/.test(withoutNul(word)) ? word : `'${word.replaceAll("'", `'\\''`)}'`

/** The command of a crontab line: cron makes a line break of each bare `%`. */
export function cronCommand(command: string): string {
  if (hasLineBreak(command)) throw new Error(`a crontab line cannot hold ${JSON.stringify(command)}`)
  return command.replaceAll('%', '\\%')
}

/** A string in a compose file that is no reference to a variable. */
export const composeText = (text: string): string => text.replaceAll('$', '$$$$')

export { urlPart } from '../src/fleet/connection-uri.ts'

/** Control characters, and what some reader takes for the end of a line, become spaces. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')

const hasLineBreak = (text: string): boolean => /[\0\n\r]/.test(text)

function withoutNul(text: string): string {
  if (text.includes('\0')) throw new Error(`PostgreSQL has no character 0: ${JSON.stringify(text)}`)
  return text
}
