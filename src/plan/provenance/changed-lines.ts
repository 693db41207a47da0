import type { FileChange } from '../changes/types.ts'
import { hunksOf, linesOf } from './line-diff.ts'

/** A file that has lines which were not there before: their indexes (0-based). */
export type ChangedFile = { readonly path: string; readonly text: readonly string[]; readonly lines: readonly number[] }

/** The lines of the head that the base has not, file by file. */
export const changedFiles = (files: readonly FileChange[]): ChangedFile[] =>
  files.flatMap(({ path, op, before, after }) => {
    if (op === 'removed') return []
    const text = linesOf(after)
    const lines = addedLines(op === 'created' ? [] : linesOf(before), text)
    return lines.length > 0 ? [{ path, text, lines }] : []
  })

/** Indexes of the lines of one text that another has not. */
export const addedLines = (before: readonly string[], after: readonly string[]): number[] =>
  hunksOf(before, after).flatMap((hunk) => hunk.with.map((_, index) => hunk.into + index))
