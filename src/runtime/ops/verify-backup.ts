import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type PgTools, pgRestoreList } from '../../io/pg-tools.ts'
import { filesIn, fingerprint, type Manifest, readManifest } from './backup-manifest.ts'
import { type BackupPlace, dumpFolder, manifestFile } from './backup-place.ts'

/** Every byte of a backup against its manifest, and whether pg_restore can read it; what is wrong, nothing when it is good. */
export async function verifyBackup({ folder }: BackupPlace, tools: PgTools): Promise<string[]> {
  const manifest = await readManifest(folder).catch((error: Error) => `${manifestFile}: ${error.message}`)
  if (typeof manifest === 'string') return (await exists(folder)) ? [manifest] : []
  const faults = await faultsOfFiles(folder, manifest, tools.signal)
  // Not what the manifest says: then what pg_restore says of it adds nothing.
  if (faults.length > 0) return (await exists(folder)) ? faults : []
  return pgRestoreList(join(folder, dumpFolder), tools).then(
    ({ entries }) => (entries > 0 ? [] : ['the archive is empty']),
    (error: Error) => {
      tools.signal.throwIfAborted()
      return [error.message]
    },
  )
}

async function faultsOfFiles(folder: string, { files }: Manifest, signal: AbortSignal): Promise<string[]> {
  const faults: string[] = []
  for (const { path, size, sha256 } of files) {
    try {
      const found = await fingerprint(folder, path, signal)
      if (found.size !== size) faults.push(`${path} has ${found.size} bytes, not ${size}`)
      else if (found.sha256 !== sha256) faults.push(`${path} has another SHA-256 than when it was written`)
    } catch (error) {
      signal.throwIfAborted()
      faults.push(`${path}: ${(error as Error).message}`)
    }
  }
  const known = new Set([manifestFile, ...files.map(({ path }) => path)])
  const others = (await filesIn(folder).catch(() => [])).filter((path) => !known.has(path))
  return [...faults, ...others.map((path) => `${path} is no part of the backup`)]
}

/** One that expired while it was read is not broken. */
const exists = (folder: string): Promise<boolean> =>
  stat(folder).then(
    () => true,
    () => false,
  )
