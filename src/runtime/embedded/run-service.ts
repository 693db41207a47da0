import type { Artifact } from '../../artifact.ts'
import type { LeftOut, Service, Target } from '../../fleet/types.ts'
import { OperationError } from '../../io/operation-error.ts'
import type { Login } from '../../io/passfile.ts'
import { using } from '../../io/postgres.ts'
import { runScript } from '../../io/sql-script.ts'
import type { SettingsReport } from '../verify/verify-settings.ts'
import { appLogin, inspectService, tryLogin } from './check-service.ts'
import { leftOutHere } from './left-out.ts'
import { runPooler } from './pooler.ts'
import type { BootContext } from './prepare-service.ts'
import type { ServiceState } from './progress.ts'
import { type Cluster, startService } from './start-service.ts'

export type ServiceResult = {
  readonly service: string
  /** Of the application: through the pool, where there is one. */
  readonly login: Login
  /** Of the server itself. */
  readonly port: number
  /** Where there is a pooler: its port, and the version of PgBouncer. */
  readonly pool?: { readonly port: number; readonly version: string }
  readonly state: 'healthy' | 'failed'
  /** Why it failed, and what to do about it. */
  readonly reason?: string
  readonly hint?: string
  /** Not there when the server did not get so far. */
  readonly settings?: SettingsReport
  readonly tables?: number
  readonly leftOut: readonly LeftOut[]
}

/** A service of a target, and what it is made from. */
type Boot = { readonly service: Service; readonly target: Target; readonly initSql: Artifact; readonly cluster: Cluster }

/** Starts a prepared service, applies its init SQL and checks it. What fails is the result; only our own bugs are thrown. */
export async function runService({ service, target, initSql, cluster }: Boot, context: BootContext): Promise<ServiceResult> {
  const progress = (state: ServiceState, reason?: string) =>
    context.onProgress({ kind: 'service', service: service.key, state, ...(reason === undefined ? {} : { reason }) })
  const login = appLogin(service, target)
  const { installedPooler: pooler } = target
  const about = {
    service: service.key,
    login,
    port: service.listenPort,
    ...(pooler ? { pool: { port: service.pool.listenPort, version: pooler.version } } : {}),
    leftOut: leftOutHere(service, target),
  }
  try {
    const check = await using(await startService(service, cluster, context), async (client) => {
      progress('initialising')
      // For the script alone: it is run again at each start, so its end need not wait for the disk, nor have pages compressed on the way.
      await client.query('SET wal_compression = off; SET synchronous_commit = off')
      await runScript(client, initSql.content, initSql.path)
      await client.query('RESET wal_compression; RESET synchronous_commit')
      progress('checking')
      return inspectService(client, service)
    })
    if (pooler) {
      progress('pooling')
      await runPooler(service, pooler, context)
    } else await tryLogin(login, context.passwords.password(service.key, login.user))
    const reason = check.settings.mismatches
      .map(({ name, expected, actual, why }) => `${name} is ${actual}, not ${expected}: ${why}`)
      .join('\n')
    progress(reason === '' ? 'healthy' : 'failed', reason || undefined)
    return reason === '' ? { ...about, ...check, state: 'healthy' } : { ...about, ...check, state: 'failed', reason }
  } catch (error) {
    const { message, hint } = failure(error)
    progress('failed', message)
    return { ...about, state: 'failed', reason: message, ...(hint === undefined ? {} : { hint }) }
  }
}

/** Errors of the system and of PostgreSQL have a code; any other is our bug. */
function failure(error: unknown): { message: string; hint?: string | undefined } {
  if (error instanceof OperationError) return error
  if (error instanceof Error && ('code' in error || error.name === 'AbortError')) return { message: error.message }
  throw error
}
