import { composeTarget } from '../../fleet/targets.ts'
import { nextRuns, printNextRuns } from '../../report/next-runs.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { load } from '../load.ts'
import { printFindings } from '../print-findings.ts'

export async function run({ file, count, json }: { file: string; count: number; json: boolean }, context: Context): Promise<ExitCode> {
  const loaded = await load(file, composeTarget, context)
  if (!loaded.fleet) {
    printFindings(loaded, json ? 'json' : 'pretty', context)
    return exitCode.findings
  }
  const runs = nextRuns(loaded.fleet.schedule, context.now(), count)
  context.out(json ? `${JSON.stringify(runs, null, 2)}\n` : printNextRuns(runs))
  return exitCode.clean
}
