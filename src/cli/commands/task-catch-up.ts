import { missedTasks } from '../../runtime/ops/missed-tasks.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { inOps, opsFolder, readFleet } from '../ops.ts'
import { runRecorded } from '../recorded-task.ts'

/** Runs what was due while nothing ran, one after the other. */
export async function run({ fleet: file }: { fleet: string }, context: Context): Promise<ExitCode> {
  const fleet = await readFleet(file, context)
  return inOps(fleet, ['task', 'catch-up'], context, async (signal) => {
    const state = opsFolder('PGFLEET_STATE', context)
    let code: ExitCode = exitCode.clean
    const missed = await missedTasks(state, fleet.tasks, context.now())
    for (const task of missed) {
      if (signal.aborted) return exitCode.failed
      // Cron may have run it since.
      if ((await missedTasks(state, [task], context.now())).length === 0) continue
      context.err(`${task.name} | was due while nothing ran\n`)
      const one = await runRecorded(state, task, context)
      if (one !== exitCode.clean) code = one
    }
    return code
  })
}
