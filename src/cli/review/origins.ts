import { allGenerators } from '../../../generators/index.ts'
import type { FleetDiff } from '../../plan/changes/types.ts'
import { type Origins, originsOf } from '../../plan/provenance/origins.ts'
import type { TreeSide } from '../compare/compile-trees.ts'
import { recompiler } from '../recompile.ts'

/** Where the changed lines of the artifacts come from; of a fleet that only one side has, nowhere. */
export async function originsOfSides(base: TreeSide, head: TreeSide, { files }: FleetDiff): Promise<Origins> {
  if (!base.source || !head.source || !base.side || !head.side || files.length === 0) return { origins: [], untraced: 0 }
  const { config, document } = head.source
  const recompile = (await recompiler(config, head.side.fleet))(allGenerators)
  return originsOf({
    base: { config: base.source.config, fleet: base.side.fleet },
    head: { config, fleet: head.side.fleet },
    files,
    recompile,
    spanOf: (path, on) => document.spanOf(path, on),
  })
}
