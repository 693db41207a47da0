// What a git repository holds, without touching its working tree: https://git-scm.com/docs/git-cat-file
import { spawn } from 'node:child_process'
import { OperationError } from './operation-error.ts'

/** A repository by the folder of its working tree. */
export type Repository = { readonly folder: string }

/** A commit by its full name, and what to call it. */
export type Revision = { readonly commit: string; readonly label: string; readonly date: Date }

/** The repository that a folder is in; undefined when it is in none. */
export async function repositoryOf(folder: string): Promise<Repository | undefined> {
  const { code, stdout } = await git(folder, ['rev-parse', '--show-toplevel'])
  return code === 0 ? { folder: stdout.toString().trimEnd() } : undefined
}

/** A revision as git understands it: a branch, a tag, `HEAD~2`. Undefined when there is none of that name. */
export async function findRevision({ folder }: Repository, name: string): Promise<Revision | undefined> {
  // Behind --end-of-options a name that starts with a hyphen is a name.
  const { code, stdout } = await git(folder, ['log', '-1', '--format=%H %ct', '--end-of-options', `${name}^{commit}`])
  const [commit, seconds] = stdout.toString().trim().split(' ')
  if (code !== 0 || !commit) return undefined
  const short = commit.slice(0, 8)
  return { commit, label: commit.startsWith(name) ? short : `${name} (${short})`, date: new Date(Number(seconds) * 1000) }
}

/** The best common ancestor of two revisions; undefined when there is none, as in a shallow clone. */
export async function mergeBase({ folder }: Repository, one: string, other: string): Promise<string | undefined> {
  const { code, stdout } = await git(folder, ['merge-base', one, other])
  return code === 0 ? stdout.toString().trim() : undefined
}

/** The branch that changes are merged into: what origin calls its head, otherwise main or master. */
export async function mainBranch(repository: Repository): Promise<string | undefined> {
  const { code, stdout } = await git(repository.folder, ['symbolic-ref', '--short', 'refs/remotes/origin/HEAD'])
  if (code === 0) return stdout.toString().trim()
  for (const name of ['origin/main', 'origin/master', 'main', 'master']) if (await findRevision(repository, name)) return name
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
  const { code, stdout, stderr } = await git(repository.folder, args)
  if (code !== 0) throw failure(args, stderr)
  const paths = stdout
    .toString()
    .split('\0')
    .filter((path) => /\.sql$/i.test(path))
  return readFilesAt(repository, commit, paths)
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** All in one process: a fleet has hundreds of files. */
async function readFilesAt({ folder }: Repository, commit: string, paths: readonly string[]): Promise<Map<string, string>> {
  const args = ['cat-file', '--batch', '-z']
  const found = await git(folder, args, paths.map((path) => `${commit}:${path}\0`).join(''))
  const output = found.code === 0 ? found : await git(folder, ['cat-file', '--batch'], paths.map((path) => `${commit}:${path}\n`).join(''))
  if (output.code !== 0) throw failure(args, output.stderr)
  const files = new Map<string, string>()
  let at = 0
  for (const path of paths) {
    const end = output.stdout.indexOf('\n', at)
    const [, type, size] = /^\S+ (\w+) (\d+)$/.exec(output.stdout.toString('utf8', at, end)) ?? []
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

function git(folder: string, args: readonly string[], input = ''): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['--no-optional-locks', '--no-pager', '-C', folder, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
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
