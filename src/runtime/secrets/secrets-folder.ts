// The secrets folder on the disk. A file is complete or absent, also after a crash: it is written in a folder of its own, synced and
// renamed. One run at a time.
import { chmod, chown, lstat, mkdir, open, realpath, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { OperationError } from '../../io/operation-error.ts'
import { readIfPresent } from '../../io/owned-files.ts'
import { acquireRunLock } from '../../io/run-lock.ts'
import { stagingFolder } from './rotation-files.ts'

/** Paths are relative to the folder, with forward slashes. */
export type SecretsFolder = {
  readonly path: string
  readonly read: (file: string) => Promise<string | undefined>
  /** Mode 0600; a file that is there is replaced. */
  readonly write: (file: string, text: string) => Promise<void>
  /** Gives a file another name; one that is there is replaced. */
  readonly move: (from: string, to: string) => Promise<void>
  readonly remove: (file: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** Where files are before they are complete. */
export const partialFolder = '.partial'

/** Opens the folder for this run alone, and makes it where there is none. Throws `already-running`. */
export async function openSecretsFolder(path: string, since: string): Promise<SecretsFolder> {
  const isNew = await mkdir(path, { recursive: true, mode: 0o700 })
  if (isNew !== undefined) await chmod(path, 0o700)
  const release = await acquireRunLock(path, since).catch(otherRun)
  const owner = await ownerOf(path)
  const partial = join(path, partialFolder)
  await rm(partial, { recursive: true, force: true })
  await makeFolder(partial, owner)
  let written = 0
  const replace = async (from: string, to: string) => {
    const target = join(path, to)
    await makeFolder(dirname(target), owner)
    await rename(from, target)
    await syncFolder(dirname(target))
  }
  return {
    path,
    read: (file) => readIfPresent(join(path, file)),
    write: async (file, text) => {
      const temporary = join(partial, String(++written))
      await writeSynced(temporary, text, owner)
      await replace(temporary, file)
    },
    move: (from, to) => replace(join(path, from), to),
    remove: async (file) => {
      await rm(join(path, file), { recursive: true, force: true })
      await syncFolder(dirname(join(path, file))).catch(() => {})
    },
    close: async () => {
      await rm(partial, { recursive: true, force: true })
      // Stays while something is staged in it.
      await rmdir(join(path, stagingFolder)).catch(() => {})
      await release()
    },
  }
}

/** The same path without symlinks, as far as it exists. */
export async function realPath(path: string): Promise<{ readonly existing: string; readonly rest: string }> {
  const missing: string[] = []
  for (let at = path; ; at = dirname(at)) {
    const existing = await realpath(at).catch(() => undefined)
    if (existing !== undefined) return { existing, rest: missing.join('/') }
    if (dirname(at) === at) return { existing: at, rest: missing.join('/') }
    missing.unshift(basename(at))
  }
}

type Owner = { readonly uid: number; readonly gid: number } | undefined

/** Containers read the folder as its owner: what root adds to the folder of somebody else must be theirs, too. */
async function ownerOf(path: string): Promise<Owner> {
  const { uid, gid } = await lstat(path)
  return process.getuid?.() === 0 && uid !== 0 ? { uid, gid } : undefined
}

async function writeSynced(path: string, text: string, owner: Owner) {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    // Not at creation alone: a umask may take away what the owner needs.
    await file.chmod(0o600)
    if (owner) await file.chown(owner.uid, owner.gid)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes a folder and those above it; what is there is left as it is. */
async function makeFolder(path: string, owner: Owner): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return
    if (code !== 'ENOENT') throw error
    await makeFolder(dirname(path), owner)
    return makeFolder(path, owner)
  }
  await chmod(path, 0o700)
  if (owner) await chown(path, owner.uid, owner.gid)
  await syncFolder(dirname(path))
}

async function syncFolder(path: string) {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function otherRun(error: unknown): never {
  if (!(error instanceof OperationError) || error.code !== 'already-running') throw error
  throw new OperationError(error.code, error.message, 'Wait until it has ended, then run the command again.', error)
}
