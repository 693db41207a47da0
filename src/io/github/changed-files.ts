import type { GitHub } from './client.ts'
import { githubFailed } from './failure.ts'
import { inRepository, type Repository } from './repository.ts'

export type ChangedFile = {
  readonly path: string
  readonly status: string
  /** Lines of the head that were added or changed, 1-based: where an inline comment may stand. Empty when GitHub gives no patch. */
  readonly lines: ReadonlySet<number>
}

/** Files that a pull request changes. GitHub lists at most 3,000. */
export async function changedFiles(client: GitHub, repo: Repository, number: number): Promise<ChangedFile[]> {
  const files = await client
    .paginate(client.rest.pulls.listFiles, { ...inRepository(repo), pull_number: number, per_page: 100 })
    .catch(githubFailed(`list the files of #${number}`, 'pull-requests: read'))
  return files.map(({ filename, status, patch = '' }) => ({ path: filename, status, lines: addedLines(patch) }))
}

/** Numbers of the lines that a patch without file header adds. */
export function addedLines(patch: string): Set<number> {
  const lines = new Set<number>()
  let at = 0
  for (const line of patch.split('\n')) {
    const start = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line)?.[1]
    if (start) at = Number(start)
    else if (line.startsWith('+')) lines.add(at++)
    else if (line.startsWith(' ') || line === '') at++
  }
  return lines
}
