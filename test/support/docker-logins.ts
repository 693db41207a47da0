// Logins to a service of the Docker fleet from every place where there are any, and statements there.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client, type DatabaseError } from 'pg'
import { expect } from 'vitest'
import { console, containerOf, exec, fleet, loginOf, project, superuserQuery } from './docker-fleet.ts'

/** The published ports of pooler and server, the ops container, the container of the pooler with its certificate, the server's socket. */
export type Way = 'pool' | 'direct' | 'ops' | 'pooler' | 'socket'
export type Login = { readonly key: string; readonly way: Way; readonly role: string; readonly database?: string | undefined }

/** What a login was told: with its SQLSTATE where the client shows it (psql does not). Undefined when it got in. */
export type Refusal = { readonly code?: string | undefined; readonly message: string } | undefined

/** Statements in a transaction each, which is rolled back. `first` goes before them all, outside. */
export type Statements = {
  readonly statements: readonly string[]
  readonly first?: string | undefined
  readonly begin?: string | undefined
}

/** Tries several roles by the same way: what each of them is told. */
export const tryLogins = (logins: readonly Login[]): Promise<Refusal[]> =>
  isPublished(logins[0]!.way) ? Promise.all(logins.map(tryFromHere)) : tryInContainer(logins)

/** The SQLSTATE of each statement; the login must succeed. */
export const sqlStates = (login: Login, statements: Statements): Promise<string[]> =>
  isPublished(login.way) ? statesFromHere(login, statements) : statesInContainer(login, statements)

const isPublished = (way: Way) => way === 'pool' || way === 'direct'

/** The password that the role has in this service, or one that nobody has. */
function passwordOf(key: string, role: string): string {
  const file = join(project.secrets, 'passwords', key, role)
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd() : 'none'
}

function clientOf({ key, way, role, database }: Login): Client {
  const login = loginOf({ key, via: way === 'pool' ? 'pool' : 'direct', role: 'monitor' })
  return new Client({ ...login, user: role, password: passwordOf(key, role), database: database ?? login.database })
}

async function tryFromHere(login: Login): Promise<Refusal> {
  const client = clientOf(login)
  try {
    await client.connect()
    await client.query('SELECT 1')
    return undefined
  } catch (error) {
    const { code, message } = error as DatabaseError
    return { code, message }
  } finally {
    await client.end()
  }
}

async function statesFromHere(login: Login, { statements, first = 'SELECT 1', begin = 'BEGIN' }: Statements): Promise<string[]> {
  const client = clientOf(login)
  await client.connect()
  const states: string[] = []
  try {
    await client.query(first)
    for (const statement of statements) {
      await client.query(begin)
      states.push(
        await client.query(statement).then(
          () => '00000',
          (error: DatabaseError) => error.code ?? error.message,
        ),
      )
      await client.query('ROLLBACK')
    }
  } finally {
    await client.end()
  }
  return states
}

/** A script of bash in the container of that way, as the user who is let in there. */
async function runInContainer({ key, way }: Login, script: string): Promise<string> {
  if (way === 'socket') return exec(containerOf('postgres', key), ['bash', '-s'], { user: 999, input: script })
  if (way === 'ops') return exec(`${project.prefix}_ops`, ['bash', '-s'], { user: 6433, input: script })
  await freeLookups(key)
  return exec(containerOf('pgbouncer', key), ['bash', '-s'], { user: 6432, input: script })
}

/** The role that looks passwords up may have two connections, and a pooler that was busy keeps both: one is needed here. */
async function freeLookups(key: string): Promise<void> {
  const query = "SELECT count(*) < 2 AS free FROM pg_stat_activity WHERE usename = 'pgbouncer_auth'"
  await console(key, 'RECONNECT')
  await expect.poll(() => superuserQuery(key, query), { timeout: 30_000 }).toEqual([{ free: true }])
}

/** The command `psql` of a login, with libpq's variables. */
function psql({ key, way, role, database }: Login): string {
  const service = fleet.services.find((service) => service.key === key)!
  const login = { PGUSER: role, PGDATABASE: database ?? service.database }
  const tcp = { PGHOST: service.host, PGPASSWORD: passwordOf(key, role), PGSSLMODE: 'verify-full' }
  const ours = '/run/pgfleet/tls'
  const certificate = { PGSSLROOTCERT: `${ours}/ca.crt`, PGSSLCERT: `${ours}/server.crt`, PGSSLKEY: `${ours}/server.key` }
  const variables = {
    socket: login,
    ops: { ...login, ...tcp, PGSSLROOTCERT: '/run/pgfleet/ca.crt' },
    pooler: { ...login, ...tcp, ...certificate },
  }[way as 'socket' | 'ops' | 'pooler']
  const assignments = Object.entries(variables).map(([name, value]) => `${name}='${value}'`)
  return `${assignments.join(' ')} psql --no-psqlrc --quiet --no-align --tuples-only`
}

async function tryInContainer(logins: readonly Login[]): Promise<Refusal[]> {
  const lines = logins.map((login) => `${psql(login)} --command "SELECT 'in'" 2>&1 </dev/null | tr '\\n' ' '; echo`)
  const said = await runInContainer(logins[0]!, lines.join('\n'))
  return said.split('\n', logins.length).map((message) => (message === 'in ' ? undefined : { message }))
}

async function statesInContainer(login: Login, { statements, first = '', begin = 'BEGIN' }: Statements): Promise<string[]> {
  const blocks = statements.map((statement) => `${begin};\n${statement};\n\\echo :SQLSTATE\nROLLBACK;`)
  const sql = ['\\set ON_ERROR_STOP off', '\\o /dev/null', first, ...blocks].join('\n')
  const out = await runInContainer(login, `${psql(login)} 2>/dev/null <<'PGFLEET'\n${sql}\nPGFLEET\n`)
  return out.trimEnd().split('\n')
}
