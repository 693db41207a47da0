import { hunksOf, linesOf, movesOf } from '../../plan/provenance/line-diff.ts'
import type { Place } from '../arguments.ts'

/**
 * The lines that a place names, 0-based, as they would be generated now. `onDisk` is the file as it is, if it is there: the place names lines of
 * it. `wanted` is absent when these would not be generated now; `count` says how many lines there are when the place is beyond them.
 */
export function generatedLines(
  { from, to }: Place,
  content: string,
  onDisk: string | undefined,
): { readonly stale: boolean; readonly wanted?: readonly number[] } | { readonly count: number } {
  const named = linesOf(onDisk ?? content)
  if (to > named.length) return { count: named.length }
  const all = Array.from({ length: to - from + 1 }, (_, index) => from - 1 + index)
  if (onDisk === undefined || onDisk === content) return { stale: onDisk === undefined, wanted: all }
  const lines = linesOf(content)
  const hunks = hunksOf(named, lines)
  const moves = movesOf(named.length, hunks)
  const wanted = all.flatMap((index) => {
    const moved = moves[index]
    if (moved !== undefined) return [moved]
    // A line that has another value by now is still the same line.
    const hunk = hunks.find(({ at, count }) => index >= at && index < at + count)!
    return hunk.count === hunk.with.length ? [hunk.into + index - hunk.at] : []
  })
  const isSame = wanted.length === all.length && all.every((index) => moves[index] !== undefined)
  return wanted.length === 0 ? { stale: true } : { stale: !isSame, wanted }
}
