// SCRAM-SHA-256 verifiers, computed here so that no password ever reaches the server. RFC 5802 section 3, RFC 7677.
import { createHash, createHmac, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'

/** PostgreSQL's default, and the least that RFC 7677 section 4 allows. The pg client refuses more than 100,000. */
const iterations = 4096

/**
 * What PostgreSQL stores in pg_authid. It takes anything else for a clear-text password without a word, so check before use.
 * https://www.postgresql.org/docs/current/catalog-pg-authid.html
 */
export const verifierFormat = /^SCRAM-SHA-256\$[1-9][0-9]*:[A-Za-z0-9+/]{22}==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/

/** The verifier of a password of printable ASCII: other characters would need SASLprep (RFC 4013). The salt has 16 bytes. */
export async function scramVerifier(password: string, salt: Uint8Array, rounds = iterations): Promise<string> {
  if (!/^[\x20-\x7e]+$/.test(password)) throw new Error('a password must consist of printable ASCII characters')
  const salted = await promisify(pbkdf2)(password, salt, rounds, 32, 'sha256')
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest('base64')
  const serverKey = hmac(salted, 'Server Key').toString('base64')
  const verifier = `${verifierStart(salt, rounds)}$${storedKey}:${serverKey}`
  if (!verifierFormat.test(verifier)) throw new Error('a salt must have 16 bytes')
  return verifier
}

/** Everything before the keys: tells whether a stored verifier was made with this salt. */
export const verifierStart = (salt: Uint8Array, rounds = iterations): string =>
  `SCRAM-SHA-256$${rounds}:${Buffer.from(salt).toString('base64')}`

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
