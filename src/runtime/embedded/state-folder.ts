// Where the embedded runtime keeps things. The state folder beside services.yaml holds what people look at: logs, password file,
// locks. The servers' own folder is in it as well, or elsewhere when the user that they run as cannot get there.
import { createHash, randomBytes } from 'node:crypto'
import { lstat, mkdir, readFile, readlink, realpath, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OperationError } from '../../io/operation-error.ts'
import { type Owner, ownFolder, readIfPresent, writeOwnedFile } from '../../io/owned-files.ts'
import { canEnter, serverUser } from '../../io/server-user.ts'
import { refused } from '../../io/system-error.ts'

export type StateFolder = {
  /** Absolute, without symlinks. */
  readonly path: string
  /** Holds a folder for each service. Absolute, without symlinks. */
  readonly servers: string
  /** Another path of `servers`, short and of plain characters: what goes into configuration files. */
  readonly alias: string
  /** Who the servers run as; undefined is the caller. */
  readonly user: Owner
}

/** What cannot be kept in the state folder; only root ever needs it. Nobody else can have prepared anything here. */
export const sharedFolder = '/var/lib/pgfleet'

/** In the servers' folder: names the state folder that they belong to. */
export const projectFile = 'project.txt'

/**
 * A socket address holds 107 bytes (unix(7)), of which `/<service>/socket/.s.PGSQL.<port>` takes up to 63. A list of folders in
 * postgresql.conf has its own quoting inside that of the file, so other characters are avoided, too.
 */
const plainPath = /^[A-Za-z0-9/._-]{1,44}$/

/** Finds the folders of a project and makes those that are missing. Every call gives the same. */
export async function openStateFolder(stateDir: string): Promise<StateFolder> {
  const failed = refused('state-folder', `cannot use the state folder ${stateDir}`, 'Does it belong to another user?')
  return open(stateDir).catch(failed)
}

async function open(stateDir: string): Promise<StateFolder> {
  await mkdir(stateDir, { recursive: true })
  const path = await realpath(stateDir)
  if (/[\r\n]/.test(path))
    throw new OperationError('state-folder', `a password file cannot name ${JSON.stringify(path)}`, 'Use a path without line breaks.')
  await note(join(path, '.gitignore'), '*\n')
  return openServers(path)
}

async function openServers(path: string): Promise<StateFolder> {
  const inside = join(path, 'servers')
  await ownFolder(inside, 0o755)
  const user = await serverUser(inside)
  const servers = (await canEnter(inside, user)) ? inside : await outside(path)
  await note(join(servers, projectFile), `${path}\n`)
  return { path, servers, alias: plainPath.test(servers) ? servers : await linkTo(servers, path), user }
}

async function note(file: string, text: string) {
  if ((await readIfPresent(file)) !== text) await writeOwnedFile(file, text, 0o644)
}

async function outside(path: string): Promise<string> {
  const servers = join(sharedFolder, await identity(path))
  await ownFolder(sharedFolder, 0o755)
  await ownFolder(servers, 0o755)
  return servers
}

/** /tmp, not the temporary folder of the environment: it has to be short, and the same for the servers. */
async function linkTo(servers: string, path: string): Promise<string> {
  const link = `/tmp/pgfleet-${await identity(path)}`
  await symlink(servers, link).catch(() => {})
  const found = await lstat(link)
  if (found.isSymbolicLink() && found.uid === process.getuid?.() && (await readlink(link)) === servers) return link
  throw new OperationError('state-folder', `${link} is in the way: it is not the link that pgfleet makes there`, 'Remove it.')
}

/**
 * Names what lies outside of the state folder. Random, so that another clone at the same place starts anew and nobody can know the name
 * before; mixed with the path, so that a copy of the project gets servers of its own.
 */
async function identity(path: string): Promise<string> {
  const file = join(path, 'id')
  await writeFile(file, randomBytes(16).toString('hex'), { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  const id = await readFile(file, 'utf8')
  return createHash('sha256').update(`${id}\0${path}`).digest('hex').slice(0, 16)
}
