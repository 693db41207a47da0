import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { OpsService } from '../../fleet/ops.ts'
import { OperationError } from '../../io/operation-error.ts'
import { type PgTools, pgDump, pgRestoreList } from '../../io/pg-tools.ts'
import { acquireRunLock } from '../../io/run-lock.ts'
import { type AccessFiles, loginOf } from './access.ts'
import { filesIn, fingerprint, type Manifest, sync } from './backup-manifest.ts'
import { dumpFolder, manifestFile, nameOf, partial, sweep, type Tier } from './backup-place.ts'

export type BackupOptions = {
  /** Folder of all backups: it must exist, so that a disk that is not mounted is noticed. */
  readonly root: string
  readonly files: AccessFiles
  readonly tools: PgTools
  readonly now: () => Date
}

/** Runs `work` while no other backup of the service runs, after what a killed one left is gone. */
export async function withBackupLock<T>(root: string, service: string, now: Date, work: () => Promise<T>): Promise<T> {
  const there = await stat(root).catch(() => undefined)
  if (!there?.isDirectory())
    throw new OperationError('backup-root', `there is no folder ${root} for backups`, 'Mount the disk of the backups, or make the folder.')
  const folder = join(root, service)
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch(refusedByDisk(folder))
  const release = await acquireRunLock(folder, now.toISOString()).catch((error: unknown) => {
    if (error instanceof OperationError && error.code === 'already-running')
      throw new OperationError('backup-running', `another backup of ${service} is running`, 'Wait for its end.', error)
    throw refusal(folder, error)
  })
  try {
    await sweep(root, service)
    return await work()
  } finally {
    await release()
  }
}

/**
 * Takes a backup of one database, straight from its server. It appears under its name when it is complete and on the disk; after an error
 * nothing is left. Only under `withBackupLock`.
 */
export async function takeBackup(service: OpsService, tier: Tier, { root, files, tools, now }: BackupOptions): Promise<Manifest> {
  const started = now()
  const folder = join(root, service.key, tier, nameOf(started))
  const unfinished = `${folder}${partial}`
  try {
    await mkdir(unfinished, { recursive: true, mode: 0o700 })
    const dump = join(unfinished, dumpFolder)
    await pgDump(loginOf(service, 'backup'), files, dump, tools)
    const archive = await pgRestoreList(dump, tools)
    if (archive.database !== service.database || !(archive.entries > 0))
      throw new OperationError(
        'backup-wrong',
        `the archive is of database "${archive.database}" with ${archive.entries} entries, not of ${service.database}`,
      )
    const contents = []
    for (const path of await filesIn(unfinished)) {
      contents.push(await fingerprint(unfinished, path, tools.signal))
      await sync(join(unfinished, path))
    }
    const manifest: Manifest = {
      version: 1,
      service: service.key,
      tier,
      database: service.database,
      started: started.toISOString(),
      ended: now().toISOString(),
      server: archive.server,
      client: archive.client,
      bytes: contents.reduce((sum, { size }) => sum + size, 0),
      files: contents,
    }
    await writeFile(join(unfinished, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true })
    for (const path of [dump, unfinished]) await sync(path)
    await rename(unfinished, folder)
    await sync(dirname(folder))
    return manifest
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true, maxRetries: 3 })
    throw refusal(root, error)
  }
}

const refusedByDisk = (folder: string) => (error: unknown) => {
  throw refusal(folder, error)
}

/** What the disk refused, for people. */
function refusal(folder: string, error: unknown): unknown {
  const { code, message, name } = error as NodeJS.ErrnoException
  if (error instanceof OperationError) return error
  if (name === 'AbortError') return new OperationError('interrupted', 'the backup was stopped')
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new OperationError('disk-full', `no space is left in ${folder}`, 'Free some, or keep fewer backups.', error)
  return code === undefined ? error : new OperationError('backup-disk', `cannot write to ${folder}: ${message}`, undefined, error)
}
