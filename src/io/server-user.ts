// PostgreSQL refuses to run as root. Root therefore runs servers as another user, who must be able to reach their files.
import { execFile } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { OperationError } from './operation-error.ts'
import type { Owner } from './owned-files.ts'

const run = promisify(execFile)

/** initdb looks its user up by number, so one without an entry in the user database will not do (tried). Debian always has nobody. */
const candidates = ['postgres', 'nobody']

/** Who runs the servers in a folder: the caller, or for root whoever owns the data that is there, or a user of the system. */
export async function serverUser(servers: string): Promise<Owner> {
  if (process.getuid?.() !== 0) return undefined
  for (const service of await readdir(servers).catch(() => [])) {
    const data = await stat(join(servers, service, 'data')).catch(() => undefined)
    if (data && data.uid !== 0) return { uid: data.uid, gid: data.gid }
  }
  for (const name of candidates) {
    const user = await lookUp(name)
    if (user) return user
  }
  throw new OperationError(
    'no-server-user',
    `PostgreSQL does not run as root, and there is no user ${candidates.join(' or ')} to run it as`,
    'Run pgfleet as another user, or add one of these.',
  )
}

async function lookUp(name: string): Promise<Owner> {
  try {
    const { stdout } = await run('sh', ['-c', 'id -u "$1" && id -g "$1"', 'sh', name])
    const [uid, gid] = stdout.trim().split('\n').map(Number)
    return uid && gid !== undefined ? { uid, gid } : undefined
  } catch {
    return undefined
  }
}

/** The name of that user, or undefined when the system knows none. */
export async function userName(user: Owner): Promise<string | undefined> {
  try {
    if (!user) return userInfo().username
    return (await run('id', ['-nu', String(user.uid)])).stdout.trim() || undefined
  } catch {
    return undefined
  }
}

/** Whether that user can get into the folder. Asked of the system: modes alone do not tell (ACLs, mounts). */
export const canEnter = (folder: string, user: Owner): Promise<boolean> => succeeds('sh', ['-c', 'cd -- "$1"', 'sh', folder], user)

/** Whether that user can run the program. */
export const canRun = (program: string, user: Owner): Promise<boolean> => succeeds(program, ['--version'], user)

async function succeeds(command: string, args: string[], user: Owner): Promise<boolean> {
  return run(command, args, { ...user, cwd: '/' }).then(
    () => true,
    () => false,
  )
}
