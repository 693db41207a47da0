import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { manifestFile, type Tier } from './backup-place.ts'

/** What a backup consists of, written when all of it is there. Times are ISO 8601, UTC. */
export type Manifest = {
  readonly version: 1
  readonly service: string
  readonly tier: Tier
  readonly database: string
  readonly started: string
  readonly ended: string
  /** Versions of the server and of pg_dump, as they say themselves. */
  readonly server: string
  readonly client: string
  readonly bytes: number
  readonly files: readonly BackupFile[]
}

/** A file by its path relative to the backup, with forward slashes. */
export type BackupFile = { readonly path: string; readonly size: number; readonly sha256: string }

/** The manifest of a backup. Throws when there is none, or when it is damaged. */
export async function readManifest(folder: string): Promise<Manifest> {
  const manifest = JSON.parse(await readFile(join(folder, manifestFile), 'utf8')) as Manifest
  const isFile = ({ path, size, sha256 }: BackupFile) =>
    typeof path === 'string' && typeof size === 'number' && /^[0-9a-f]{64}$/.test(sha256)
  if (manifest.version !== 1 || !Array.isArray(manifest.files) || manifest.files.length === 0 || !manifest.files.every(isFile))
    throw new Error('it is no manifest of version 1')
  return manifest
}

/** All files below a folder, by their paths relative to it. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .sort()
}

/** Size and SHA-256 of a file, as it is read now. */
export async function fingerprint(folder: string, path: string, signal: AbortSignal): Promise<BackupFile> {
  const hash = createHash('sha256')
  let size = 0
  await pipeline(
    createReadStream(join(folder, path), { highWaterMark: 1 << 20 }),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        hash.update(chunk)
        size += chunk.length
      }
    },
    { signal },
  )
  return { path, size, sha256: hash.digest('hex') }
}

/** Has the system write a file or folder to the disk. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  await handle.sync().finally(() => handle.close())
}
