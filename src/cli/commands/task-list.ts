import { listTasks } from '../../runtime/ops/list-tasks.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { inOps, opsFolder, readFleet } from '../ops.ts'
import { taskTable } from '../task-table.ts'

/** Exit code 1: the last run of a task failed, or was cut short. */
export async function run({ json, fleet: file }: { json: boolean; fleet: string }, context: Context): Promise<ExitCode> {
  const fleet = await readFleet(file, context)
  return inOps(fleet, ['task', 'list', ...(json ? ['--json'] : [])], context, async () => {
    const { out, now, colorsOut } = context
    const tasks = await listTasks(opsFolder('PGFLEET_STATE', context), fleet.tasks, now())
    if (json) out(`${JSON.stringify(tasks, null, 2)}\n`)
    else out(taskTable(tasks, colorsOut))
    return tasks.some(({ status }) => status === 'failed' || status === 'interrupted') ? exitCode.findings : exitCode.clean
  })
}
