import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { OperationError } from './operation-error.ts'
import { reasonOf } from './system-error.ts'

/**
 * The SQL files of a folder by name, in any order. No such folder: no files (a rule reports that). Read without waiting in between:
 * for thousands of small files on a local disk that takes a fraction of the time.
 */
export function readSqlFolder(folder: string): Map<string, string> {
  return new Map(sqlNames(folder).map((name) => [name, readText(join(folder, name))]))
}

function sqlNames(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /\.sql$/i.test(name))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw new OperationError('file-unreadable', `cannot read the folder ${folder}: ${reasonOf(error)}`, undefined, error)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The text of a file; other bytes than UTF-8 would change silently on their way into an artifact. `name` is what messages call it. */
export function readText(path: string, name = path): string {
  try {
    return utf8.decode(readFileSync(path))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw new OperationError('file-encoding', `${name} is not UTF-8`, 'Save it as UTF-8.', error)
    throw new OperationError('file-unreadable', `cannot read ${name}: ${reasonOf(error)}`, undefined, error)
  }
}
