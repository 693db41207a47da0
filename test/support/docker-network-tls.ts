// What a client meets that does not keep to the rules of encryption, or an impostor in place of a server.
import { Client, type ClientConfig, DatabaseError } from 'pg'
import type { accessTo, Connection } from './docker-access.ts'

type Access = Pick<ReturnType<typeof accessTo>, 'loginOf'>

/**
 * What came of a login and a query: `answered`; SQLSTATE and message of a refusal; the alert that ended the handshake there; Node's code
 * for why it was ended here.
 */
export async function outcome(config: ClientConfig): Promise<string> {
  const client = new Client({ connectionTimeoutMillis: 5000, ...config })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('SELECT 1')
    return 'answered'
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    if (error instanceof DatabaseError) return `${code} ${message}`
    return /alert [a-z ]+/.exec(message)?.[0] ?? code ?? message
  } finally {
    await client.end().catch(() => {})
  }
}

/** Another authority's certificate, and a host name that is nobody's. */
export type Stranger = { readonly authority: string; readonly name: string }

/**
 * Refusals of one end: without encryption, under TLS 1.2; and of clients: one that trusts another authority, one that wants another name.
 * Who asks for TLS 1.2 or another name trusts both authorities, so that nothing else decides.
 */
export async function tlsOutcomes({ loginOf }: Access, connection: Connection, stranger: Stranger): Promise<Record<string, string>> {
  const login = loginOf(connection)
  const ca = stranger.authority
  const either = [login.ssl.ca, ca]
  return {
    'as it should be': await outcome(login),
    'in plain text': await outcome({ ...login, ssl: false }),
    'with TLS 1.2': await outcome({ ...login, ssl: { ...login.ssl, ca: either, maxVersion: 'TLSv1.2' } }),
    'trusting another authority': await outcome({ ...login, ssl: { ...login.ssl, ca } }),
    'wanting another name': await outcome({ ...login, ssl: { ca: either, servername: stranger.name } }),
  }
}
