// One database of a fleet on a real server, brought to what a services.yaml says as often as a test wants.
import pg from 'pg'
import { initScript } from '../../generators/init-sql/init-sql.ts'
import type { Major } from '../../src/fleet/catalog.ts'
import { embeddedTarget } from '../../src/fleet/targets.ts'
import type { Service } from '../../src/fleet/types.ts'
import { runScript } from '../../src/io/sql-script.ts'
import { fleetOf } from './fleet.ts'
import { serverFolder, startPlainServer, type TestServer, writeFiles } from './server.ts'
import { verifiers } from './service-files.ts'

export type TestDatabase = {
  /** The only service of this fleet as this server has it; `change` replaces parts that services.yaml cannot say, or may not. */
  readonly resolve: (yaml: string, sql?: Readonly<Record<string, string>>, change?: Partial<Service>) => Promise<Service>
  /** Runs the init script of a service; makes the database and the files with its verifiers where they are missing. */
  readonly apply: (service: Service) => Promise<void>
  /** A connection to the database of a service; the superuser when no role is named. */
  readonly connect: (service: Service, role?: string) => Promise<pg.Client>
  /** What a query says, as a role: its rows, or the message of its error. */
  readonly ask: (service: Service, role: string, query: string) => Promise<unknown>
  readonly server: TestServer
  readonly path: string
  /** Drops all databases and roles. */
  readonly reset: () => Promise<void>
  readonly close: () => Promise<void>
}

export async function testDatabase(major: Major = 17, settings: Readonly<Record<string, string>> = {}): Promise<TestDatabase> {
  const folder = await serverFolder()
  const server = await startPlainServer(folder, major, settings)
  const target = embeddedTarget({ stateDir: folder.path, portOffset: 0 })
  const connect: TestDatabase['connect'] = ({ database }, role = 'postgres') => server.connect({ database, user: role })
  return {
    server,
    path: folder.path,
    connect,
    resolve: async (yaml, sql = {}, change = {}) => ({ ...(await fleetOf(yaml, sql, target)).services[0]!, ...change }),
    apply: async (service) => {
      await writeFiles(service.paths.verifiers, await verifiers(service), 0o600, folder.user)
      const superuser = await server.connect()
      const { rowCount } = await superuser.query('SELECT FROM pg_database WHERE datname = $1', [service.database])
      if (!rowCount) await superuser.query(`CREATE DATABASE ${pg.escapeIdentifier(service.database)}`)
      await superuser.end()
      const client = await connect(service)
      const { content, path } = initScript(service)
      await runScript(client, content, path).finally(() => client.end())
    },
    ask: async (service, role, query) => {
      const client = await connect(service, role)
      return client
        .query({ text: query, rowMode: 'array' })
        .then(
          ({ rows }) => rows,
          (error: Error) => error.message,
        )
        .finally(() => client.end())
    },
    reset: async () => {
      const superuser = await server.connect()
      const { rows } = await superuser.query(`
        SELECT format('DROP DATABASE %I WITH (FORCE)', datname) AS statement FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')
        UNION ALL
        SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'postgres'`)
      for (const { statement } of rows) await superuser.query(statement)
      await superuser.end()
    },
    close: async () => {
      await server.stop()
      await folder.remove()
    },
  }
}
