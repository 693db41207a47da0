// The files of a pooler, in the folder of its service: pgbouncer.ini as generated, and the user list that belongs to it.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { consoleUser, poolerPidFile, userListFile } from '../../fleet/pool.ts'
import type { Service } from '../../fleet/types.ts'
import { type PoolerPlace, poolerPlace } from '../../io/embedded-pooler.ts'
import { type Owner, readIfPresent, writeOwnedFile } from '../../io/owned-files.ts'
import { scramVerifier, verifierStart } from '../scram.ts'
import type { Passwords } from './passwords.ts'

const iniFile = 'pgbouncer.ini'

/** In the folder of a service. The ini is there as long as the service has a pooler. */
export const poolerPlaceOf = (folder: string): PoolerPlace => poolerPlace(folder, { ini: iniFile, pidFile: poolerPidFile })

/** Writes both, or removes what an earlier run with a pooler has left. */
export async function writePoolerFiles(
  { key, paths }: Service,
  ini: string | undefined,
  { password, salt }: Passwords,
  user: Owner,
): Promise<void> {
  const [iniPath, listPath] = [join(paths.config, iniFile), join(paths.config, userListFile)]
  if (ini === undefined) {
    await Promise.all([iniPath, listPath].map((path) => rm(path, { force: true })))
    return
  }
  await writeOwnedFile(iniPath, ini, 0o644)
  const own = salt(key, consoleUser)
  const start = `"${consoleUser}" "${verifierStart(own)}`
  if ((await readIfPresent(listPath))?.startsWith(start)) return
  // https://www.pgbouncer.org/config.html#authentication-file-format
  await writeOwnedFile(listPath, `"${consoleUser}" "${await scramVerifier(password(key, consoleUser), own)}"\n`, 0o600, user)
}
