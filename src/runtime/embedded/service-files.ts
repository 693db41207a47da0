import { basename, join } from 'node:path'
import type { Artifact } from '../../artifact.ts'
import { passwordRoles } from '../../fleet/roles.ts'
import type { Service } from '../../fleet/types.ts'
import { type Owner, ownFolder, readIfPresent, writeOwnedFile } from '../../io/owned-files.ts'
import { scramVerifier, verifierStart } from '../scram.ts'
import type { Passwords } from './passwords.ts'

/** The files that the runtime takes from what was generated for a service. */
export type ServiceArtifacts = {
  readonly config: readonly Artifact[]
  readonly initSql: Artifact
  /** pgbouncer.ini, where the target has a pooler. */
  readonly pooler?: Artifact
}

export function artifactsOf(service: string, artifacts: readonly Artifact[]): ServiceArtifacts {
  const find = (path: string) => {
    const found = artifacts.find((artifact) => artifact.path === path)
    if (!found) throw new Error(`${path} was not generated`)
    return found
  }
  const folder = `infrastructure/postgres/${service}`
  const config = ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf'].map((name) => find(`${folder}/${name}`))
  const pooler = artifacts.find(({ path }) => path === `infrastructure/pgbouncer/${service}/pgbouncer.ini`)
  return { config, initSql: find(`${folder}-db-init.sql`), ...(pooler ? { pooler } : {}) }
}

/** Puts the configuration where the server expects it, and makes the folder of its socket, which only its user can enter. */
export async function writeConfiguration({ paths }: Service, { config }: ServiceArtifacts, user: Owner): Promise<void> {
  await ownFolder(paths.config, 0o755)
  await ownFolder(paths.socket, 0o700, user)
  await Promise.all(config.map(({ path, content }) => writeOwnedFile(join(paths.config, basename(path)), content, 0o644)))
}

/** One file per role for the init SQL to read: the server's user may, nobody else. Computed once, 4,096 rounds each. */
export async function writeVerifiers(service: Service, { password, salt }: Passwords, user: Owner): Promise<void> {
  const folder = service.paths.verifiers
  await ownFolder(folder, 0o755)
  for (const { name } of passwordRoles(service)) {
    if (name === '.' || name === '..' || name.includes('/')) throw new Error(`no file can have the name of role ${JSON.stringify(name)}`)
    const file = join(folder, name)
    const own = salt(service.key, name)
    if ((await readIfPresent(file))?.startsWith(verifierStart(own))) continue
    await writeOwnedFile(file, await scramVerifier(password(service.key, name), own), 0o600, user)
  }
}
