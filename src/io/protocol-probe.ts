// First words with a server or a pooler, in PostgreSQL's protocol: what it answers before anybody has shown a password.
// https://www.postgresql.org/docs/current/protocol-message-formats.html
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type SecureVersion } from 'node:tls'
import { OperationError } from './operation-error.ts'
import { heard } from './socket-event.ts'

export type ProbePlace = { readonly host: string; readonly port: number }

/** `ca` is the PEM text of the authority, `servername` the name that the certificate must have. */
export type ProbeTls = { readonly servername: string; readonly ca: string }

/** A refusal with its SQLSTATE, or the request to prove who one is (0 would be: nobody has to). */
export type StartupAnswer =
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'asked'; readonly method: number }

/** Milliseconds that one probe may take. */
const patience = 5000

/** SSLRequest. */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

/** Says who wants to log in, and hangs up after the answer. Without `tls` in plain text. Throws `probe` when there is no answer. */
export async function startupAnswer(
  place: ProbePlace,
  login: { readonly user: string; readonly database: string },
  tls?: ProbeTls,
): Promise<StartupAnswer> {
  return withSocket(place, async (plain, signal) => {
    const socket = tls ? await secured(plain, { ...tls, minVersion: 'TLSv1.3' }, signal) : plain
    socket.write(startupMessage(login))
    let answer = Buffer.alloc(0)
    // A type of one byte, then a length that counts itself.
    while (answer.length < 5 || answer.length < 1 + answer.readInt32BE(1)) {
      const [part] = (await heard(socket, 'data', signal)) as [Buffer]
      answer = Buffer.concat([answer, part])
    }
    socket.end()
    return parsed(answer)
  })
}

/** Whether a TLS connection comes about with this version at most. Throws `probe` when nobody answers at all. */
export async function acceptsTls(place: ProbePlace, tls: ProbeTls, maxVersion: SecureVersion): Promise<boolean> {
  return withSocket(place, async (plain, signal) => {
    try {
      const socket = await secured(plain, { ...tls, minVersion: 'TLSv1', maxVersion }, signal)
      socket.end()
      return true
    } catch (error) {
      if (signal.aborted) throw error
      return false
    }
  })
}

async function withSocket<T>({ host, port }: ProbePlace, use: (socket: Socket, signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(patience)
  const socket = connectTcp({ host, port })
  // What happens after the answer is nobody's business.
  socket.on('error', () => {})
  try {
    await once(socket, 'connect', { signal })
    return await use(socket, signal)
  } catch (error) {
    const reason = signal.aborted ? 'no answer' : (error as Error).message
    throw new OperationError('probe', `nothing can be asked at ${host}:${port}: ${reason}`, undefined, error)
  } finally {
    socket.destroy()
  }
}

type Versions = { readonly minVersion: SecureVersion; readonly maxVersion?: SecureVersion }

async function secured(socket: Socket, options: ProbeTls & Versions, signal: AbortSignal): Promise<Socket> {
  socket.write(sslRequest)
  const [answer] = (await heard(socket, 'data', signal)) as [Buffer]
  if (answer.toString('latin1') !== 'S') throw new Error('it does not speak TLS')
  const tls = connectTls({ socket, ...options })
  await heard(tls, 'secureConnect', signal)
  tls.on('error', () => {})
  return tls
}

function startupMessage({ user, database }: { readonly user: string; readonly database: string }): Buffer {
  const words = ['user', user, 'database', database].map((word) => Buffer.from(`${word}\0`))
  const body = Buffer.concat([...words, Buffer.from([0])])
  const head = Buffer.alloc(8)
  head.writeInt32BE(head.length + body.length, 0)
  // Version 3.0 of the protocol.
  head.writeInt32BE(3 << 16, 4)
  return Buffer.concat([head, body])
}

function parsed(answer: Buffer): StartupAnswer {
  const type = String.fromCharCode(answer[0]!)
  if (type === 'R') return { kind: 'asked', method: answer.readInt32BE(5) }
  if (type !== 'E') throw new Error(`it answers with a message of type ${JSON.stringify(type)}`)
  // Fields of one letter and a text each.
  const fields = new Map(
    answer
      .toString('utf8', 5)
      .split('\0')
      .map((field) => [field[0], field.slice(1)]),
  )
  return { kind: 'refused', code: fields.get('C') ?? '', message: fields.get('M') ?? '' }
}
