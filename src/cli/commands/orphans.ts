import { table } from '../../report/table.ts'
import { visible } from '../../report/visible.ts'
import { findOrphans, type ReferenceReport } from '../../runtime/orphans/find-orphans.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { openRunning, type RunningOptions } from '../running-fleet.ts'
import { fits } from '../runtime-options.ts'

/** Exit code 1: some references lead nowhere. */
export async function run(options: RunningOptions, context: Context): Promise<ExitCode> {
  if (!fits(options, context)) return exitCode.usage
  const running = await openRunning(options, context)
  if (!running) return exitCode.findings
  const references = await findOrphans(running.fleet, running.access)
  context.out(options.json ? `${JSON.stringify({ references }, null, 2)}\n` : report(references, context))
  return references.some(({ orphans }) => orphans > 0) ? exitCode.findings : exitCode.clean
}

function report(references: readonly ReferenceReport[], { colorsOut: colors }: Context): string {
  if (references.length === 0) return 'no service declares references\n'
  const rows = references.map(({ service, column, references, values, orphans, examples }) => [
    `${service}:${visible(column)}`,
    visible(references),
    String(values),
    String(orphans),
    [...examples.map(visible), ...(orphans > examples.length ? ['...'] : [])].join(', '),
  ])
  const paint = (cell: string, row: number, column: number) => {
    if (row === 0) return colors.bold(cell)
    return column === 3 ? (cell === '0' ? colors.green(cell) : colors.red(cell)) : cell
  }
  const orphans = references.reduce((sum, each) => sum + each.orphans, 0)
  const conclusion =
    orphans === 0
      ? `${colors.green('ok')} every value of ${references.length} references is there\n`
      : `${colors.red('failed')} ${orphans} values are not there\n`
  return `${table([['COLUMN', 'REFERENCES', 'VALUES', 'ORPHANS', 'FIRST ONES'], ...rows], paint)}\n${conclusion}`
}
