import { join } from 'node:path'
import type pg from 'pg'
import { fleetSchema } from '../../fleet/database-names.ts'
import type { Service, Target } from '../../fleet/types.ts'
import { OperationError } from '../../io/operation-error.ts'
import type { Login } from '../../io/passfile.ts'
import { type Connection, withConnection } from '../../io/postgres.ts'
import { type SettingsReport, verifySettings } from '../verify/verify-settings.ts'
import { loopback } from './ports.ts'

export type ServiceCheck = { readonly settings: SettingsReport; readonly tables: number }

/** Tables of the service: not those of the system, of extensions and of pgfleet itself; a partitioned table counts once. */
const countTables = `
  select count(*)::int as tables
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and not c.relispartition
    and n.nspname not in ('information_schema', '${fleetSchema}') and not starts_with(n.nspname, 'pg_')
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`

/** Asks a running server, as its superuser, whether it is what was generated: its settings, its tables. */
export async function inspectService(client: pg.Client, service: Service): Promise<ServiceCheck> {
  const settings = await verifySettings(client, service.settings, join(service.paths.config, 'postgresql.conf'))
  const { rows } = await client.query<{ tables: number }>(countTables)
  return { settings, tables: rows[0]!.tables }
}

/** How the application logs in: through the pool, where there is one. */
export function appLogin({ key, database, listenPort, pool, roles }: Service, { pooler }: Pick<Target, 'pooler'>): Login {
  const app = roles.find(({ kind }) => kind === 'app')
  if (!app) throw new Error(`${key} has no role of its application`)
  return { host: loopback, port: pooler ? pool.listenPort : listenPort, database, user: app.name }
}

/** Logs in as the application does: over TCP, with the password that the password file has. */
export async function tryLogin(login: Login, password: string, how: Pick<Connection, 'pooled'> = {}): Promise<void> {
  try {
    await withConnection({ ...login, ...how, password }, (client) => client.query('select 1'))
  } catch (error) {
    throw new OperationError('login', `${login.user} cannot log in to ${login.database}: ${(error as Error).message}`, undefined, error)
  }
}
