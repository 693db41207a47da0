// Secrets in a git repository are secrets of all who have ever cloned it: they are not written where git would take them.
import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { OperationError } from '../../io/operation-error.ts'
import { realPath } from './secrets-folder.ts'

/** Throws `secrets-committable` when git would take one of these files (paths relative to the folder), with the line that keeps it out. */
export async function refuseCommittable(folder: string, files: readonly string[]): Promise<void> {
  const { existing, rest } = await realPath(folder)
  const start = (await isFolder(existing)) ? existing : dirname(existing)
  if (!(await isInRepository(start))) return
  const top = (await git(start, ['rev-parse', '--show-toplevel']))?.trim()
  if (!top) return
  const paths = files.map((file) => relative(start, join(existing, rest, file)))
  const ignored = (await git(start, ['check-ignore', '--stdin', '-z'], `${paths.join('\0')}\0`)) ?? ''
  const kept = new Set(ignored.split('\0'))
  const seen = paths.find((path) => !kept.has(path))
  if (seen === undefined) return
  const inside = relative(top, join(existing, rest))
  throw new OperationError(
    'secrets-committable',
    `git would commit the secrets in ${folder} (${relative(top, join(start, seen))} is not ignored): nothing was written`,
    inside === ''
      ? 'Choose a folder of its own with --secrets.'
      : `Add the line \`/${inside.replace(/[\\*?[ ]/g, '\\$&')}/\` to ${join(top, '.gitignore')}; what was committed before, \`git rm -r --cached\` takes out.`,
  )
}

const isFolder = (path: string) =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )

async function isInRepository(folder: string): Promise<boolean> {
  for (let at = folder; ; at = dirname(at)) {
    if (
      await stat(join(at, '.git')).then(
        () => true,
        () => false,
      )
    )
      return true
    if (dirname(at) === at) return false
  }
}

/** What git prints; nothing when it finds nothing. The repository may be another user's, and may not run its own programs. */
async function git(cwd: string, args: readonly string[], input = ''): Promise<string | undefined> {
  const all = ['-c', 'safe.directory=*', '-c', 'core.fsmonitor=false', ...args]
  const run = promisify(execFile)('git', all, { cwd, maxBuffer: 2 ** 28 })
  run.child.stdin?.on('error', () => {}).end(input)
  try {
    return (await run).stdout
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string }
    if (code === 1) return undefined
    throw new OperationError(
      'git-failed',
      `git cannot say whether it would commit the secrets in ${cwd}: ${message.split('\n').at(-2) || message}`,
      'Install git, or choose a folder outside of the repository with --secrets.',
      error,
    )
  }
}
