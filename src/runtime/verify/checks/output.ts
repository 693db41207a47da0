import type { Artifact } from '../../../artifact.ts'
import { readOutput } from '../../../io/output-folder.ts'
import { checksumsFile } from '../../../plan/checksums.ts'
import { planChanges } from '../../../plan/plan.ts'
import type { Finding, Outcome } from '../check.ts'
import { type CheckAbout, type CheckRun, madeRun } from '../check-run.ts'

export const output: CheckAbout = {
  id: 'output',
  title: 'the output folder holds what services.yaml compiles to',
  help: 'run `pgfleet generate`',
}

const words = { create: 'missing', update: 'another content', delete: 'not generated any more', conflict: 'not made by pgfleet' } as const

/** The files of an output folder beside what is generated. */
export function checkOutput(root: string, artifacts: readonly Artifact[]): CheckRun {
  const plan = planChanges(artifacts, readOutput(root, new Set([checksumsFile, ...artifacts.map(({ path }) => path)])))
  const findings = plan.flatMap((change): Finding[] => {
    if (change.op === 'keep') return []
    const path = 'file' in change ? change.file.path : change.path
    return [{ what: path, expected: 'as generated', actual: words[change.op] }]
  })
  const outcome: Outcome = { findings, figures: { files: artifacts.length } }
  return madeRun(output, undefined, outcome)
}
