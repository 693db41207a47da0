// The PgBouncer of this machine, where somebody has installed one.
import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { serverEnvironment } from './daemon.ts'
import { OperationError } from './operation-error.ts'
import type { Owner } from './owned-files.ts'

const run = promisify(execFile)

export type PgBouncerBinary = { readonly program: string; readonly version: string }

export type PgBouncerSearch = {
  /** The program that the user wants; it has to work. */
  readonly named: string | undefined
  /** PATH. */
  readonly path: string
}

/** Debian has it in /usr/sbin, which is not in the PATH of ordinary users. */
const moreFolders = ['/usr/sbin', '/usr/local/sbin']

/** The program and its version, or why there is none that `user` could run. Throws when the named one cannot be used. */
export async function findPgBouncer({ named, path }: PgBouncerSearch, user: Owner): Promise<PgBouncerBinary | string> {
  if (named !== undefined) {
    const version = await versionOf(resolve(named), user)
    if (typeof version === 'string')
      throw new OperationError('pgbouncer-binary', `cannot use ${named}: ${version}`, 'PGFLEET_PGBOUNCER names it.')
    return version
  }
  for (const folder of [...path.split(delimiter).filter(isAbsolute), ...moreFolders]) {
    const program = join(folder, 'pgbouncer')
    if (!(await isExecutable(program))) continue
    const version = await versionOf(program, user)
    return typeof version === 'string' ? `${program} cannot be used: ${version}` : version
  }
  return 'PgBouncer is not installed here'
}

const isExecutable = (program: string): Promise<boolean> =>
  access(program, constants.X_OK).then(
    () => true,
    () => false,
  )

/** Asked as the user that it will run as: whether that user gets to the program is known then, too. */
async function versionOf(program: string, user: Owner): Promise<PgBouncerBinary | string> {
  try {
    const { stdout } = await run(program, ['--version'], { ...user, cwd: '/', env: serverEnvironment, timeout: 10_000 })
    const version = /^PgBouncer (?:version )?(\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1]
    return version === undefined ? 'it does not tell its version' : { program, version }
  } catch (error) {
    const { code, stderr = '', message } = error as NodeJS.ErrnoException & { stderr?: string }
    if (code === 'EACCES') return `${user ? `user number ${user.uid}, as whom servers run,` : 'this user'} may not run it`
    if (code === 'ENOENT') return 'there is no such program'
    return (stderr.trim() || message).split('\n')[0]!
  }
}
