// What a git repository holds, without touching its working tree: https://git-scm.com/docs/git-cat-file
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { OperationError } from './operation-error.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** A repository by the folder of its working tree; `env` is what git runs with. */
export type Repository = { readonly folder: string; readonly env: Environment }

/** A commit by its full name, and what to call it. */
export type Revision = { readonly commit: string; readonly label: string; readonly date: Date }

/** The repository that a file is in, or would be in if it were there; undefined when it is in none. */
export async function repositoryOf(file: string, environment: Environment): Promise<Repository | undefined> {
  // Hooks of a linked worktree have GIT_DIR; with it alone, git takes any folder for the top of the working tree.
  const env = environment['GIT_WORK_TREE'] === undefined ? { ...environment, GIT_DIR: undefined } : environment
  const { code, stdout, stderr } = await git({ folder: existing(dirname(file)), env }, ['rev-parse', '--show-toplevel'])
  if (stderr.includes('safe.directory'))
    throw new OperationError(
      'git-ownership',
      'git does not read this repository: it belongs to another user',
      'Tell git that it may: git config --global --add safe.directory FOLDER.',
    )
  return code === 0 ? { folder: stdout.toString().replace(/\n$/, ''), env } : undefined
}

/** Path of a file as git names it. Git knows the real path of its folder; what leads there may be a symlink. */
export function pathInside({ folder }: Repository, file: string): string {
  const there = existing(dirname(file))
  return join(relative(folder, realpathSync(there)), relative(there, dirname(file)), basename(file)).replaceAll('\\', '/')
}

/** The folder itself or the nearest one above: that of a revision may be gone from the working tree. */
const existing = (folder: string): string => (existsSync(folder) ? folder : existing(dirname(folder)))

/** A revision as git understands it: a branch, a tag, `HEAD~2`. Undefined when there is none of that name. */
export async function findRevision(repository: Repository, name: string): Promise<Revision | undefined> {
  // Behind --end-of-options a name that starts with a hyphen is a name.
  const { code, stdout } = await git(repository, [
    'log',
    '-1',
    '--no-show-signature',
    '--format=%H %ct',
    '--end-of-options',
    `${name}^{commit}`,
  ])
  const [commit, seconds] = stdout.toString().trim().split(' ')
  if (code !== 0 || !commit) return undefined
  const short = commit.slice(0, 8)
  return { commit, label: commit.startsWith(name) ? short : `${name} (${short})`, date: new Date(Number(seconds) * 1000) }
}

/** The best common ancestor of two revisions; undefined when there is none, as in a shallow clone. */
export async function mergeBase(repository: Repository, one: string, other: string): Promise<string | undefined> {
  const { code, stdout } = await git(repository, ['merge-base', one, other])
  return code === 0 ? stdout.toString().trim() : undefined
}

/** The branch that changes are merged into: what origin calls its head, otherwise main or master. */
export async function mainBranch(repository: Repository): Promise<string | undefined> {
  const { code, stdout } = await git(repository, ['symbolic-ref', '--short', 'refs/remotes/origin/HEAD'])
  const ofOrigin = code === 0 ? [stdout.toString().trim()] : []
  for (const name of [...ofOrigin, 'origin/main', 'origin/master', 'main', 'master']) if (await findRevision(repository, name)) return name
  return undefined
}

/** A file of a commit; undefined when it is not there. `path` is relative to the repository. */
export async function readFileAt(repository: Repository, commit: string, path: string): Promise<string | undefined> {
  return (await readFilesAt(repository, commit, [path])).get(path)
}

/** Files of folders of a commit whose names end in `.sql`, by path; not those of folders within. */
export async function readSqlAt(repository: Repository, commit: string, folders: readonly string[]): Promise<Map<string, string>> {
  if (folders.length === 0) return new Map()
  const args = ['ls-tree', '-z', '--name-only', '--full-tree', commit, '--', ...folders.map((folder) => `${folder}/`)]
  const { code, stdout, stderr } = await git(repository, args)
  if (code !== 0) throw failure(args, stderr)
  const paths = stdout
    .toString()
    .split('\0')
    .filter((path) => /\.sql$/i.test(path))
  return readFilesAt(repository, commit, paths)
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** All in one process: a fleet has hundreds of files. */
async function readFilesAt(repository: Repository, commit: string, paths: readonly string[]): Promise<Map<string, string>> {
  // As on disk: a symlink is what it leads to, where that is in the repository.
  const plain = ['cat-file', '--batch', '--follow-symlinks']
  const args = [...plain, '-z']
  const found = await git(repository, args, paths.map((path) => `${commit}:${path}\0`).join(''))
  const output = found.code === 0 ? found : await git(repository, plain, paths.map((path) => `${commit}:${path}\n`).join(''))
  if (output.code !== 0) throw failure(args, output.stderr)
  const files = new Map<string, string>()
  let at = 0
  for (const path of paths) {
    const end = output.stdout.indexOf('\n', at)
    const [, type, size] = /^(?:\S+ (\w+)|symlink|dangling|loop|notdir) (\d+)$/.exec(output.stdout.toString('utf8', at, end)) ?? []
    at = end + 1
    if (size === undefined) continue
    if (type === 'blob') files.set(path, decode(output.stdout.subarray(at, at + Number(size)), `${path} of ${commit.slice(0, 8)}`))
    at += Number(size) + 1
  }
  return files
}

function decode(bytes: Buffer, name: string): string {
  try {
    return utf8.decode(bytes)
  } catch (error) {
    throw new OperationError('file-encoding', `${name} is not UTF-8`, 'Save it as UTF-8.', error)
  }
}

type Output = { readonly code: number | null; readonly stdout: Buffer; readonly stderr: string }

function git({ folder, env }: Repository, args: readonly string[], input = ''): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['--no-optional-locks', '--no-pager', '-C', folder, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
    const stdout: Buffer[] = []
    let stderr = ''
    child.stdout.on('data', (data: Buffer) => stdout.push(data))
    child.stderr.on('data', (data: Buffer) => (stderr += data))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    child.on('error', (error) =>
      reject(
        new OperationError('git-missing', 'git could not be started', 'Install git, or compare two files: pgfleet diff FILE FILE.', error),
      ),
    )
    child.on('close', (code) => resolve({ code, stdout: Buffer.concat(stdout), stderr }))
  })
}

const failure = (args: readonly string[], stderr: string): OperationError =>
  new OperationError('git', `git ${args[0]} failed: ${stderr.trim().split('\n')[0] ?? ''}`)
