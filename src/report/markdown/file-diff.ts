import type { FileChange } from '../../plan/changes/types.ts'
import { unifiedDiff } from '../../plan/unified.ts'

/** The hunks of one file and its counts of lines; undefined hunks when more lines differ than are worth comparing. */
export type FileDiff = { readonly added: number; readonly removed: number; readonly hunks: string | undefined }

export function fileDiff({ path, op, before, after }: FileChange): FileDiff {
  if (op !== 'updated') return wholeFile(op === 'created' ? '+' : '-', op === 'created' ? after : before)
  const text = unifiedDiff([{ op: 'update', file: { path, mode: 0o644, content: after }, before, edited: false }])
  const start = text.search(/^@@ /m)
  if (start === -1) return { added: 0, removed: 0, hunks: text.startsWith('Files ') ? undefined : '' }
  const hunks = text.slice(start)
  return { added: count(hunks, /^\+/gm), removed: count(hunks, /^-/gm), hunks }
}

/** Made at once: a comparison with nothing takes as long as the file is large. */
function wholeFile(sign: '+' | '-', text: string): FileDiff {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n')
  const number = lines.length
  const hunks = number === 0 ? '' : lines.map((line) => `${sign}${line}\n`).join('')
  return { added: sign === '+' ? number : 0, removed: sign === '-' ? number : 0, hunks }
}

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0
