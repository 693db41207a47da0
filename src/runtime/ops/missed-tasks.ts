import type { OpsTask } from '../../fleet/ops.ts'
import { lastRun } from '../../report/next-runs.ts'
import { makeTaskFolder, readRecord, taskFolder, writeRecord } from './task-record.ts'

/**
 * The tasks that were due since they last started, in the order of the crontab. One that is seen for the first time was never due: from
 * now on it can be missed.
 */
export async function missedTasks(state: string, tasks: readonly OpsTask[], now: Date): Promise<OpsTask[]> {
  const missed: OpsTask[] = []
  for (const task of tasks) {
    const folder = taskFolder(state, task)
    const record = await readRecord(folder)
    if (!record) {
      await makeTaskFolder(folder)
      await writeRecord(folder, { since: now.toISOString() })
    } else {
      const due = lastRun(task.schedule, now)
      if (due && due.getTime() > new Date(record.started ?? record.since).getTime()) missed.push(task)
    }
  }
  return missed
}
