import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'
import { fleetSchema, retentionProcedure } from '../../fleet/database-names.ts'
import type { OpsService } from '../../fleet/ops.ts'
import { OperationError } from '../../io/operation-error.ts'
import { type Connection, connect, using } from '../../io/postgres.ts'
import { type AccessFiles, connectionOf } from './access.ts'

/** The call that deletes what is older than services.yaml says. */
export const retentionCall = `CALL ${fleetSchema}.${retentionProcedure}()`

export type CallOptions = {
  readonly files: AccessFiles
  /** Seconds after which the server gives up. */
  readonly timeout: number
  readonly signal: AbortSignal
  /** Gets each warning of the server. */
  readonly onNotice: (text: string) => void
}

/**
 * Runs one call (`CALL procedure()` or `function()`) on a server as its migrator, outside of a transaction, so that a procedure may commit.
 * `what` names it in messages.
 */
export async function runCall(service: OpsService, call: string, what: string, options: CallOptions): Promise<void> {
  const { timeout, signal, onNotice } = options
  const failed = (error: Error & { code?: string; where?: string; hint?: string }) =>
    error instanceof OperationError
      ? error
      : new OperationError(
          'call-failed',
          `${what} failed on ${service.host}: ${error.message || error.code}${error.where ? `\n${error.where}` : ''}`,
          hintOf(error, timeout),
          error,
        )
  try {
    const client = await connectWhenFree(await connectionOf(service, 'migrator', options.files), signal)
    await using(client, async () => {
      client.on('notice', ({ severity, message = '' }) => onNotice(`${severity}: ${message}`))
      // When this process is gone the server gives up by itself: client_connection_check_interval.
      await client.query(`SET lock_timeout = '30s'; SET statement_timeout = ${timeout * 1000}`)
      await Promise.race([client.query(/^\s*call\b/i.test(call) ? call : `SELECT ${call}`), aborted(signal, what)])
    })
  } catch (error) {
    throw failed(error as Error)
  }
}

/** Seconds that a job waits while others hold all connections of its role. */
const patience = 60

/** Jobs of one minute share the few connections of the migrator. */
async function connectWhenFree(connection: Connection, signal: AbortSignal): Promise<pg.Client> {
  for (let waited = 0; ; waited++) {
    try {
      return await connect(connection)
    } catch (error) {
      const { code } = error as { code?: string }
      if (code !== tooManyConnections || waited >= patience || signal.aborted) throw error
      await setTimeout(1000)
    }
  }
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const tooManyConnections = '53300'

const aborted = (signal: AbortSignal, what: string): Promise<never> =>
  new Promise((_, reject) => {
    const stop = () => reject(new OperationError('interrupted', `${what} was stopped: what it had not committed is undone`))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })

function hintOf({ code, hint }: { code?: string; hint?: string }, timeout: number): string | undefined {
  if (code === '57014') return `It gets ${timeout} seconds; --timeout gives it more.`
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'The server does not run.'
  if (code === '28P01') return 'The password is not the one that the server knows: `pgfleet apply` sets it.'
  return hint
}
