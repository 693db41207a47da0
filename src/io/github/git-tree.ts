import { OperationError } from '../operation-error.ts'
import type { GitHub } from './client.ts'
import { absent, githubFailed } from './failure.ts'
import { fullName, inRepository, type Repository } from './repository.ts'

/** A commit of a repository; of a fork's pull request, the fork's or the base's. */
export type Commit = { readonly repo: Repository; readonly sha: string }

export type TreeEntry = {
  readonly path: string
  readonly mode: string
  readonly type: string
  readonly sha: string
  readonly size?: number
}

/** One folder's entries by the hash of its tree; `recursive` with everything below. Undefined when there is no such tree or commit. */
export async function readTree(client: GitHub, { repo, sha }: Commit, recursive = false): Promise<TreeEntry[] | undefined> {
  const answer = await client.rest.git
    .getTree({ ...inRepository(repo), tree_sha: sha, ...(recursive && { recursive: '1' }) })
    .catch(absent(undefined))
    .catch(githubFailed(`list the files of ${fullName(repo)} at ${sha.slice(0, 12)}`, 'contents: read'))
  if (answer?.data.truncated)
    throw new OperationError(
      'source-too-many',
      `${fullName(repo)} has more files at ${sha.slice(0, 12)} than GitHub lists`,
      'Use fewer files.',
    )
  return answer?.data.tree
}

/**
 * The entry of a path, folder by folder, so that the size of the rest of the repository plays no part. Undefined when there is none.
 * Symlinks and submodules are not followed: an OperationError names them.
 */
export async function entryAt(client: GitHub, commit: Commit, path: string): Promise<TreeEntry | undefined> {
  const names = path.split('/')
  let sha = commit.sha
  for (const [depth, name] of names.entries()) {
    const tree = await readTree(client, { ...commit, sha })
    if (!tree && depth === 0)
      throw new OperationError(
        'github-not-found',
        `${fullName(commit.repo)} has no commit ${sha.slice(0, 12)}`,
        'Was it pushed away meanwhile?',
      )
    const entry = tree?.find((other) => other.path === name)
    if (!entry) return undefined
    refuseUnlessPlain(entry, names.slice(0, depth + 1).join('/'))
    if (depth === names.length - 1) return entry
    if (entry.type !== 'tree') return undefined
    sha = entry.sha
  }
  return undefined
}

/** https://git-scm.com/docs/git-fast-import#_filemodify: 120000 is a symlink, 160000 a submodule. */
export function refuseUnlessPlain({ mode }: TreeEntry, path: string): void {
  const kind = { '120000': 'a symlink', '160000': 'a submodule' }[mode]
  if (kind)
    throw new OperationError(
      'source-not-plain',
      `${path} is ${kind}: only plain files and folders are read`,
      'Put the files themselves there.',
    )
}
