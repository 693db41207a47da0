// How the ops container gets at a server: directly, over TLS, with a password from its password file.
import { readFile } from 'node:fs/promises'
import type { OpsService } from '../../fleet/ops.ts'
import { OperationError } from '../../io/operation-error.ts'
import type { Login } from '../../io/passfile.ts'
import { passwordFor } from '../../io/passfile-lookup.ts'
import type { Connection } from '../../io/postgres.ts'

/** The files that prove who is who: a libpq password file, and the certificate of the authority. */
export type AccessFiles = { readonly passfile: string; readonly authority: string }

export type OpsRole = keyof OpsService['roles']

export const loginOf = ({ host, port, database, roles }: OpsService, role: OpsRole): Login => ({ host, port, database, user: roles[role] })

/** What a client needs to connect as one of the roles. */
export async function connectionOf(service: OpsService, role: OpsRole, files: AccessFiles): Promise<Connection> {
  const login = loginOf(service, role)
  const [authority, passwords] = await Promise.all([read(files.authority), read(files.passfile)])
  const password = passwordFor(passwords, login)
  if (password === undefined)
    throw new OperationError(
      'password-missing',
      `${files.passfile} has no password for ${login.user} on ${login.host}`,
      'Run `pgfleet secrets init`, then start the ops container again.',
    )
  return { ...login, password, authority }
}

const read = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((error: Error) => {
    throw new OperationError(
      'secret-unreadable',
      `cannot read ${path}: ${error.message}`,
      'Run `pgfleet secrets init`, then start the ops container again.',
      error,
    )
  })
