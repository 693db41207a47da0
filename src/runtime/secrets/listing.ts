// What lies in a secrets folder: who else can reach it, and what the fleet does not know.
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { partialFolder } from './secrets-folder.ts'

/** Something about a file of the secrets folder that a person must decide or do. It shows no secret. */
export type SecretFinding = { readonly path: string; readonly problem: string; readonly help: string }

type Entry = { readonly path: string; readonly isFolder: boolean; readonly mode: number; readonly uid: number }

/** Everything below a folder and the folder itself (as the empty path), but for what a run keeps there while it works. */
export async function listSecrets(folder: string): Promise<Entry[]> {
  const { mode, uid } = await lstat(folder)
  return [{ path: '', isFolder: true, mode: mode & 0o777, uid }, ...(await entriesOf(folder, ''))]
}

const ownNames = new RegExp(`^(${partialFolder.replace('.', '\\.')}|run-\\d+\\.json|claim-\\d+.*)$`)

async function entriesOf(folder: string, inside: string): Promise<Entry[]> {
  const names = await readdir(join(folder, inside))
  const entries = names
    .filter((name) => inside !== '' || !ownNames.test(name))
    .sort()
    .map(async (name) => {
      const path = inside === '' ? name : `${inside}/${name}`
      const found = await lstat(join(folder, path))
      const own = { path, isFolder: found.isDirectory(), mode: found.mode & 0o777, uid: found.uid }
      return found.isDirectory() ? [own, ...(await entriesOf(folder, path))] : [own]
    })
  return (await Promise.all(entries)).flat()
}

/** What others than its owner can reach, and what does not belong to who the containers read the folder as. `shown` names the folder. */
export function accessFindings(entries: readonly Entry[], shown: (path: string) => string): SecretFinding[] {
  const owner = entries[0]?.uid
  return entries.flatMap(({ path, isFolder, mode, uid }) => {
    const needed = isFolder ? 0o500 : 0o400
    const octal = mode.toString(8).padStart(4, '0')
    const chmod = `chmod ${isFolder ? 700 : 600} ${shown(path)}`
    if ((mode & 0o077) !== 0) return [{ path, problem: `others can reach it (mode ${octal})`, help: chmod }]
    if ((mode & needed) !== needed) return [{ path, problem: `its owner cannot read it (mode ${octal})`, help: chmod }]
    if (uid === owner) return []
    return [
      { path, problem: 'it belongs to another user than the folder: containers cannot read it', help: `chown ${owner} ${shown(path)}` },
    ]
  })
}

/** What the fleet has no use for: the outermost folders and files that no wanted file is, or is in. */
export function unusedEntries(entries: readonly Entry[], wanted: readonly string[]): string[] {
  const known = new Set(wanted.flatMap((path) => path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'))))
  const unknown = entries.map(({ path }) => path).filter((path) => path !== '' && !known.has(path))
  const all = new Set(unknown)
  return unknown.filter((path) => !all.has(path.split('/').slice(0, -1).join('/')))
}
