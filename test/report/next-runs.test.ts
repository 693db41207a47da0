import { expect, test } from 'vitest'
import type { ScheduledTask } from '../../src/fleet/types.ts'
import { nextRuns, printNextRuns } from '../../src/report/next-runs.ts'

const task = (name: string, schedule: string): ScheduledTask => ({ name, schedule, args: [], comment: `the ${name}`, origin: [] })
// A Wednesday.
const from = new Date('2025-01-01T02:00:00Z')
const runs = (schedule: string, count: number) =>
  nextRuns([task('job', schedule)], from, count)[0]!.runs.map((run) => run.toISOString().slice(0, 16))

test.each([
  ['the minute that it is has passed', '0 2 * * *', ['2025-01-02T02:00', '2025-01-03T02:00']],
  ['every quarter of an hour', '*/15 * * * *', ['2025-01-01T02:15', '2025-01-01T02:30', '2025-01-01T02:45']],
  ['Sunday is 0 and 7', '0 3 * * 7', ['2025-01-05T03:00', '2025-01-12T03:00']],
  ['months without a 31st are passed over', '0 0 31 * *', ['2025-01-31T00:00', '2025-03-31T00:00']],
  ['leap years', '0 0 29 2 *', ['2028-02-29T00:00', '2032-02-29T00:00']],
  ['the day of the month or the day of the week', '0 0 5 * 1', ['2025-01-05T00:00', '2025-01-06T00:00', '2025-01-13T00:00']],
  ['both, as soon as one starts with a star: odd days that are Mondays', '0 0 */2 * 1', ['2025-01-13T00:00', '2025-01-27T00:00']],
  [
    'both, the other way about: the 1st where it is a Sunday, Tuesday, Thursday or Saturday',
    '0 0 1 * */2',
    ['2025-02-01T00:00', '2025-03-01T00:00'],
  ],
  ['UTC has no summer time', '30 2 29,30,31 3 *', ['2025-03-29T02:30', '2025-03-30T02:30', '2025-03-31T02:30']],
])('%s: %s', (_, schedule, expected) => {
  expect(runs(schedule, expected.length)).toEqual(expected)
})

test('what runs first comes first, whatever the order in the crontab', () => {
  const tasks = [task('monthly', '0 4 1 * *'), task('daily', '0 2 * * *'), task('minutely', '* * * * *')]
  expect(nextRuns(tasks, from, 1).map(({ task }) => task.name)).toEqual(['minutely', 'monthly', 'daily'])
})

test('as a table', () => {
  expect(printNextRuns(nextRuns([task('backup', '0 4 1 * *'), task('job', '*/5 * * * *')], from, 2))).toBe(
    [
      'NEXT RUN (UTC)                              SCHEDULE     TASK    WHAT',
      'Wed 2025-01-01 02:05, Wed 2025-01-01 02:10  */5 * * * *  job     the job',
      'Wed 2025-01-01 04:00, Sat 2025-02-01 04:00  0 4 1 * *    backup  the backup',
      '',
    ].join('\n'),
  )
})
