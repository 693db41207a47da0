// Git repositories in temporary folders, made by git itself.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'

export const hasGit = spawnSync('git', ['--version']).status === 0
if (!hasGit) console.warn('there is no git: tests that compare revisions are skipped')

/** Files by path; undefined takes one away. */
export type Files = Readonly<Record<string, string | Buffer | undefined>>

/** Nothing of the configuration of the machine. Without it a test depends on who runs it. */
const isolated = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' }

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** An empty folder that is gone after the tests of the file. */
export function temporaryFolder(files: Files = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'pgfleet-test-repository-'))
  folders.push(folder)
  write(folder, files)
  return folder
}

export function write(folder: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    if (content === undefined) rmSync(join(folder, path), { recursive: true })
    else {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), content)
    }
  }
}

/** What git prints, without the line end; throws what it says when it fails. */
export function git(folder: string, ...args: readonly string[]): string {
  const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.invalid', '-c', 'commit.gpgsign=false']
  const { status, stdout, stderr } = spawnSync('git', [...identity, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...isolated, GIT_AUTHOR_DATE: '2026-06-01T12:00:00Z', GIT_COMMITTER_DATE: '2026-06-01T12:00:00Z' },
  })
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`)
  return stdout.trimEnd()
}

/** Writes files, commits all there is and gives the hash of the commit. */
export function commit(folder: string, files: Files): string {
  write(folder, files)
  git(folder, 'add', '--all')
  git(folder, 'commit', '--quiet', '--allow-empty', '--message', 'change')
  return git(folder, 'rev-parse', 'HEAD')
}

/** A repository with these commits on one branch, one after the other. */
export function repository(commits: readonly Files[], branch = 'main'): string {
  const folder = temporaryFolder()
  git(folder, 'init', '--quiet', `--initial-branch=${branch}`)
  for (const files of commits) commit(folder, files)
  return folder
}
