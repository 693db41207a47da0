import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import type { Fleet } from '../../src/fleet/types.ts'
import { docker, tryDocker } from './docker.ts'
import type { Project } from './docker-project.ts'

export type Row = Record<string, unknown>
type ExecOptions = { readonly user?: number; readonly input?: string }
export type Connection = { readonly key: string; readonly via: 'pool' | 'direct'; readonly role: string }

/** Ways into the containers of one copy of a fleet. The project is looked at when they are used. */
export function accessTo(fleet: Fleet, project: Project) {
  const serviceOf = (key: string) => {
    const service = fleet.services.find((service) => service.key === key)
    if (!service) throw new Error(`there is no service ${key}`)
    return service
  }
  const containerOf = (kind: 'postgres' | 'pgbouncer', key: string): string => `${project.prefix}_${kind}_${key.replaceAll('-', '_')}`

  /** Standard output of a program in a container. Without a user it is root, who has hardly any right there. */
  const exec = (container: string, argv: readonly string[], { user, input }: ExecOptions = {}): Promise<string> =>
    docker(['exec', '--interactive', ...(user === undefined ? [] : ['--user', String(user)]), container, ...argv], { input })

  /** What psql prints for SQL that the superuser runs in the service's database (or another). */
  const superuserRun = (key: string, sql: string, database = serviceOf(key).database): Promise<string> =>
    exec(
      containerOf('postgres', key),
      ['env', `PGDATABASE=${database}`, 'psql', '-XAtq', '--username', 'postgres', '--set', 'ON_ERROR_STOP=1'],
      {
        user: 999,
        input: sql,
      },
    )

  /** Rows of one query by the superuser. */
  const superuserQuery = async (key: string, query: string, database?: string): Promise<Row[]> => {
    const rows = await superuserRun(key, `SELECT coalesce(json_agg(r), '[]') FROM (${query}\n) AS r`, database)
    return JSON.parse(rows)
  }

  /** Rows of a command in the pooler's own console, e.g. SHOW POOLS. All values are text. */
  const console = async (key: string, command: string): Promise<Record<string, string>[]> => {
    const format = [
      '--no-psqlrc',
      '--quiet',
      '--no-align',
      '--field-separator',
      '\x1f',
      '--record-separator',
      '\x1e',
      '--pset',
      'footer=off',
    ]
    const login = ['--host', '/run/pgbouncer', '--port', '5432', '--username', 'pgbouncer', '--dbname', 'pgbouncer']
    const text = await exec(containerOf('pgbouncer', key), ['psql', ...format, ...login, '--command', command], { user: 6432 })
    const [names = [], ...rows] = text
      .replace(/\n$/, '')
      .split('\x1e')
      .map((line) => line.split('\x1f'))
    return rows.map((values) => Object.fromEntries(names.map((name, i) => [name, values[i] ?? ''])))
  }

  /** What a connection from this machine needs: TLS as with verify-full, the password from the folder of secrets. For Client and Pool of pg. */
  const loginOf = ({ key, via, role }: Connection) => {
    const { database, host, port, pool } = serviceOf(key)
    return {
      host: project.bind,
      port: via === 'pool' ? pool.port : port,
      database,
      user: role,
      password: readFileSync(join(project.secrets, 'passwords', key, role), 'utf8').trimEnd(),
      // The address is loopback: the name in the certificate is checked all the same.
      ssl: { ca: readFileSync(join(project.secrets, 'ca.crt'), 'utf8'), servername: via === 'pool' ? pool.host : host },
    }
  }

  /** A connection, to be ended by the caller. */
  const connect = async (connection: Connection): Promise<Client> => {
    const client = new Client(loginOf(connection))
    await client.connect()
    return client
  }

  /** Everything that a container has printed, until a time (ISO 8601) where one is given. */
  const logsOf = async (container: string, until?: string): Promise<string> => {
    const { code, out, err } = await tryDocker(['logs', ...(until === undefined ? [] : ['--until', until]), container])
    if (code !== 0) throw new Error(err)
    return out + err
  }

  return { containerOf, exec, superuserRun, superuserQuery, console, loginOf, connect, logsOf }
}
