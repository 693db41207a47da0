import type { Review, Side } from '../../plan/changes/review.ts'
import { cell, clip, code } from './escape.ts'
import { isPlainUrl } from './evidence.ts'

/** What was compared, and how to see it again. */
export function footer({ fleet, file, base, head }: Review): string {
  const again = `pgfleet diff ${[base, head].map(revision).filter(Boolean).join(' ')}`
  return `---\n\nFleet ${cell(fleet, 40)}, ${cell(file, 60)}: ${side(base)} → ${side(head)}. The same in a terminal: \`${again}\`; this text: \`pgfleet review --dry-run\`.`
}

const side = ({ label, commit }: Side): string => {
  const short = commit?.slice(0, 7)
  return short === undefined || label === commit || label === short ? cell(label, 40) : `${cell(label, 40)} (${cell(short, 20)})`
}

/** What git calls it, where that needs no quoting; nothing for the working tree. */
const revision = ({ label, commit }: Side): string => {
  const name = commit?.slice(0, 12) ?? label
  return /^[\w][\w./-]{0,39}$/.test(name) ? name : ''
}

/** Where the whole is: an address of a run becomes a link, anything else is code: a colon stands behind it. */
export const placeOf = (elsewhere: string): string => (isPlainUrl(elsewhere) ? `[the run](${elsewhere})` : code(clip(elsewhere, 120)))
