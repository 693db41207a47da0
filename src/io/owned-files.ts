// Files and folders with a mode and an owner, whatever the umask is.
import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'

/** A user that files are handed to and servers run as; undefined is the caller. */
export type Owner = { readonly uid: number; readonly gid: number } | undefined

/** Writes a file: complete or not at all, also when two runs write it at once. Secret files get mode 0600. */
export async function writeOwnedFile(path: string, text: string, mode: 0o600 | 0o644, owner?: Owner): Promise<void> {
  const partial = `${path}.${process.pid}.partial`
  try {
    await rm(partial, { force: true })
    await writeFile(partial, text, { mode: 0o600, flag: 'wx' })
    await hand(partial, mode, owner)
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}

/** Makes a folder where there is none, and gives it this mode and owner in any case. */
export async function ownFolder(path: string, mode: 0o700 | 0o755, owner?: Owner): Promise<void> {
  await mkdir(path, { recursive: true, mode })
  await hand(path, mode, owner)
}

async function hand(path: string, mode: number, owner: Owner) {
  await chmod(path, mode)
  if (owner) await chown(path, owner.uid, owner.gid)
}

/** The text of a file, or undefined where there is none. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
