import { diffArrays } from 'diff'
import { type Anchor, anchorsOf } from './anchors.ts'

/** Lines of one text that are others in another: `count` lines from `at` (0-based) were replaced by these. */
export type Hunk = { readonly at: number; readonly count: number; readonly with: readonly string[]; readonly into: number }

/** Edits beyond which a piece of a text counts as changed as a whole: time grows with their square. */
const editLimit = 2500
/** Lines of both sides from which on a piece is cut at lines that occur once. */
const long = 3000

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
  return trimmed(before, after, 0, 0)
}

function between(removed: readonly string[], added: readonly string[], at: number, into: number): Hunk[] {
  if (removed.length === 0 && added.length === 0) return []
  const whole: Hunk = { at, count: removed.length, with: added, into }
  if (removed.length === 0 || added.length === 0) return [whole]
  if (removed.length + added.length < long) {
    const parts = diffArrays([...removed], [...added], { maxEditLength: editLimit })
    return parts ? joined(parts, at, into) : [whole]
  }
  const anchors = anchorsOf(removed, added)
  if (anchors.length === 0) return [whole]
  const hunks: Hunk[] = []
  let from: Anchor = [0, 0]
  for (const to of [...anchors, [removed.length, added.length] as const]) {
    hunks.push(...trimmed(removed.slice(from[0], to[0]), added.slice(from[1], to[1]), at + from[0], into + from[1]))
    from = [to[0] + 1, to[1] + 1]
  }
  return hunks
}

/** The same without what is equal at both ends. */
function trimmed(before: readonly string[], after: readonly string[], at: number, into: number): Hunk[] {
  const { start, end } = changedRange(before, after)
  return between(before.slice(start, before.length - end), after.slice(start, after.length - end), at + start, into + start)
}

type Part = { readonly value: readonly string[]; readonly added?: boolean; readonly removed?: boolean }

function joined(parts: readonly Part[], start: number, target: number): Hunk[] {
  const hunks: Hunk[] = []
  let at = start
  let into = target
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
