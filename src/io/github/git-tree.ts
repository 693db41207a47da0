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

export type Trees = {
  readonly client: GitHub
  /** What was listed already, by what was asked for: one request per commit is enough, unless its repository is huge. */
  readonly listed: Map<string, Promise<Listing>>
}

/** `truncated`: GitHub lists no more than 100,000 entries at once. */
type Listing = { readonly entries: ReadonlyMap<string, TreeEntry>; readonly truncated: boolean }

/** The entry of a path; undefined when there is none. An OperationError when a symlink or submodule is on the way: none is followed. */
export async function entryAt(trees: Trees, commit: Commit, path: string): Promise<TreeEntry | undefined> {
  const names = namesOf(path)
  let at: TreeEntry = { path: '', mode: '040000', type: 'tree', sha: commit.sha }
  const whole = await list(trees, commit, commit.sha, true)
  for (const [depth, name] of names.entries()) {
    const reached = names.slice(0, depth + 1).join('/')
    const entry = whole.truncated ? (await list(trees, commit, at.sha, false)).entries.get(name) : whole.entries.get(reached)
    if (!entry) return undefined
    refuseUnlessPlain(entry, reached)
    if (entry.type !== 'tree' && depth < names.length - 1) return undefined
    at = entry
  }
  return at
}

/** All files below a folder, by their path in the repository; none when there is no such folder. */
export async function filesBelow(trees: Trees, commit: Commit, folder: string): Promise<[path: string, entry: TreeEntry][]> {
  const top = await entryAt(trees, commit, folder)
  if (top?.type !== 'tree') return []
  const prefix = namesOf(folder)
    .map((name) => `${name}/`)
    .join('')
  const whole = await list(trees, commit, commit.sha, true)
  const below: [string, TreeEntry][] = whole.truncated
    ? [...(await list(trees, commit, top.sha, true, folder)).entries].map(([path, entry]) => [prefix + path, entry])
    : [...whole.entries].filter(([path]) => path.startsWith(prefix))
  for (const [path, entry] of below) refuseUnlessPlain(entry, path)
  return below.filter(([, { type }]) => type === 'blob')
}

/** Names of a path from the top of the repository. */
function namesOf(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '.')
  if (names.includes('..'))
    throw new OperationError('source-not-plain', `${path} leads out of its folder`, 'Name it from the top of the repository.')
  return names
}

/** With `complete`, the name of what must not be truncated. */
function list(trees: Trees, commit: Commit, sha: string, recursive: boolean, complete?: string): Promise<Listing> {
  const key = `${fullName(commit.repo)} ${sha} ${recursive}`
  const listing = trees.listed.get(key) ?? readTree(trees.client, commit, sha, recursive)
  trees.listed.set(key, listing)
  return listing.then((found) => {
    if (complete === undefined || !found.truncated) return found
    throw new OperationError(
      'source-too-many',
      `${complete} holds more files than GitHub lists`,
      'Keep data and generated files out of it.',
    )
  })
}

async function readTree(client: GitHub, { repo, sha: commit }: Commit, sha: string, recursive: boolean): Promise<Listing> {
  const answer = await client.rest.git
    .getTree({ ...inRepository(repo), tree_sha: sha, ...(recursive && { recursive: '1' }) })
    .catch(absent(undefined))
    .catch(githubFailed(`list the files of ${fullName(repo)} at ${commit.slice(0, 12)}`, 'contents: read'))
  if (answer) return { entries: new Map(answer.data.tree.map((entry) => [entry.path, entry])), truncated: answer.data.truncated }
  throw new OperationError(
    'github-not-found',
    `${fullName(repo)} has no commit ${commit.slice(0, 12)}, or the token cannot see it`,
    'It may have been pushed away meanwhile; otherwise the token needs contents: read.',
  )
}

/** https://git-scm.com/docs/git-fast-import#_filemodify: 120000 is a symlink, 160000 a submodule. */
function refuseUnlessPlain({ mode }: TreeEntry, path: string): void {
  const kind = { '120000': 'a symlink', '160000': 'a submodule' }[mode]
  if (kind)
    throw new OperationError(
      'source-not-plain',
      `${path} is ${kind}: only plain files and folders are read`,
      'Put the files themselves there.',
    )
}
