import { table } from '../report/table.ts'
import type { ListedTask } from '../runtime/ops/list-tasks.ts'
import type { Context } from './context.ts'
import { secondsText } from './quantities.ts'

/** Tasks of the crontab with their last and next runs. */
export function taskTable(tasks: readonly ListedTask[], colors: Context['colorsOut']): string {
  const rows = tasks.map(({ name, schedule, status, lastStart, lastEnd, exitCode, nextRun }) => [
    name,
    schedule,
    exitCode ? `${status} (${exitCode})` : status,
    minute(lastStart),
    lastStart && lastEnd ? secondsText((Date.parse(lastEnd) - Date.parse(lastStart)) / 1000) : '-',
    minute(nextRun),
  ])
  const paint = (cell: string, row: number, column: number) =>
    row === 0 ? colors.bold(cell) : column === 2 && /^(failed|interrupted)/.test(cell) ? colors.red(cell) : cell
  return table([['TASK', 'SCHEDULE', 'LAST RUN', 'STARTED (UTC)', 'TOOK', 'NEXT RUN (UTC)'], ...rows], paint)
}

const minute = (time: string | undefined): string => time?.slice(0, 16).replace('T', ' ') ?? '-'
