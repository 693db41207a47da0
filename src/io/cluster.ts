// Data directories: one is made by initdb and copied for each server, which is several times faster than to run initdb for each.
// All copies have the same system identifier; that matters only to replication, which these servers do not take part in.
import { execFile } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { readdir, readFile, rename, rm, stat, truncate } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Major } from '../fleet/catalog.ts'
import { serverEnvironment } from './daemon.ts'
import { OperationError } from './operation-error.ts'
import { type Owner, ownFolder } from './owned-files.ts'

const run = promisify(execFile)

/**
 * Makes a data directory, once: checksums on, UTF-8, and the same order of text on every machine. Not synced to the disk: after a
 * power cut within the first seconds it would have to be made again. `programs` is the folder of initdb and postgres; `onRun` is called
 * when initdb has been started, so that the caller can do other work meanwhile.
 */
export async function initCluster(programs: string, data: string, major: Major, user: Owner, onRun: () => void): Promise<void> {
  const locale = major >= 17 ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : ['--locale=C']
  const args = ['--username=postgres', '--auth=reject', '--data-checksums', '--encoding=UTF8', ...locale, '--no-sync', '--no-instructions']
  await completely(data, user, async (partial) => {
    const initdb = run(join(programs, 'initdb'), ['-D', partial, ...args], { ...user, cwd: '/', env: serverEnvironment })
    onRun()
    await initdb
    await dropTemplate0(join(programs, 'postgres'), partial, user)
    dropMaps(partial)
    const log = join(partial, 'pg_wal')
    for (const name of await readdir(log)) if (/^[0-9A-F]{24}$/.test(name)) await freeTail(join(log, name))
  })
}

/**
 * A third of the files of a new data directory, to be copied for each service: the disk would take longer over them than over all the
 * rest of a boot. It is there to make databases from, and nobody makes any here; template1 is as empty.
 */
async function dropTemplate0(postgres: string, data: string, user: Owner) {
  const quietly = ['-c', 'exit_on_error=on', '-c', 'log_checkpoints=off']
  const session = run(postgres, ['--single', '-F', ...quietly, '-D', data, 'template1'], { ...user, cwd: '/', env: serverEnvironment })
  session.child.stdin?.end("update pg_database set datistemplate = false where datname = 'template0'\ndrop database template0\n")
  await session
}

/**
 * A quarter of the files that are left: where there is free space, and what everybody sees. A server that misses such a file makes it anew.
 * https://www.postgresql.org/docs/current/storage-fsm.html, https://www.postgresql.org/docs/current/storage-vm.html
 */
function dropMaps(data: string) {
  const databases = readdirSync(join(data, 'base')).map((name) => join(data, 'base', name))
  // At once: one by one, they would wait for the threads that compute verifiers meanwhile.
  for (const folder of [join(data, 'global'), ...databases])
    for (const name of readdirSync(folder)) if (/_(?:fsm|vm)$/.test(name)) rmSync(join(folder, name))
}

/** Turns the empty pages at the end of a log segment into a hole: most of the first one is unused, and need not be copied. */
async function freeTail(path: string) {
  const content = await readFile(path)
  const page = Buffer.alloc(8192)
  let used = content.length
  while (used > 0 && content.subarray(used - page.length, used).equals(page)) used -= page.length
  await truncate(path, used)
  await truncate(path, content.length)
}

/** Copies a data directory that no server runs on, unless the copy is there. Shares the blocks where cp and the file system can. */
export async function copyCluster(template: string, data: string, user: Owner): Promise<void> {
  await completely(data, user, (partial) => run('cp', ['-a', `${template}/.`, partial], { ...user, cwd: '/' }))
}

/** The major version of a data directory. */
export async function clusterMajor(data: string): Promise<number> {
  return Number(await readFile(join(data, 'PG_VERSION'), 'utf8'))
}

/**
 * Made under another name first: a data directory is complete or not there. A name of its own for each run, because what a killed run has
 * started may still be writing.
 */
async function completely(data: string, user: Owner, make: (partial: string) => Promise<unknown>) {
  if (await exists(data)) return
  const partial = `${data}.${process.pid}.partial`
  try {
    await removePartial(data)
    await ownFolder(partial, 0o700, user)
    await make(partial)
    await rename(partial, data)
  } catch (error) {
    await removePartial(data)
    const { stderr, message } = error as { stderr?: string; message: string }
    throw new OperationError('cluster', `cannot make the data directory ${data}: ${stderr?.trim() || message}`, undefined, error)
  }
}

/** What cannot be removed now is removed the next time. */
async function removePartial(data: string) {
  const names = (await readdir(dirname(data))).filter((name) => name.startsWith(`${basename(data)}.`) && name.endsWith('.partial'))
  for (const name of names) await rm(join(dirname(data), name), { recursive: true, force: true }).catch(() => {})
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )
