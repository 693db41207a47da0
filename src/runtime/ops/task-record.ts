// What is remembered of each task of the crontab: a folder per task in the state volume.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { OpsTask } from '../../fleet/ops.ts'
import { readIfPresent, writeOwnedFile } from '../../io/owned-files.ts'
import { lockHolder } from '../../io/run-lock.ts'

/** Times are ISO 8601, UTC. */
export type TaskRecord = {
  /** When it was first seen: slots before are none of ours. */
  readonly since: string
  /** The last run; without `ended` it is on, or was cut short. */
  readonly started?: string
  readonly ended?: string
  readonly exitCode?: number
  /** End of the last run that went well. */
  readonly succeeded?: string
}

export type TaskState = TaskRecord & {
  readonly running: boolean
  /** The last time that it was due and not run, because the run before was still on. */
  readonly skipped?: string
}

/** The folder of a task. Names of jobs are those of service and job joined by a hyphen, which two jobs may have in common. */
export function taskFolder(state: string, { name, args }: OpsTask): string {
  const [command, , ...rest] = args
  return join(state, 'tasks', command === 'job' ? `job-${rest.join('.')}` : name)
}

/** The record of a task; undefined where there is none, or where a power failure left half of it. */
export async function readRecord(folder: string): Promise<TaskRecord | undefined> {
  const text = await readIfPresent(join(folder, 'record.json'))
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

export const writeRecord = (folder: string, record: TaskRecord): Promise<void> =>
  writeOwnedFile(join(folder, 'record.json'), `${JSON.stringify(record)}\n`, 0o644)

/** A file of its own: the run that is on writes the record. */
export const writeSkipped = (folder: string, at: string): Promise<void> => writeOwnedFile(join(folder, 'skipped'), `${at}\n`, 0o644)

/** What is known of a task, undefined where it has never been seen. */
export async function taskState(folder: string): Promise<TaskState | undefined> {
  const record = await readRecord(folder)
  if (!record) return undefined
  const skipped = (await readIfPresent(join(folder, 'skipped')))?.trim()
  return { ...record, running: (await lockHolder(folder)) !== undefined, ...(skipped ? { skipped } : {}) }
}

export const makeTaskFolder = (folder: string): Promise<unknown> => mkdir(folder, { recursive: true, mode: 0o755 })
