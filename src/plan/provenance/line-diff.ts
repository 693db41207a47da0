import { diffArrays } from 'diff'

/** Lines of one text that are others in another: `count` lines from `at` (0-based) were replaced by these. */
export type Hunk = { readonly at: number; readonly count: number; readonly with: readonly string[]; readonly into: number }

/** Edits beyond which the rest of a text counts as changed: time grows with their square. */
const editLimit = 2500

/** Lines without the one after the last line feed. */
export const linesOf = (text: string): string[] => (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')

/** How many lines are equal at the start of both, and of the others at the end. */
export function changedRange(before: readonly string[], after: readonly string[]): { readonly start: number; readonly end: number } {
  const least = Math.min(before.length, after.length)
  let start = 0
  while (start < least && before[start] === after[start]) start++
  let end = 0
  while (end < least - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++
  return { start, end }
}

/**
 * How one list of lines became another. What is equal at both ends is left out first: it keeps a block that was added between two alike
 * from being torn apart. `into` is where the replacement stands in the other list.
 */
export function hunksOf(before: readonly string[], after: readonly string[]): Hunk[] {
  const { start, end } = changedRange(before, after)
  const removed = before.slice(start, before.length - end)
  const added = after.slice(start, after.length - end)
  if (removed.length === 0 && added.length === 0) return []
  const whole: Hunk = { at: start, count: removed.length, with: added, into: start }
  if (removed.length === 0 || added.length === 0) return [whole]
  const parts = diffArrays(removed, added, { maxEditLength: editLimit })
  return parts ? joined(parts, start) : [whole]
}

type Part = { readonly value: readonly string[]; readonly added?: boolean; readonly removed?: boolean }

function joined(parts: readonly Part[], start: number): Hunk[] {
  const hunks: Hunk[] = []
  let at = start
  let into = start
  let open: { at: number; count: number; with: string[]; into: number } | undefined
  for (const { value, added, removed } of parts) {
    if (!added && !removed) {
      if (open) hunks.push(open)
      open = undefined
      at += value.length
      into += value.length
      continue
    }
    open ??= { at, count: 0, with: [], into }
    if (removed) {
      open.count += value.length
      at += value.length
    } else {
      open.with.push(...value)
      into += value.length
    }
  }
  if (open) hunks.push(open)
  return hunks
}

/** Where each line of a text is in another, undefined where it is not there. */
export function movesOf(count: number, hunks: readonly Hunk[]): (number | undefined)[] {
  const moves: (number | undefined)[] = []
  let shift = 0
  let index = 0
  for (const hunk of [...hunks, { at: count, count: 0, with: [], into: 0 }]) {
    for (; index < hunk.at; index++) moves.push(index + shift)
    for (let left = hunk.count; left > 0; left--, index++) moves.push(undefined)
    shift += hunk.with.length - hunk.count
  }
  return moves
}

/** What stands in the place of a line of a hunk: the line as far down where both have as many, else the most alike; undefined for none. */
export function replacementOf(hunk: Hunk, index: number, line: string): string | undefined {
  if (hunk.count === hunk.with.length) return hunk.with[index - hunk.at]
  let best: string | undefined
  let most = 0
  for (const other of hunk.with) {
    let same = 0
    while (same < line.length && line[same] === other[same]) same++
    if (same > most && line[same - 1] !== undefined && line.slice(0, same).trim() !== '') {
      best = other
      most = same
    }
  }
  return best
}
