// The output folder: read, and changed as a plan says. Generated files can be made again, so nothing is synced to the disk.
import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { checksumsFile } from '../plan/checksums.ts'
import { carriesHeader, type ExistingFile, type OutputFile, type Plan } from '../plan/plan.ts'
import { OperationError } from './operation-error.ts'
import { refused } from './system-error.ts'

/**
 * The files below a folder that are wanted or carry our header, by their path with forward slashes; none when it does not exist.
 * Symlinks are not followed and not listed: what they lead to is not ours.
 */
export function readOutput(root: string, wanted: ReadonlySet<string>): Map<string, ExistingFile> {
  try {
    return new Map(listFiles(root, '').flatMap((path) => readOurs(root, path, wanted)))
  } catch (error) {
    return refused('output-read', 'cannot read the output')(error)
  }
}

function readOurs(root: string, path: string, wanted: ReadonlySet<string>): [string, ExistingFile][] {
  const file = join(root, path)
  if (isTemporary(path)) return []
  try {
    if (!wanted.has(path) && !carriesHeader(readHead(file))) return []
    const executable = (lstatSync(file).mode & 0o100) !== 0
    return [
      [
        path,
        {
          executable,
          get content() {
            return readContent(file)
          },
        },
      ],
    ]
  } catch (error) {
    // Another run removed it since it was listed.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Empty when another run removed it since it was listed: then nothing is left to do for this one. */
function readContent(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    return refused('output-read', 'cannot read the output')(error)
  }
}

/** Enough for the header. Somebody else's file may have any size and content. */
function readHead(file: string): string {
  const descriptor = openSync(file, 'r')
  try {
    const head = Buffer.alloc(4096)
    return head.toString('utf8', 0, readSync(descriptor, head))
  } finally {
    closeSync(descriptor)
  }
}

/** Large, and never ours: for an output folder that is the root of a project. */
const foreignFolders = ['.git', 'node_modules']

function listFiles(root: string, folder: string): string[] {
  return listFolder(join(root, folder)).flatMap((entry) => {
    const path = posix.join(folder, entry.name)
    if (entry.isDirectory()) return foreignFolders.includes(entry.name) ? [] : listFiles(root, path)
    return entry.isFile() ? [path] : []
  })
}

function listFolder(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Under such a name a file is written before it replaces the old one. A run that was killed leaves it behind. */
const temporaryName = /^\.pgfleet-(\d+)-\d+\.tmp$/
const isTemporary = (path: string) => temporaryName.test(posix.basename(path))

/**
 * Brings the folder to what the plan says. All that is new is written beside the old files first, so a full disk or a folder that
 * may not be written changes nothing. Throws `output-path` for a path that leads out of the folder, `output-conflict` for files that are
 * not ours, `output-write` when the system refuses.
 */
export function applyPlan(root: string, plan: Plan): void {
  const conflicts = plan.flatMap((change) => (change.op === 'conflict' ? [change.path] : []))
  if (conflicts.length > 0)
    throw new OperationError(
      'output-conflict',
      `${conflicts.join(', ')} in ${root}: pgfleet would write there, but did not make what stands there now`,
      'Move these files away, or choose another folder with --out.',
    )
  try {
    change(root, plan)
  } catch (error) {
    try {
      removeLeftovers(root)
    } catch {
      // What kept us from writing can keep us from this, too; the next run does it.
    }
    refused('output-write', 'cannot write the output')(error)
  }
}

function change(root: string, plan: Plan) {
  const files = plan.flatMap((change) => ('file' in change ? [change.file] : []))
  const orphans = plan.flatMap((change) => (change.op === 'delete' ? [change.path] : []))
  const inside = pathChecker(root)
  for (const path of [...files.map(({ path }) => path), ...orphans]) inside(path)
  removeLeftovers(root)
  const written = writeBeside(root, files)
  for (const path of orphans) removeOrphan(root, path)
  // The checksums last: with new ones, the old files that a killed run leaves would look as if they were edited by hand.
  const last = `${root}/${checksumsFile}`
  const checksums = written.filter(({ target }) => target === last)
  for (const { temporary, target } of [...written.filter(({ target }) => target !== last), ...checksums]) renameSync(temporary, target)
}

function writeBeside(root: string, files: readonly OutputFile[]) {
  const folders = new Set<string>()
  const umask = process.umask()
  return files.map(({ path, content, mode }, index) => {
    const target = `${root}/${path}`
    const folder = dirname(target)
    if (!folders.has(folder)) mkdirSync(folder, { recursive: true })
    folders.add(folder)
    const temporary = `${folder}/.pgfleet-${process.pid}-${index}.tmp`
    writeFileSync(temporary, content, { flag: 'wx', mode })
    // What the umask took away, a container that runs as another user may need.
    if (umask & mode) chmodSync(temporary, mode)
    return { temporary, target }
  })
}

/** Refuses every path that does not stay inside of the root: by its text, and by what stands on the disk along it. */
function pathChecker(root: string) {
  /** Whether there is such a folder; where it is not, nothing is in it. */
  const folders = new Map([['', true]])
  const isThere = (folder: string, path: string): boolean => {
    const known = folders.get(folder)
    if (known !== undefined) return known
    const found = isThere(parentOf(folder), path) ? lstatSync(`${root}/${folder}`, { throwIfNoEntry: false }) : undefined
    if (found && !found.isDirectory()) throw outside(path, `${folder} is ${found.isSymbolicLink() ? 'a symlink' : 'no folder'}`)
    folders.set(folder, found !== undefined)
    return found !== undefined
  }
  return (path: string) => {
    if (path.split('/').some((part) => part === '' || part === '.' || part === '..') || /[\\\0]/.test(path))
      throw outside(path, 'it is no plain relative path')
    const found = isThere(parentOf(path), path) ? lstatSync(`${root}/${path}`, { throwIfNoEntry: false }) : undefined
    if (found && !found.isFile()) throw outside(path, `there is ${found.isSymbolicLink() ? 'a symlink' : 'something that is no file'}`)
  }
}

/** Empty for what lies in the root itself. */
const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0))

const outside = (path: string, why: string) =>
  new OperationError(
    'output-path',
    `pgfleet does not write ${path}: ${why}`,
    'Generated files stay inside of the output folder; remove what is in the way.',
  )

/** The folders that are empty without it go, too. Another run may be doing the same. */
function removeOrphan(root: string, path: string) {
  rmSync(join(root, path), { force: true })
  for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder)) if (!removedIfEmpty(join(root, folder))) return
}

function removedIfEmpty(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return true
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false
    throw error
  }
}

/** Temporary files of this process and of those that have ended; another one may be writing at this moment. */
function removeLeftovers(root: string) {
  for (const path of listFiles(root, '')) {
    const pid = Number(temporaryName.exec(posix.basename(path))?.[1])
    if (pid && (pid === process.pid || !isAlive(pid))) rmSync(join(root, path), { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
