import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'
import type { Change, Plan } from './plan.ts'

/** Lines that may differ before a file is only named: the time that a diff takes grows with their square (4,000 take a second). */
const editLimit = 4000

/** A plan as a unified diff, as git shows it: what is there against what would be written. Empty when nothing differs. */
export const unifiedDiff = (plan: Plan): string => plan.map(changeDiff).join('')

function changeDiff(change: Change): string {
  switch (change.op) {
    case 'create':
      return fileDiff(undefined, change.file.path, '', change.file.content)
    case 'update':
      return modeOnly(change) ?? fileDiff(change.file.path, change.file.path, change.before, change.file.content)
    case 'delete':
      return fileDiff(change.path, undefined, change.before, '')
    default:
      return ''
  }
}

function fileDiff(from: string | undefined, to: string | undefined, before: string, after: string): string {
  const names = [from === undefined ? '/dev/null' : `a/${from}`, to === undefined ? '/dev/null' : `b/${to}`] as const
  const options = { headerOptions: FILE_HEADERS_ONLY, context: 3, maxEditLength: editLimit }
  return createTwoFilesPatch(...names, before, after, undefined, undefined, options) ?? `Files ${names.join(' and ')} differ\n`
}

function modeOnly({ file, before }: Extract<Change, { op: 'update' }>): string | undefined {
  if (before !== file.content) return undefined
  const [now, then] = file.mode === 0o755 ? ['100644', '100755'] : ['100755', '100644']
  return `diff --git a/${file.path} b/${file.path}\nold mode ${now}\nnew mode ${then}\n`
}

/** Changes of files as a unified diff, as git shows it. */
export const unifiedFiles = (
  files: readonly { readonly path: string; readonly op: string; readonly before: string; readonly after: string }[],
) =>
  files
    .map(({ path, op, before, after }) => fileDiff(op === 'created' ? undefined : path, op === 'removed' ? undefined : path, before, after))
    .join('')
