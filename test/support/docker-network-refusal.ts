import { Client, type ClientConfig, DatabaseError } from 'pg'

/** What a client sees of a login that fails. */
export type Refusal = {
  readonly code: string
  readonly message: string
  /** Kind and length of each message that came: https://www.postgresql.org/docs/current/protocol-message-formats.html */
  readonly messages: readonly string[]
  /** What goes before the proof, without the nonce: the salt and the number of iterations (RFC 5802, section 5.1). */
  readonly challenge: string
}

type Message = { readonly name: string; readonly length: number; readonly data?: unknown }

/** Logs in and tells how it is refused; `undefined` when it is not. */
export async function refusalOf(config: ClientConfig): Promise<Refusal | undefined> {
  const client = new Client({ connectionTimeoutMillis: 30_000, ...config })
  const messages: string[] = []
  let challenge = ''
  client.on('error', () => {})
  // Not in its types: every message from the server, before it is looked at.
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter }
  connection.on('message', ({ name, length, data }: Message) => {
    messages.push(`${name} ${length}`)
    if (name === 'authenticationSASLContinue') challenge = String(data).replace(/^r=[^,]*,/, '')
  })
  try {
    await client.connect()
    return undefined
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    return { code: error.code ?? '', message: error.message, messages, challenge }
  } finally {
    await client.end().catch(() => {})
  }
}
