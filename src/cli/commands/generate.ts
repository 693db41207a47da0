import { join, relative, resolve } from 'node:path'
import { composeTarget, embeddedTarget } from '../../fleet/targets.ts'
import { applyPlan, readOutput } from '../../io/output-folder.ts'
import { checksumsFile } from '../../plan/checksums.ts'
import { isUpToDate, type Plan, pathOf, planChanges } from '../../plan/plan.ts'
import { unifiedDiff } from '../../plan/unified.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { load } from '../load.ts'
import { type FindingsFormat, printFindings } from '../print-findings.ts'

type Options = { file: string; out?: string; target: 'compose' | 'embedded'; check: boolean; format: FindingsFormat }

export async function run({ file, out, target, check, format }: Options, context: Context): Promise<ExitCode> {
  const targetIn = (root: string) =>
    target === 'compose' ? composeTarget() : embeddedTarget({ stateDir: join(root, '.pgfleet'), portOffset: 0 })
  const loaded = await load(file, targetIn, context)
  printFindings(loaded, format, context)
  if (!loaded.fleet) return exitCode.findings

  const root = out === undefined ? join(loaded.root, 'out') : resolve(context.cwd, out)
  const shown = relative(context.cwd, root) || '.'
  const plan = planChanges(loaded.artifacts, readOutput(root, new Set([checksumsFile, ...loaded.artifacts.map(({ path }) => path)])))
  if (check) return report(plan, shown, file, context)
  applyPlan(root, plan)
  context.err(`${context.colorsErr.green('ok')} ${shown}/: ${counted(plan)}\n`)
  return exitCode.clean
}

/** Says what is stale, with a diff, and which files were edited by hand. */
function report(plan: Plan, shown: string, file: string, { out, err, colorsErr }: Context): ExitCode {
  if (isUpToDate(plan)) {
    err(`${colorsErr.green('ok')} ${shown}/ is what ${file} says: ${plan.length} files\n`)
    return exitCode.clean
  }
  // The checksums follow from the rest; a reader gains nothing from them.
  out(unifiedDiff(plan.filter((change) => pathOf(change) !== checksumsFile)))
  const edited = plan.filter((change) => 'edited' in change && change.edited).map(pathOf)
  const foreign = plan.filter(({ op }) => op === 'conflict').map(pathOf)
  err(
    `${colorsErr.red('stale')} ${shown}/: ${counted(plan)} to do; run \`pgfleet generate\`${file === 'services.yaml' ? '' : ` ${file}`}\n`,
  )
  for (const path of edited) err(`  ${shown}/${path} was edited by hand: what was changed belongs into ${file}\n`)
  for (const path of foreign) err(`  ${shown}/${path} was not made by pgfleet and stands in the way\n`)
  return exitCode.findings
}

function counted(plan: Plan): string {
  const words = { create: 'created', update: 'updated', delete: 'removed', conflict: 'in the way', keep: 'unchanged' } as const
  const counts = Object.entries(words).map(([op, word]) => ({ word, count: plan.filter((change) => change.op === op).length }))
  return counts
    .filter(({ count }) => count > 0)
    .map(({ word, count }) => `${count} ${word}`)
    .join(', ')
}
