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
      const files = await readFoldersAt(
        reader,
        commit,
        folders.map((folder) => `${prefix}${folder}`),
      )
      const own = [...files].map(([name, text]) => [name.slice(prefix.length), text] as const)
      // As on disk: only the SQL files of the folder itself.
      return new Map(own.filter(([name]) => /\.sql$/i.test(name) && folders.includes(name.slice(0, name.lastIndexOf('/')))))
    },
  }
}
