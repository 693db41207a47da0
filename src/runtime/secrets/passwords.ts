// Passwords and the verifiers made from them.
import { randomBytes } from 'node:crypto'
import { scramVerifier, verifierFormat } from '../scram.ts'

/** 256 bits as printable ASCII without a character that any file format escapes. */
export const newPassword = (): string => randomBytes(32).toString('base64url')

/** A verifier with a salt of its own. Throws for a password that is not of printable ASCII. */
export const newVerifier = (password: string): Promise<string> => scramVerifier(password, randomBytes(16))

/** The password in a file's text: an editor may have put a line break behind it. Undefined when SCRAM could not be sure of it. */
export function readPassword(text: string): string | undefined {
  const password = text.replace(/\r?\n$/, '')
  return /^[\x20-\x7e]+$/.test(password) ? password : undefined
}

/** More rounds than anybody uses: they would keep us busy for seconds, and clients at each login. */
const mostRounds = 1_000_000

/** Whether a verifier is that of a password, whatever its salt and rounds are. */
export async function fits(verifier: string, password: string): Promise<boolean> {
  const text = verifier.replace(/\r?\n$/, '')
  if (!verifierFormat.test(text)) return false
  const [, rounds, salt] = /\$(\d+):([^$]*)\$/.exec(text) ?? []
  if (rounds === undefined || salt === undefined || Number(rounds) > mostRounds) return false
  return (await scramVerifier(password, Buffer.from(salt, 'base64'), Number(rounds))) === text
}
