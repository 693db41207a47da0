import { join, relative, resolve } from 'node:path'
import { allGenerators } from '../../../generators/index.ts'
import type { Artifact } from '../../artifact.ts'
import { generate } from '../../compile.ts'
import { composeTarget } from '../../fleet/targets.ts'
import type { Fleet } from '../../fleet/types.ts'
import { readOutput } from '../../io/output-folder.ts'
import { checksumsFile } from '../../plan/checksums.ts'
import { planChanges } from '../../plan/plan.ts'
import { type ComposeProject, composeFileName, composeProject } from '../../runtime/compose/project.ts'
import type { Context } from '../context.ts'
import { load } from '../load.ts'
import { printFindings } from '../print-findings.ts'
import { reportStale } from '../stale-output.ts'

export type ProjectOptions = { readonly file: string; readonly out?: string; readonly secrets?: string; readonly json: boolean }

export type OpenedProject = { readonly fleet: Fleet; readonly project: ComposeProject; readonly artifacts: readonly Artifact[] }

/** The output folder of a fleet: `out` beside its services.yaml, unless told otherwise. */
export const outputFolder = ({ file, out }: Pick<ProjectOptions, 'file' | 'out'>, { cwd }: Context): string =>
  out === undefined ? join(resolve(cwd, file, '..'), 'out') : resolve(cwd, out)

export const composeFileOf = (options: Pick<ProjectOptions, 'file' | 'out'>, context: Context): string =>
  join(outputFolder(options, context), composeFileName)

/**
 * The fleet and its project. Undefined when there are errors in services.yaml, or when the output folder is stale and `fresh` is asked
 * for: what is there would be run, not what services.yaml says. Both are said by then.
 */
export async function openProject(
  options: ProjectOptions,
  { fresh }: { readonly fresh: boolean },
  context: Context,
): Promise<OpenedProject | undefined> {
  const loaded = await load(options.file, composeTarget, context)
  // Standard output is for the one JSON document, which is there only when there is a fleet.
  if (!options.json || !loaded.fleet) printFindings(loaded, options.json ? 'json' : 'pretty', context)
  if (!loaded.fleet) return undefined
  const out = outputFolder(options, context)
  const artifacts = generate(loaded.fleet, allGenerators)
  if (fresh) {
    const plan = planChanges(artifacts, readOutput(out, new Set([checksumsFile, ...artifacts.map(({ path }) => path)])))
    if (reportStale(plan, relative(context.cwd, out) || '.', options, context)) return undefined
  }
  const secrets = options.secrets === undefined ? undefined : resolve(context.cwd, options.secrets)
  return { fleet: loaded.fleet, project: composeProject(loaded.fleet, { out, environment: context.env, secrets }), artifacts }
}
