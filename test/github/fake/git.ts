import { createHash } from 'node:crypto'
import type { State, TreeEntry } from './state.ts'

/** Text of a file, or something else than a plain file. */
export type File = string | Buffer | { mode: '120000' | '160000' | '100755'; content: string }

/** Puts a commit with these files there; gives its hash, made as git makes it. */
export function addCommit(state: State, files: Readonly<Record<string, File>>, parent?: string): string {
  const tree = addTree(state, Object.entries(files))
  const sha = hashOf('commit', Buffer.from(`tree ${tree}\n${parent ? `parent ${parent}\n` : ''}\n${state.nextId++}\n`))
  state.commits.set(sha, { tree, parent })
  return sha
}

function addTree(state: State, files: [string, File][]): string {
  const folders = new Map<string, [string, File][]>()
  for (const file of files) {
    const name = file[0].split('/', 1)[0]!
    folders.set(name, [...(folders.get(name) ?? []), file])
  }
  const entries = [...folders].map(([name, below]): TreeEntry => {
    const [path, file] = below[0]!
    if (path === name) return addFile(state, name, file)
    return {
      path: name,
      mode: '040000',
      type: 'tree',
      sha: addTree(
        state,
        below.map(([deep, text]) => [deep.slice(name.length + 1), text]),
      ),
    }
  })
  const sha = hashOf('tree', Buffer.from(JSON.stringify(entries)))
  state.trees.set(sha, entries)
  return sha
}

function addFile(state: State, path: string, file: File): TreeEntry {
  const plain = typeof file === 'string' || Buffer.isBuffer(file)
  const bytes = Buffer.from(plain ? file : file.content)
  const sha = hashOf('blob', bytes)
  if (!plain && file.mode === '160000') return { path, mode: file.mode, type: 'commit', sha }
  state.blobs.set(sha, bytes)
  return { path, mode: plain ? '100644' : file.mode, type: 'blob', sha, size: bytes.length }
}

const hashOf = (kind: string, bytes: Buffer): string => createHash('sha1').update(`${kind} ${bytes.length}\0`).update(bytes).digest('hex')

/** Entries of a tree, or of the tree of a commit. */
export function treeOf(state: State, sha: string, recursive: boolean): { entries: TreeEntry[]; truncated: boolean } | undefined {
  const entries = state.trees.get(state.commits.get(sha)?.tree ?? sha)
  if (!entries) return undefined
  const all = recursive ? entries.flatMap((entry) => below(state, entry)) : entries
  return { entries: all.slice(0, state.treeLimit), truncated: all.length > state.treeLimit }
}

function below(state: State, entry: TreeEntry): TreeEntry[] {
  if (entry.type !== 'tree') return [entry]
  const deeper = state.trees.get(entry.sha)!.flatMap((child) => below(state, child))
  return [entry, ...deeper.map((child) => ({ ...child, path: `${entry.path}/${child.path}` }))]
}

/** The last commit that two have in common. */
export function mergeBaseOf(state: State, base: string, head: string): string | undefined {
  const history = (sha: string | undefined): string[] => (sha ? [sha, ...history(state.commits.get(sha)?.parent)] : [])
  const ofBase = new Set(history(base))
  return history(head).find((sha) => ofBase.has(sha))
}
