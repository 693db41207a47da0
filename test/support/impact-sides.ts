// The two sides of a row of test/impact/changes.ts, compiled.
import type { Artifact } from '../../src/artifact.ts'
import type { Fleet } from '../../src/fleet/types.ts'
import { base, edited, type Source, yamlOf } from '../impact/base.ts'
import type { FleetChange } from '../impact/changes.ts'
import { compileText, printed } from './fleet.ts'

export type Compiled = { readonly fleet: Fleet; readonly artifacts: readonly Artifact[] }
export type Side = Compiled & { readonly yaml: string; readonly files: Source['files'] }

/** A side that must be free of errors. */
async function compiled(source: Source, comment?: string): Promise<Side> {
  const yaml = yamlOf(source, comment)
  const { fleet, artifacts, diagnostics } = await compileText(yaml, source.files)
  if (!fleet) throw new Error(diagnostics.map(printed).join('\n'))
  return { fleet, artifacts, yaml, files: source.files }
}

const known = new Map<FleetChange, ReturnType<typeof compiledSides>>()

/** Base and head of a change. Compiled once. */
export function sidesOf(change: FleetChange): ReturnType<typeof compiledSides> {
  const sides = known.get(change) ?? compiledSides(change)
  known.set(change, sides)
  return sides
}

async function compiledSides({ given = {}, edit, patch }: FleetChange): Promise<{ base: Side; head: Side }> {
  const before = edited(base, given)
  const head = await compiled(edited(before, edit), edit.comment)
  return { base: await compiled(before), head: patch ? { ...head, artifacts: patched(head.artifacts, patch) } : head }
}

function patched(artifacts: readonly Artifact[], { path, from, to }: NonNullable<FleetChange['patch']>): Artifact[] {
  if (!artifacts.some((artifact) => artifact.path === path && artifact.content.includes(from))) throw new Error(`${path} has no ${from}`)
  return artifacts.map((artifact) => (artifact.path === path ? { ...artifact, content: artifact.content.replace(from, to) } : artifact))
}
