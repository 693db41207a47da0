import type { Origin } from '../../plan/changes/review.ts'
import type { FleetDiff } from '../../plan/changes/types.ts'
import type { TreeSide } from '../compare/compile-trees.ts'

/** Where the changed lines of the artifacts come from. */
export const originsOfSides = (_base: TreeSide, _head: TreeSide, _diff: FleetDiff): Origin[] => []
