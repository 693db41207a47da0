import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { inOps, opsFolder, readFleet } from '../ops.ts'
import { runRecorded } from '../recorded-task.ts'

/** A line of the crontab, by the words that it calls pgfleet with. */
export async function run({ args, fleet: file }: { args: string[]; fleet: string }, context: Context): Promise<ExitCode> {
  const fleet = await readFleet(file, context)
  const words = JSON.stringify(args)
  const task = fleet.tasks.find((one) => JSON.stringify(one.args) === words)
  if (!task) {
    context.err(`error: no task of the fleet is \`pgfleet ${args.join(' ')}\`\n`)
    return exitCode.usage
  }
  return inOps(fleet, ['task', 'run', '--', ...args], context, () => runRecorded(opsFolder('PGFLEET_STATE', context), task, context))
}
