import { diffFleets } from '../../src/plan/changes/diff-fleets.ts'
import type { CompiledSide } from '../../src/plan/changes/side.ts'
import type { Change, FleetDiff } from '../../src/plan/changes/types.ts'
import { base, type Edit, edited, yamlOf } from '../impact/base.ts'
import { compileText } from './fleet.ts'

/** What an edit of the fleet of test/impact/base.ts means; `given` is on both sides. Throws where a side has errors. */
export async function diffOf(edit: Edit, given: Edit = {}): Promise<FleetDiff> {
  const before = edited(base, given)
  const sides = await Promise.all(
    [before, edited(before, edit)].map(async (source): Promise<CompiledSide> => {
      const { fleet, artifacts, diagnostics } = await compileText(yamlOf(source), source.files)
      if (!fleet) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
      return { fleet, artifacts }
    }),
  )
  return diffFleets(sides[0]!, sides[1]!, { from: new Date('2026-03-01T00:00:00Z') })
}

/** The change of a target. Throws where there is none. */
export function changeOf({ changes }: FleetDiff, target: string): Change {
  const found = changes.find((change) => change.target === target)
  if (!found) throw new Error(`${target} is not among ${changes.map((change) => change.target).join(', ')}`)
  return found
}

export const commands = (steps: FleetDiff['apply']): string[] => steps.map(({ command }) => command)
