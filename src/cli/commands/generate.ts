import { join, relative, resolve } from 'node:path'
import { allGenerators } from '../../../generators/index.ts'
import { generate } from '../../compile.ts'
import { composeTarget, embeddedTarget } from '../../fleet/targets.ts'
import { applyPlan, readOutput } from '../../io/output-folder.ts'
import { checksumsFile } from '../../plan/checksums.ts'
import { type Plan, planChanges } from '../../plan/plan.ts'
import { unifiedDiff } from '../../plan/unified.ts'
import { findingsJson } from '../../report/json.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { interruption } from '../interruption.ts'
import { load, shownDiagnostics } from '../load.ts'
import { type FindingsFormat, printFindings } from '../print-findings.ts'
import { counted, reportStale } from '../stale-output.ts'

type Options = { file: string; out?: string; target: 'compose' | 'embedded'; check: boolean; format: FindingsFormat }

export async function run(options: Options, context: Context): Promise<ExitCode> {
  const { file, out, target, check, format } = options
  const targetIn = (root: string) =>
    target === 'compose' ? composeTarget() : embeddedTarget({ stateDir: join(root, '.pgfleet'), portOffset: 0 })
  const loaded = await load(file, targetIn, context)
  const isJson = format === 'json'
  if (!isJson || !loaded.fleet) printFindings(loaded, format, context)
  if (!loaded.fleet) return exitCode.findings

  // What is made for one machine must not take the place of what is committed.
  const usual = join(loaded.root, target === 'compose' ? 'out' : '.pgfleet/out')
  const root = out === undefined ? usual : resolve(context.cwd, out)
  const artifacts = generate(loaded.fleet, allGenerators)
  const plan = planChanges(artifacts, readOutput(root, new Set([checksumsFile, ...artifacts.map(({ path }) => path)])))
  if (!check) write(root, plan)
  if (isJson) context.out(findingsJson(shownDiagnostics(loaded), plan))
  else if (check) context.out(unifiedDiff(plan))
  const shown = relative(context.cwd, root) || '.'
  if (!check) {
    context.err(`${context.colorsErr.green('ok')} ${shown}/: ${counted(plan, done)}\n`)
    return exitCode.clean
  }
  if (reportStale(plan, shown, options, context)) return exitCode.findings
  context.err(`${context.colorsErr.green('ok')} ${shown}/ is what ${file} says: ${plan.length} files\n`)
  return exitCode.clean
}

/** Ctrl-C waits until the output is complete: half of a new one beside half of an old one would be no fleet. */
function write(root: string, plan: Plan): void {
  const interrupted = interruption()
  try {
    applyPlan(root, plan)
  } finally {
    interrupted.end()
  }
}

const done = { create: 'created', update: 'updated', delete: 'removed', keep: 'unchanged' } as const
