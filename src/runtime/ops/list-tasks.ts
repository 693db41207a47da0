import type { OpsTask } from '../../fleet/ops.ts'
import { nextRun } from '../../report/next-runs.ts'
import { type TaskState, taskFolder, taskState } from './task-record.ts'

/** How a task stands; `interrupted`: its last run was cut short, by a kill or a power failure. */
export type TaskStatus = 'never' | 'running' | 'ok' | 'failed' | 'interrupted'

export type ListedTask = {
  readonly name: string
  readonly schedule: string
  readonly status: TaskStatus
  /** Times are ISO 8601, UTC. */
  readonly lastStart?: string
  readonly lastEnd?: string
  readonly exitCode?: number
  readonly lastSuccess?: string
  /** When it was last due and not run, because the run before was still on. */
  readonly lastSkipped?: string
  /** Undefined when that never comes. */
  readonly nextRun?: string
}

/** Every task of the crontab: its last run, and its next. */
export async function listTasks(state: string, tasks: readonly OpsTask[], now: Date): Promise<ListedTask[]> {
  const listed: ListedTask[] = []
  for (const task of tasks) {
    const known = await taskState(taskFolder(state, task))
    listed.push({
      name: task.name,
      schedule: task.schedule,
      status: statusOf(known),
      ...present('lastStart', known?.started),
      ...present('lastEnd', known?.ended),
      ...present('exitCode', known?.exitCode),
      ...present('lastSuccess', known?.succeeded),
      ...present('lastSkipped', known?.skipped),
      ...present('nextRun', nextRun(task.schedule, now)?.toISOString()),
    })
  }
  return listed
}

const present = <Value>(name: string, value: Value | undefined) => (value === undefined ? {} : { [name]: value })

function statusOf(state: TaskState | undefined): TaskStatus {
  if (state?.running) return 'running'
  if (state?.started === undefined) return 'never'
  if (state.ended === undefined) return 'interrupted'
  return state.exitCode === 0 ? 'ok' : 'failed'
}
