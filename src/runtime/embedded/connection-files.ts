import { join } from 'node:path'
import { passwordRoles } from '../../fleet/roles.ts'
import type { Fleet } from '../../fleet/types.ts'
import { writeOwnedFile } from '../../io/owned-files.ts'
import { passfileText, serviceFileText } from '../../io/passfile.ts'
import type { Passwords } from './passwords.ts'
import { loopback } from './ports.ts'
import type { StateFolder } from './state-folder.ts'

export type ConnectionFiles = { readonly passfile: string; readonly serviceFile: string }

/** Writes what libpq needs to log in as any role: `psql service=trading` is the application's, `service=trading/monitor` another's. */
export async function writeConnectionFiles(fleet: Fleet, state: StateFolder, { password }: Passwords): Promise<ConnectionFiles> {
  const passfile = join(state.path, 'passfile')
  const serviceFile = join(state.path, 'pg_service.conf')
  const entries = fleet.services.flatMap((service) =>
    passwordRoles(service).map(({ name, kind }) => ({
      name: kind === 'app' ? service.key : `${service.key}/${name}`,
      host: loopback,
      port: kind === 'app' && fleet.target.pooler ? service.pool.listenPort : service.listenPort,
      database: service.database,
      user: name,
      password: password(service.key, name),
      passfile,
    })),
  )
  await Promise.all([writeOwnedFile(passfile, passfileText(entries), 0o600), writeOwnedFile(serviceFile, serviceFileText(entries), 0o600)])
  return { passfile, serviceFile }
}
