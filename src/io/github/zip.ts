import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl'
import { OperationError } from '../operation-error.ts'

export type Wanted = { readonly name: string; readonly maxBytes: number }

/** The only file of an archive, which must have this name. An OperationError for everything else that somebody may have put there. */
export async function onlyEntry(archive: Buffer, { name, maxBytes }: Wanted): Promise<Buffer> {
  try {
    const zip = await fromBufferPromise(archive, { lazyEntries: true, strictFileNames: true, validateEntrySizes: true })
    return await readOnly(zip, { name, maxBytes })
  } catch (error) {
    if (error instanceof OperationError) throw error
    throw hostile(`is no archive that can be read (${(error as Error).message})`)
  }
}

async function readOnly(zip: ZipFile, { name, maxBytes }: Wanted): Promise<Buffer> {
  if (zip.entryCount !== 1) throw hostile(`holds ${zip.entryCount} files instead of one`)
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName !== name) throw hostile(`holds another file than ${name}`)
    if (!isPlainFile(entry)) throw hostile(`holds a ${name} that is no plain file`)
    if (entry.uncompressedSize > maxBytes) throw hostile(`holds a ${name} of ${entry.uncompressedSize} bytes, more than ${maxBytes}`)
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of await zip.openReadStreamPromise(entry)) {
      size += chunk.length
      if (size > maxBytes) throw hostile(`holds a ${name} of more than ${maxBytes} bytes`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }
  throw hostile('holds nothing')
}

/** Upper half of the attributes is the mode of Unix; 0 where the archive was made elsewhere. */
function isPlainFile(entry: Entry): boolean {
  const kind = (entry.externalFileAttributes >>> 16) & 0o170000
  return (kind === 0 || kind === 0o100000) && !entry.isEncrypted()
}

const hostile = (what: string): OperationError =>
  new OperationError('artifact-refused', `the artifact with the evidence ${what}`, 'It is not used; let the run that made it run again.')
