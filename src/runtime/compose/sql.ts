// Questions to the servers and poolers of a project, asked inside of their containers: the superuser and the pooler's admin log in over
// the socket only.
import { poolerUser, serverUser } from '../../fleet/container-names.ts'
import { poolerPaths } from '../../fleet/container-paths.ts'
import type { Service } from '../../fleet/types.ts'
import { type PsqlSession, psqlSession } from '../../io/psql-session.ts'
import type { ServerSession, Session } from '../verify/access.ts'
import type { Queryable } from '../verify/verify-settings.ts'
import { type ComposeProject, poolerContainer, serverContainer } from './project.ts'

/**
 * The superuser of a service's server, in the service's database. Values come back as JSON has them: numbers also where node-postgres
 * gives text (int8, numeric), arrays, booleans, times as ISO 8601. One statement a query; queries run in the order they are made.
 * Throws `sql` for what the server refuses, `container-unreachable` when there is none.
 */
export function superuserQueries(project: ComposeProject, service: Pick<Service, 'key' | 'database'>): ServerSession {
  const { query, end } = psqlSession({
    container: serverContainer(project, service.key),
    user: serverUser,
    // The service's database as a connection string: a name may look like one.
    options: ['--username=postgres', `--dbname=dbname=${quoted(service.database)} application_name=pgfleet`],
  })
  return {
    query: async (text) => ({ rows: await jsonRows(query, text) }),
    execute: async (statement) => (await query(statement)).rowCount,
    end,
  }
}

/** The same for as long as it is used. */
export async function withSuperuser<T>(
  project: ComposeProject,
  service: Pick<Service, 'key' | 'database'>,
  use: (client: Queryable) => Promise<T>,
): Promise<T> {
  return using(superuserQueries(project, service), use)
}

/**
 * The admin console of a service's pooler: SHOW commands give rows of text, RELOAD, RECONNECT, PAUSE and RESUME none. RELOAD succeeds
 * also when the new configuration could not be read. PAUSE waits for transactions to end: give it a time limit.
 */
export function poolerConsole(project: ComposeProject, service: Pick<Service, 'key'>): Session {
  const { query, end } = psqlSession({
    container: poolerContainer(project, service.key),
    user: poolerUser,
    options: [`--host=${poolerPaths.socket}`, '--port=5432', '--username=pgbouncer', '--dbname=pgbouncer'],
  })
  return { query: async (text) => ({ rows: [...(await query(text)).rows] }), end }
}

/** The same for as long as it is used. */
export async function withConsole<T>(
  project: ComposeProject,
  service: Pick<Service, 'key'>,
  use: (client: Queryable) => Promise<T>,
): Promise<T> {
  return using(poolerConsole(project, service), use)
}

async function using<T>(session: Session, use: (client: Queryable) => Promise<T>): Promise<T> {
  try {
    return await use(session)
  } finally {
    await session.end()
  }
}

/** Statements that can stand in a FROM; the others give no rows, or rows of text (SHOW). */
const isQuery = /^\s*(?:--[^\n]*\n\s*)*(select|with|values|table)\b/i

async function jsonRows(query: PsqlSession['query'], text: string): Promise<unknown[]> {
  if (!isQuery.test(text)) return [...(await query(text)).rows]
  const { rows: found } = await query(`select to_jsonb(answer) as row from (\n${text.replace(/[;\s]+$/, '')}\n) answer`)
  return found.map(({ row }) => JSON.parse(row ?? 'null'))
}

/** A value of a connection string: https://www.postgresql.org/docs/current/libpq-connect.html */
const quoted = (value: string): string => `'${value.replace(/[\\']/g, '\\$&')}'`
