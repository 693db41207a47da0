// The certificate that a server or a pooler shows: what is in use, whatever its files say.
import type { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { OperationError } from '../../io/operation-error.ts'
import { heard } from '../../io/socket-event.ts'

/** Asks for TLS as PostgreSQL's protocol does: https://www.postgresql.org/docs/current/protocol-message-formats.html (SSLRequest) */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

export type TlsPlace = {
  readonly host: string
  readonly port: number
  /** Name that the certificate must have. */
  readonly servername: string
  /** PEM text of the authority that must have issued it. */
  readonly ca: string
}

/** Milliseconds that one handshake may take. */
const patience = 5000

/** Makes a TLS connection as a client with verify-full does, and hangs up. Throws `tls` when such a client would not be served. */
export async function presentedCertificate({ host, port, servername, ca }: TlsPlace): Promise<X509Certificate> {
  const signal = AbortSignal.timeout(patience)
  const socket = connectTcp({ host, port })
  try {
    await once(socket, 'connect', { signal })
    socket.write(sslRequest)
    const [answer] = (await heard(socket, 'data', signal)) as [Buffer]
    if (answer.toString('latin1') !== 'S') throw new Error('it does not speak TLS')
    const secured = connectTls({ socket, servername, ca, minVersion: 'TLSv1.3' })
    await heard(secured, 'secureConnect', signal)
    const certificate = secured.getPeerX509Certificate()
    // Without a farewell the other side would complain in its log.
    secured.end()
    await once(secured, 'close', { signal })
    if (!certificate) throw new Error('it shows no certificate')
    return certificate
  } catch (error) {
    const reason = signal.aborted ? 'no answer' : (error as Error).message
    throw new OperationError('tls', `no TLS connection to ${host}:${port}: ${reason}`, undefined, error)
  } finally {
    socket.destroy()
  }
}
