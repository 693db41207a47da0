import { basename, dirname, join, relative } from 'node:path'
import { readSqlFolder, readText } from '../../io/disk.ts'
import { type Repository, type Revision, readFileAt, readSqlAt } from '../../io/git.ts'

/** A state of the files that a fleet is compiled from. Paths are relative to services.yaml. */
export type Tree = {
  /** As a reader names it: `working tree`, `main (1a2b3c4d)`, a file. */
  readonly label: string
  readonly commit?: string
  /** Name of services.yaml, for messages. */
  readonly file: string
  /** Text of services.yaml; undefined when it is not there. */
  readonly services: () => Promise<string | undefined>
  /** Files of these folders, by path. */
  readonly sql: (folders: readonly string[]) => Promise<Map<string, string>>
}

/** Files of this machine. */
export function treeOfFile(path: string, label: string): Tree {
  return {
    label,
    file: basename(path),
    services: async () => readText(path, label),
    sql: async (folders) =>
      new Map(
        folders.flatMap((folder) =>
          [...readSqlFolder(join(dirname(path), folder))].map(([name, text]) => [`${folder}/${name}`, text] as const),
        ),
      ),
  }
}

/** Files of a commit; `path` is that of services.yaml on this machine. */
export function treeOfRevision(repository: Repository, { commit, label }: Revision, path: string): Tree {
  const folder = relative(repository.folder, dirname(path))
  const inside = (name: string) => (folder === '' ? name : `${folder.replaceAll('\\', '/')}/${name}`)
  return {
    label,
    commit,
    file: basename(path),
    services: () => readFileAt(repository, commit, inside(basename(path))),
    sql: async (folders) => {
      const files = await readSqlAt(repository, commit, folders.map(inside))
      return new Map([...files].map(([name, text]) => [folder === '' ? name : name.slice(folder.length + 1), text]))
    },
  }
}
