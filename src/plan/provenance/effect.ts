import type { Config } from '../../../schema/services.ts'
import { changedRange, type Hunk, hunksOf, linesOf, replacementOf } from './line-diff.ts'
import { contentAfter, type Recompile } from './recompile.ts'

/** Lines of one artifact that are looked at, and the configuration that they come from. */
export type Scene = {
  readonly config: Config
  readonly path: string
  readonly text: string
  /** Without the blanks that align them. */
  readonly lines: readonly string[]
  /** 0-based, ascending. */
  readonly wanted: readonly number[]
  /** Paths of all artifacts of the configuration. */
  readonly known: ReadonlySet<string>
  readonly recompile: Recompile
}

/** What an edit does to the lines: the first of them that changes, and what stands there then. */
export type Effect = {
  readonly line: string
  /** Undefined: nothing. */
  readonly becomes: string | undefined
  /** Everything that came in its place. */
  readonly others: readonly string[]
}

/** `gone`: the file is not made any more, or another in its place. Undefined: the lines stay as they are, but for blanks that align them. */
export function effectOf(scene: Scene, config: Config): Effect | 'gone' | undefined {
  const { path, text, lines, wanted, known, recompile } = scene
  const after = contentAfter(recompile, config, path, known)
  if (after === null) return 'gone'
  if (after === undefined || after === text) return undefined
  const others = linesOf(after).map(unaligned)
  const { start, end } = changedRange(lines, others)
  if (wanted.every((index) => index < start || index >= lines.length - end)) return undefined
  for (const hunk of hunksOf(lines, others)) {
    const index = wanted.find((one) => isIn(hunk, one))
    if (index === undefined) continue
    const line = lines[index]!
    return { line, becomes: replacementOf(hunk, index, line), others: hunk.with }
  }
  return undefined
}

const isIn = ({ at, count }: Hunk, index: number): boolean => index >= at && index < at + count

/** A line without the blanks that put its parts under those of its neighbours: they say nothing of the line itself. */
export const unaligned = (line: string): string => line.replace(/(\S) {2,}/g, '$1 ')
