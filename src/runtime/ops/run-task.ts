import type { OpsTask } from '../../fleet/ops.ts'
import { OperationError } from '../../io/operation-error.ts'
import { acquireRunLock } from '../../io/run-lock.ts'
import { makeTaskFolder, readRecord, taskFolder, writeRecord, writeSkipped } from './task-record.ts'

/**
 * Runs a task unless its last run is still on, and records start, end and exit code. `work` gives the exit code and does not throw.
 * Undefined: it was skipped.
 */
export async function runTask<Code extends number>(
  state: string,
  task: OpsTask,
  now: () => Date,
  work: () => Promise<Code>,
): Promise<Code | undefined> {
  const folder = taskFolder(state, task)
  await makeTaskFolder(folder)
  const started = now().toISOString()
  const release = await lock(folder, started)
  if (!release) {
    await writeSkipped(folder, started)
    return undefined
  }
  try {
    const before = await readRecord(folder)
    const kept = { since: before?.since ?? started, ...(before?.succeeded ? { succeeded: before.succeeded } : {}) }
    await writeRecord(folder, { ...kept, started })
    const exitCode = await work()
    const ended = now().toISOString()
    await writeRecord(folder, { ...kept, started, ended, exitCode, ...(exitCode === 0 ? { succeeded: ended } : {}) })
    return exitCode
  } finally {
    await release()
  }
}

async function lock(folder: string, since: string): Promise<(() => Promise<void>) | undefined> {
  try {
    return await acquireRunLock(folder, since)
  } catch (error) {
    if (error instanceof OperationError && error.code === 'already-running') return undefined
    throw error
  }
}
