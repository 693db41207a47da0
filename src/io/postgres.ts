import pg from 'pg'
import { OperationError } from './operation-error.ts'

export type Connection = {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly password?: string
  /** Only over TLS 1.3, with a server whose certificate names `host` and is of this authority (PEM). */
  readonly authority?: string
  /** Through PgBouncer, which takes no options of a session, and lets clients wait for minutes while it cannot get to its server. */
  readonly pooled?: boolean
}

/** A server that cannot be reached is known to be so after this many milliseconds. */
const connectTimeout = 10_000

/**
 * Opens a connection; the caller ends it. `host` may be the folder of a socket. Nothing is taken from the environment: PG* variables
 * are meant for other servers.
 */
export async function connect({ authority, pooled = false, ...connection }: Connection): Promise<pg.Client> {
  const client = new pg.Client({
    password: '',
    ...connection,
    ssl: authority === undefined ? false : { ca: authority, minVersion: 'TLSv1.3' },
    ...(authority === undefined ? {} : { connectionTimeoutMillis: connectTimeout, keepAlive: true }),
    options: '-c client_min_messages=warning',
    application_name: 'pgfleet',
    ...(pooled ? { connectionTimeoutMillis: connectTimeout, query_timeout: connectTimeout } : {}),
  })
  // Without any in the configuration they would be taken from the environment.
  if (pooled) Object.assign((client as unknown as { connectionParameters: object }).connectionParameters, { options: undefined })
  // A server that goes away is reported by the query that fails; without a listener the event would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    return client
  } catch (error) {
    // Not awaited: it never resolves when the server hung up during the handshake.
    client.end().catch(() => {})
    throw withCode(error)
  }
}

/** A connection for as long as it is used. */
export async function withConnection<T>(connection: Connection, use: (client: pg.Client) => Promise<T>): Promise<T> {
  return using(await connect(connection), use)
}

/** Ends an open connection after its use. */
export async function using<T>(client: pg.Client, use: (client: pg.Client) => Promise<T>): Promise<T> {
  try {
    return await use(client)
  } catch (error) {
    throw withCode(error)
  } finally {
    await client.end().catch(() => {})
  }
}

/** Throwable instead of any error. Those of the server and of the system have a code; when a connection just ends, pg throws a bare Error that says so. */
export function withCode(error: unknown): unknown {
  if (
    !(error instanceof Error) ||
    'code' in error ||
    !/^(Connection terminated|timeout expired|Client (was closed|has encountered))/.test(error.message)
  )
    return error
  return new OperationError('connection-lost', `the server broke the connection off: ${error.message}`, undefined, error)
}
