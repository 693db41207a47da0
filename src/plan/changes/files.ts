import type { Artifact } from '../../artifact.ts'
import { compareText } from '../../diagnostic.ts'
import { pairs } from './pairs.ts'
import type { FileChange } from './types.ts'

/** Generated files that differ, by path. */
export const fileChanges = (base: readonly Artifact[], head: readonly Artifact[]): FileChange[] =>
  pairs(base, head, ({ path }) => path)
    .filter(({ before, after }) => before?.content !== after?.content)
    .map(({ key, before, after }) => ({
      path: key,
      op: before === undefined ? ('created' as const) : after === undefined ? ('removed' as const) : ('updated' as const),
      before: before?.content ?? '',
      after: after?.content ?? '',
    }))
    .sort((a, b) => compareText(a.path, b.path))
