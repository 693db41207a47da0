// What a pull request declares, read as data through the API: nothing of it is checked out, and nothing of it runs.
import { createHash } from 'node:crypto'
import { OperationError } from '../operation-error.ts'
import type { GitHub } from './client.ts'
import { githubFailed } from './failure.ts'
import { type Commit, entryAt, filesBelow, type TreeEntry, type Trees } from './git-tree.ts'
import { inRepository } from './repository.ts'

/** Bytes of one file, bytes of all files of one commit, and how many files those may be. */
export type SourceLimits = { readonly file: number; readonly total: number; readonly files: number }

export const sourceLimits: SourceLimits = { file: 1024 ** 2, total: 4 * 1024 ** 2, files: 2_000 }

export type SourceReader = Trees & {
  /** Texts by their hash in git. Base and head share most files, and each costs one of the 1,000 requests an hour of a workflow's token. */
  readonly blobs: Map<string, Promise<string>>
  readonly limits: SourceLimits
}

/** Reads base and head of one review; what both have in common only once. */
export const sourceReader = (client: GitHub, limits = sourceLimits): SourceReader => ({
  client,
  listed: new Map(),
  blobs: new Map(),
  limits,
})

/** Text of a file at a commit; undefined when the commit has none there. Throws an OperationError for one that is too large, or no file. */
export async function readFileAt(reader: SourceReader, commit: Commit, path: string): Promise<string | undefined> {
  const entry = await entryAt(reader, commit, path)
  if (!entry) return undefined
  if (entry.type !== 'blob') throw new OperationError('source-not-plain', `${path} is a folder`, 'Name the services.yaml itself.')
  refuseLargeFile(reader.limits, path, entry.size ?? 0)
  return readBlob(reader, commit, path, entry)
}

/**
 * Files below folders at a commit whose path is wanted, by path; a folder that is not there has none. Limits hold for all of them together.
 */
export async function readFoldersAt(
  reader: SourceReader,
  commit: Commit,
  folders: readonly string[],
  wanted: (path: string) => boolean = () => true,
): Promise<Map<string, string>> {
  const found = new Map<string, TreeEntry>()
  for (const folder of folders)
    for (const [path, entry] of await filesBelow(reader, commit, folder)) if (wanted(path)) found.set(path, entry)
  refuseTooMuch(reader.limits, found)
  const texts = await Promise.all([...found].map(async ([path, entry]) => [path, await readBlob(reader, commit, path, entry)] as const))
  return new Map(texts.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function refuseTooMuch(limits: SourceLimits, found: ReadonlyMap<string, TreeEntry>): void {
  const hint = 'Review reads that much and no more; keep data and generated files out of these folders.'
  if (found.size > limits.files) {
    const first = [...found.keys()][limits.files]
    throw new OperationError('source-too-many', `${found.size} files are more than ${limits.files}; the first too many is ${first}`, hint)
  }
  let total = 0
  for (const [path, { size = 0 }] of found) {
    refuseLargeFile(limits, path, size)
    total += size
    if (total > limits.total)
      throw new OperationError('source-too-large', `the files up to ${path} have ${total} bytes, more than ${limits.total} in all`, hint)
  }
}

function refuseLargeFile({ file }: SourceLimits, path: string, size: number): void {
  if (size > file)
    throw new OperationError('source-too-large', `${path} has ${size} bytes, more than ${file}`, 'Review reads no larger file.')
}

/** Both sides are read at the same time: what one of them has asked for already, the other waits for. */
function readBlob(reader: SourceReader, commit: Commit, path: string, { sha }: TreeEntry): Promise<string> {
  const text = reader.blobs.get(sha) ?? fetchBlob(reader, commit, path, sha)
  reader.blobs.set(sha, text)
  return text
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

async function fetchBlob({ client, limits }: SourceReader, { repo }: Commit, path: string, sha: string): Promise<string> {
  const { data } = await client.rest.git
    .getBlob({ ...inRepository(repo), file_sha: sha })
    .catch(githubFailed(`read ${path}`, 'contents: read'))
  const bytes = Buffer.from(data.content, 'base64')
  refuseLargeFile(limits, path, bytes.length)
  if (blobHash(bytes) !== sha) throw new OperationError('source-damaged', `${path} is not what its hash ${sha} says`, 'Run it again.')
  try {
    return utf8.decode(bytes)
  } catch {
    throw new OperationError('file-encoding', `${path} is not UTF-8`, 'Save it as UTF-8.')
  }
}

/** https://git-scm.com/book/en/v2/Git-Internals-Git-Objects */
const blobHash = (bytes: Buffer): string => createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
