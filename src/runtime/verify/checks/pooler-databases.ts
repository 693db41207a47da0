import { type Finding, type Outcome, type PoolerCheck, type Subject, textRowsOf } from '../check.ts'
import { absent } from '../compare.ts'
import { connectionPairs } from '../ini.ts'
import type { Queryable } from '../verify-settings.ts'
import { generatedIni } from './pooler-config.ts'

type Row = Readonly<Record<string, string | null>>

/** Columns of SHOW DATABASES and SHOW USERS by the key of the file; the first that the version has. */
const columns: Readonly<Record<string, readonly string[]>> = {
  dbname: ['database'],
  max_db_connections: ['max_connections'],
  reserve_pool: ['reserve_pool', 'reserve_pool_size'],
  reserve_pool_size: ['reserve_pool_size', 'reserve_pool'],
}

/** The database of its own console. */
const consoleDatabase = 'pgbouncer'

/** Each entry of a section as its row shows it. Columns that the version does not have are passed over. */
function compareEntries(what: string, entries: ReadonlyMap<string, string>, rows: readonly Row[]): Finding[] {
  return [...entries].flatMap(([name, text]): Finding[] => {
    const row = rows.find((each) => each['name'] === name)
    if (!row) return [{ what: `${what} ${name}`, expected: text, actual: absent }]
    return [...connectionPairs(text)].flatMap(([key, expected]) => {
      const column = (columns[key] ?? [key]).find((each) => Object.hasOwn(row, each))
      const actual = column === undefined ? expected : (row[column] ?? '')
      return actual === expected ? [] : [{ what: `${key} of ${what} ${name}`, expected, actual }]
    })
  })
}

type PoolerSubject = Omit<Subject, 'server'>

/** What the sections [databases] and [users] say, and the pooler does not do. */
export async function entryFindings(subject: PoolerSubject, console: Queryable): Promise<Finding[]> {
  const { databases = new Map<string, string>(), users = new Map<string, string>() } = generatedIni(subject)
  return [
    ...compareEntries('database', databases, await textRowsOf(console, 'SHOW DATABASES')),
    ...compareEntries('user', users, await textRowsOf(console, 'SHOW USERS')),
  ]
}

async function checkPoolerDatabases(subject: PoolerSubject, console: Queryable): Promise<Outcome> {
  const { databases = new Map<string, string>() } = generatedIni(subject)
  const rows = await textRowsOf(console, 'SHOW DATABASES')
  const names = rows.map(({ name }) => name ?? '').filter((name) => name !== consoleDatabase)
  const findings = [
    ...(await entryFindings(subject, console)),
    ...names.filter((name) => !databases.has(name)).map((name) => ({ what: `database ${name}`, expected: absent, actual: 'pooled' })),
    ...rows.flatMap(({ name, paused, disabled }) =>
      Object.entries({ paused, disabled })
        .filter(([, value]) => value === '1')
        .map(([state]) => ({ what: `database ${name}`, expected: 'at work', actual: state, help: 'RESUME or ENABLE it at its console' })),
    ),
  ]
  return { findings, figures: { databases: names.length } }
}

export const poolerDatabases: PoolerCheck = {
  id: 'pooler-databases',
  title: 'the pooler serves the declared database with the declared limits, and no other',
  help: 'reload the pooler',
  run: checkPoolerDatabases,
}
