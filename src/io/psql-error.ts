// What psql says of a statement that failed: https://www.postgresql.org/docs/current/error-message-reporting.html
import { label } from './sql-script.ts'

export type PsqlError = {
  readonly message: string
  readonly detail?: string
  readonly hint?: string
  /** File that was run, as psql was given it, and the line in it where the statement ends. */
  readonly script: string
  readonly scriptLine: number
  /** Place in the hand-written file, when the error is in a migration. */
  readonly source?: { readonly file: string; readonly line: number }
}

/** The first error in what psql wrote to its standard error; undefined when there is none of a statement. */
export function parsePsqlError(stderr: string): PsqlError | undefined {
  const lines = stderr.split('\n')
  const first = lines.findIndex((line) => start.test(line))
  const found = start.exec(lines[first] ?? '')
  if (!found) return undefined
  const [, script = '', scriptLine = '', text = ''] = found
  const fields = new Map<string, string>([['MESSAGE', text]])
  let current = 'MESSAGE'
  for (const line of lines.slice(first + 1)) {
    if (/^psql:/.test(line)) break
    const field = /^(DETAIL|HINT|QUERY|CONTEXT|LINE \d+): {1,2}(.*)$/.exec(line)
    if (field) {
      current = field[1]!.replace(/ \d+$/, '')
      fields.set(current, field[2]!)
      if (current === 'LINE') fields.set('NUMBER', field[1]!.slice(5))
    } else fields.set(current, `${fields.get(current)}\n${line}`)
  }
  const source = sourceOf(fields)
  const [detail, hint] = [fields.get('DETAIL')?.trim(), fields.get('HINT')?.trim()]
  return {
    message: fields.get('MESSAGE')!.trim(),
    ...(detail ? { detail } : {}),
    ...(hint ? { hint } : {}),
    script,
    scriptLine: Number(scriptLine),
    ...(source ? { source } : {}),
  }
}

const start = /^psql:(.+):(\d+): (?:ERROR|FATAL|PANIC): {1,2}(.*)$/

/** The statement starts in the line of its label; where in it is known when its text could not be parsed: `LINE` counts in `QUERY` then. */
function sourceOf(fields: ReadonlyMap<string, string>): PsqlError['source'] {
  const query = label.exec(fields.get('QUERY') ?? '')
  const found = query ?? label.exec(fields.get('CONTEXT') ?? '')
  if (!found) return undefined
  return { file: found[1]!, line: Number(found[2]) + (query ? Number(fields.get('NUMBER') ?? 1) - 1 : 0) }
}
