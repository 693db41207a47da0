// Connection strings for people and tools on the host.
import { join } from 'node:path'
import { connectionUri } from '../../fleet/connection-uri.ts'
import { authorityCertificate, passwordFile } from '../../fleet/secret-paths.ts'
import type { RoleKind, Service } from '../../fleet/types.ts'
import { OperationError } from '../../io/operation-error.ts'
import { readIfPresent } from '../../io/owned-files.ts'
import { hostLogins, type ServiceLogin } from './passfiles.ts'
import { readPassword } from './passwords.ts'

export type ConnectionUrl = {
  readonly service: string
  readonly role: string
  readonly kind: RoleKind
  readonly through: 'pooler' | 'server'
  readonly url: string
}

export type UrlOptions = {
  /** Absolute path of the secrets folder. */
  readonly folder: string
  /** Address of the host on which ports are published. */
  readonly bind: string
  readonly withPasswords: boolean
}

/** What connects to the published ports of these services. Throws `secrets-missing` when passwords are wanted that are not there. */
export async function connectionUrls(services: readonly Service[], options: UrlOptions): Promise<ConnectionUrl[]> {
  const logins = services.flatMap(hostLogins)
  const passwords = options.withPasswords ? await passwordsOf(options.folder, logins) : undefined
  return logins.map((login, index) => ({
    service: login.service,
    role: login.user,
    kind: login.kind,
    through: login.kind === 'app' ? ('pooler' as const) : ('server' as const),
    url: connectionUri({
      ...login,
      ...(passwords ? { password: passwords[index]! } : {}),
      parameters: { ...addressOf(options.bind), sslmode: 'verify-full', sslrootcert: join(options.folder, authorityCertificate) },
    }),
  }))
}

/** Certificates are for localhost. libpq can check that name and connect to another address. */
const addressOf = (bind: string): Record<string, string> => (['127.0.0.1', '::1', '0.0.0.0', '::'].includes(bind) ? {} : { hostaddr: bind })

async function passwordsOf(folder: string, logins: readonly ServiceLogin[]): Promise<string[]> {
  const read = async ({ service, user }: ServiceLogin) =>
    readPassword((await readIfPresent(join(folder, passwordFile(service, user)))) ?? '')
  const found = await Promise.all(logins.map(read))
  const missing = logins.filter((_, index) => found[index] === undefined).map(({ service, user }) => `${user} of ${service}`)
  if (missing.length === 0) return found as string[]
  throw new OperationError(
    'secrets-missing',
    `there is no password of ${missing.join(', ')} in ${folder}`,
    '`pgfleet secrets init` makes what is missing.',
  )
}
