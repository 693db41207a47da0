import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { readSqlFolder, readText } from '../../io/disk.ts'
import { pathInside, type Repository, type Revision, readFileAt, readSqlAt } from '../../io/git.ts'

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

/** Files of this machine; `name` is what messages call services.yaml. */
export function treeOfFile(path: string, label: string, name = label): Tree {
  return {
    label,
    file: basename(path),
    services: async () => (existsSync(path) ? readText(path, name) : undefined),
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
  const services = pathInside(repository, path)
  const folder = services.slice(0, services.lastIndexOf('/') + 1)
  const inside = (name: string) => `${folder}${name}`
  return {
    label,
    commit,
    file: basename(path),
    services: () => readFileAt(repository, commit, services),
    sql: async (folders) => {
      const files = await readSqlAt(repository, commit, folders.map(inside))
      return new Map([...files].map(([name, text]) => [name.slice(folder.length), text]))
    },
  }
}
