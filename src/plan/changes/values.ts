// What two values mean together.
import { formatSize } from '../../fleet/units.ts'

/** `x8`, `/4`, `x1.5`; undefined where a ratio says nothing. */
export function ratio(before: number, after: number): string | undefined {
  if (before <= 0 || after <= 0 || before === after) return undefined
  const round = (value: number) => String(Math.round(value * 100) / 100)
  return after > before ? `x${round(after / before)}` : `/${round(before / after)}`
}

/** Two sizes in bytes as the texts of a change. */
export const sizes = (before: number, after: number) => noted(before, after, formatSize)

/** Two numbers as the texts of a change. */
export const counts = (before: number, after: number) => noted(before, after, String)

function noted(before: number, after: number, show: (value: number) => string) {
  const note = ratio(before, after)
  return { before: show(before), after: show(after), ...(note === undefined ? {} : { note }) }
}

/** `+a, b; -c`: what a list gained and lost; undefined when neither. */
export function listChange(before: readonly string[], after: readonly string[], words = { gains: 'gains', loses: 'loses' }) {
  const gained = after.filter((item) => !before.includes(item))
  const lost = before.filter((item) => !after.includes(item))
  const note = [gained.length ? `${words.gains} ${gained.join(', ')}` : '', lost.length ? `${words.loses} ${lost.join(', ')}` : '']
    .filter(Boolean)
    .join('; ')
  return { gained, lost, note }
}

/** A name as it can be pasted into SQL. */
export const identifier = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`)
