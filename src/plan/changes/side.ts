import type { Artifact } from '../../artifact.ts'
import type { Fleet } from '../../fleet/types.ts'

/** One side of a comparison: a fleet without errors, and what is generated from it. */
export type CompiledSide = { readonly fleet: Fleet; readonly artifacts: readonly Artifact[] }
