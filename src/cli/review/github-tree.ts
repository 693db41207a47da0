import type { Commit } from '../../io/github/git-tree.ts'
import { readFileAt, readFoldersAt, type SourceReader } from '../../io/github/sources.ts'
import type { Tree } from '../compare/tree.ts'

/** A commit read through the API, as data. `path` is that of services.yaml in the repository. */
export function treeOfCommit(reader: SourceReader, commit: Commit, path: string, label: string): Tree {
  const slash = path.lastIndexOf('/')
  const prefix = path.slice(0, slash + 1)
  return {
    label,
    commit: commit.sha,
    file: path.slice(slash + 1),
    services: () => readFileAt(reader, commit, path),
    sql: async (folders) => {
      const inside = folders.map((folder) => `${prefix}${folder}`)
      // As on disk: only the SQL files of the folder itself.
      const isOwn = (name: string) => /\.sql$/i.test(name) && inside.includes(name.slice(0, name.lastIndexOf('/')))
      const files = await readFoldersAt(reader, commit, inside, isOwn)
      return new Map([...files].map(([name, text]) => [name.slice(prefix.length), text]))
    },
  }
}
