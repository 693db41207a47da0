import type { Review, Side } from '../../plan/changes/review.ts'
import { cell, clip, code } from './escape.ts'
import { isPlainUrl } from './evidence.ts'

/** What was compared, and how to see it again. */
export function footer({ fleet, file, base, head }: Review): string {
  const [from, to] = [revision(base), revision(head)]
  const name = file !== 'services.yaml' && isPlain(file) ? file : ''
  const diff = ['pgfleet diff', from, from && to, name && `--file ${name}`]
  const review = ['pgfleet review --dry-run', from && `--base ${from}`, to && `--head ${to}`, name]
  const commands = [diff, review].map((words) => `\`${words.filter(Boolean).join(' ')}\``)
  const compared = `Fleet ${cell(fleet, 40)}, ${cell(file, 60)}: ${side(base)} → ${side(head)}.`
  return `---\n\n${compared} The same in a terminal: ${commands[0]}; this text: ${commands[1]}.`
}

const side = ({ label, commit }: Side): string => {
  const short = commit?.slice(0, 7)
  return short === undefined || label === commit || label === short ? cell(label, 40) : `${cell(label, 40)} (${cell(short, 20)})`
}

/** What git calls it; nothing for the working tree. */
const revision = ({ label, commit }: Side): string => {
  const name = commit?.slice(0, 12) ?? label
  return isPlain(name) ? name : ''
}

/** Needs no quoting in a shell, nor in code. */
const isPlain = (name: string): boolean => /^\w[\w./-]{0,39}$/.test(name)

/** Where the whole is: an address of a run becomes a link, anything else is code: a colon stands behind it. */
export const placeOf = (elsewhere: string): string => (isPlainUrl(elsewhere) ? `[the run](${elsewhere})` : code(clip(elsewhere, 120)))
