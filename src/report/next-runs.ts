import { CronExpressionParser } from 'cron-parser'
import { parseCron } from '../fleet/cron.ts'
import type { ScheduledTask } from '../fleet/types.ts'
import { table } from './table.ts'

export type NextRuns = { readonly task: ScheduledTask; readonly runs: readonly Date[] }

/** The next `count` runs of each task after `from`, in UTC, as Debian's cron would start them; the task that runs first comes first. */
export function nextRuns(tasks: readonly ScheduledTask[], from: Date, count: number): NextRuns[] {
  return tasks
    .map((task) => ({ task, runs: runsOf(task.schedule, from, count) }))
    .sort((a, b) => (a.runs[0]?.getTime() ?? Number.POSITIVE_INFINITY) - (b.runs[0]?.getTime() ?? Number.POSITIVE_INFINITY))
}

/** Days are looked through for this long: 29 February and a Monday come together every 28 years, 40 over a turn of the century. */
const horizon = 41 * 366 * 86_400_000

function runsOf(schedule: string, from: Date, count: number): Date[] {
  const runs: Date[] = []
  for (const run of slots(schedule, from, 'next')) if (runs.push(run) >= count) break
  return runs
}

/** The next run after `from`, and the last one that was due by then; undefined where there is none. */
export const nextRun = (schedule: string, from: Date): Date | undefined => slots(schedule, from, 'next').next().value
export const lastRun = (schedule: string, from: Date): Date | undefined => slots(schedule, from, 'prev').next().value

function* slots(schedule: string, from: Date, direction: 'next' | 'prev'): Generator<Date, undefined> {
  const parsed = parseCron(schedule)
  if (!('fields' in parsed)) throw new Error(`${schedule} was not refused: ${parsed.message}`)
  const { daysOfMonth, daysOfWeek, eitherDay } = parsed.fields
  // Going back, a slot of this very moment counts.
  const currentDate = direction === 'next' ? from : new Date(from.getTime() + 1)
  const expression = CronExpressionParser.parse(schedule, { currentDate, tz: 'UTC' })
  for (;;) {
    const run = expression[direction]().toDate()
    if (Math.abs(run.getTime() - from.getTime()) > horizon) return
    // For cron-parser either day is enough in `0 0 */2 * 1`; for cron both must match as soon as one field starts with a star.
    if (eitherDay || (daysOfMonth.includes(run.getUTCDate()) && daysOfWeek.includes(run.getUTCDay()))) yield run
  }
}

/** A table for people: when (UTC), what, why; one line per task, further runs behind the first. */
export function printNextRuns(all: readonly NextRuns[]): string {
  const rows = all.map(({ task, runs }) => [runs.map(minute).join(', ') || 'never', task.schedule, task.name, task.comment])
  return table([['NEXT RUN (UTC)', 'SCHEDULE', 'TASK', 'WHAT'], ...rows])
}

/** `Sun 2025-01-05 03:00`: cron knows no seconds. */
const minute = (at: Date): string => `${weekdays[at.getUTCDay()]} ${at.toISOString().slice(0, 16).replace('T', ' ')}`

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
