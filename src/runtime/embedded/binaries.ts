import { execFile } from 'node:child_process'
import { rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Major } from '../../fleet/catalog.ts'
import { type EmbeddedBinaries, embeddedBinaries } from '../../io/embedded-binaries.ts'
import { ownFolder } from '../../io/owned-files.ts'
import { canRun } from '../../io/server-user.ts'
import type { OnProgress } from './progress.ts'
import { type StateFolder, sharedFolder } from './state-folder.ts'

const run = promisify(execFile)

/** The binaries of a major where the servers' user can run them: copied when they lie below a folder that only root may enter. */
export async function reachableBinaries(
  major: Major,
  { user }: StateFolder,
  cacheDir: string,
  onProgress: OnProgress,
): Promise<EmbeddedBinaries> {
  const step = (message: string) => onProgress({ kind: 'step', message })
  const { version, home } = await embeddedBinaries(major, { cacheDir, onProgress: step })
  if (!user || (await canRun(join(home, 'bin/postgres'), user))) return { version, home }
  const copy = join(sharedFolder, `postgres-${version}`)
  if (await stat(copy).catch(() => undefined)) return { version, home: copy }
  step(`copying PostgreSQL ${version} to ${copy}: only root can reach it in ${home}`)
  const partial = `${copy}.${process.pid}.partial`
  await ownFolder(sharedFolder, 0o755)
  try {
    await run('cp', ['-R', home, partial])
    await run('chmod', ['-R', 'a+rX', partial])
    // Another run may have been faster; its copy is the same.
    await rename(partial, copy).catch(async (error) => {
      if (!(await stat(copy).catch(() => undefined))) throw error
    })
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
  return { version, home: copy }
}
