// Passwords of the embedded servers: all derived from one random secret in the state folder, so that there is nothing to keep in step
// when roles come and go. Each is as hard to guess as the secret, and tells nothing about another (RFC 5869).
import { hkdfSync, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readIfPresent, writeOwnedFile } from '../../io/owned-files.ts'

export type Passwords = {
  /** 256 bits as printable ASCII without a character that any file format escapes. */
  readonly password: (service: string, role: string) => string
  readonly salt: (service: string, role: string) => Uint8Array
}

/** Makes the secret at the first call. */
export async function openPasswords(stateFolder: string): Promise<Passwords> {
  const file = join(stateFolder, 'secret')
  const known = await readIfPresent(file)
  const secret = known?.trim() || randomBytes(32).toString('base64url')
  if (!known?.trim()) await writeOwnedFile(file, `${secret}\n`, 0o600)
  const derive = (use: string, service: string, role: string, bytes: number) =>
    Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'base64url'), '', JSON.stringify(['pgfleet', use, service, role]), bytes))
  return {
    password: (service, role) => derive('password', service, role, 32).toString('base64url'),
    salt: (service, role) => derive('salt', service, role, 16),
  }
}
