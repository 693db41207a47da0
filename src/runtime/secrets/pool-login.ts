import pg from 'pg'

export type PoolLogin = {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string
  /** PEM text of the authority. */
  readonly ca: string
}

/** Logs in as a client does, with a query so that the pooler needs a connection to the server; undefined, or why that failed. */
export async function canLogIn({ ca, ...login }: PoolLogin): Promise<string | undefined> {
  const client = new pg.Client({ ...login, ssl: { ca, servername: 'localhost' }, connectionTimeoutMillis: 5000, query_timeout: 5000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('SELECT 1')
    return undefined
  } catch (error) {
    return (error as Error).message
  } finally {
    await client.end().catch(() => {})
  }
}
