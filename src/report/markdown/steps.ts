import type { FleetDiff, Step } from '../../plan/changes/types.ts'
import { clip, code, inline } from './escape.ts'
import { foldClose, foldOpen } from './fold.ts'
import { listing, oneOf, type Part } from './part.ts'
import { counted, impactWords } from './words.ts'

/** A command is shown whole or not at all: half of one could be run. */
const longestCommand = 2000

const stepRow = ({ command, why }: Step, index: number): string => {
  const shown = Buffer.byteLength(command) > longestCommand ? 'a command too long to show' : code(command)
  return `${index + 1}. ${shown}: ${inline(clip(why, 300))}`
}

/** More steps than these open on a click. */
const shownSteps = 12

/** What applies the change, in order. */
export function applyPart(steps: readonly Step[]): Part {
  const folded = steps.length > shownSteps
  return listing({
    before: `#### Apply, in this order\n${folded ? `\n${foldOpen(counted(steps.length, 'step'))}`.replace(/\n$/, '') : ''}`,
    rows: steps.map(stepRow),
    after: folded ? foldClose : '',
    left: (missing) => `the last ${counted(missing, 'step')} of applying it`,
  })
}

/** What takes it back: class and losses are seen at once, the commands open on a click. */
export function rollbackParts({ impact, steps, lost }: FleetDiff['rollback']): [Part, Part] {
  const { mark, word, meaning } = impactWords[impact]
  const said = `#### Rollback\n\n${mark} **${word}**: ${meaning}.`
  const losses = lost.map((text) => `- ${inline(clip(text, 300))}`)
  const whole = lost.length === 0 ? `${said} Nothing is lost.` : `${said} What does not come back:\n\n${losses.join('\n')}`
  const some = `${said} ${counted(lost.length, 'thing')} do${lost.length === 1 ? 'es' : ''} not come back.`
  return [
    lost.length === 0 ? oneOf({ text: whole }) : oneOf({ text: whole }, { text: some, left: 'what does not come back, by name' }),
    listing({
      before: foldOpen(`${counted(steps.length, 'command')} of the rollback`).replace(/\n$/, ''),
      rows: steps.map(stepRow),
      after: foldClose,
      left: (missing) => `the last ${counted(missing, 'step')} of the rollback`,
    }),
  ]
}
