import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OpsTask } from '../../../src/fleet/ops.ts'
import { listTasks } from '../../../src/runtime/ops/list-tasks.ts'
import { missedTasks } from '../../../src/runtime/ops/missed-tasks.ts'
import { runTask } from '../../../src/runtime/ops/run-task.ts'
import { taskFolder } from '../../../src/runtime/ops/task-record.ts'

const job = (service: string, name: string, schedule = '*/15 * * * *'): OpsTask => ({
  name: `job-${service}-${name}`,
  schedule,
  args: ['job', 'run', service, name],
})
const tidy = job('orders', 'tidy')
const backup: OpsTask = { name: 'backup-daily', schedule: '0 2 * * *', args: ['backup', 'run', 'daily'] }

let state: string
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'pgfleet-state-'))
})
afterEach(() => rmSync(state, { recursive: true }))

const at = (time: string) => new Date(`2025-01-05T${time}Z`)
const clock = (...times: string[]) => {
  const left = times.map(at)
  return () => left.shift() ?? at(times.at(-1)!)
}

test('two jobs whose names read the same have folders of their own', () => {
  const [one, other] = [job('a', 'b-c'), job('a-b', 'c')]
  expect(one.name).toBe(other.name)
  expect(taskFolder(state, one)).not.toBe(taskFolder(state, other))
})

describe('runTask', () => {
  test('records start, end, exit code and the last success', async () => {
    expect(await runTask(state, tidy, clock('10:00:01', '10:00:03'), async () => 0)).toBe(0)
    expect(await runTask(state, tidy, clock('10:15:01', '10:15:09'), async () => 3)).toBe(3)
    expect(await listTasks(state, [tidy, backup], at('10:20:00'))).toEqual([
      {
        name: 'job-orders-tidy',
        schedule: '*/15 * * * *',
        status: 'failed',
        lastStart: '2025-01-05T10:15:01.000Z',
        lastEnd: '2025-01-05T10:15:09.000Z',
        exitCode: 3,
        lastSuccess: '2025-01-05T10:00:03.000Z',
        nextRun: '2025-01-05T10:30:00.000Z',
      },
      { name: 'backup-daily', schedule: '0 2 * * *', status: 'never', nextRun: '2025-01-06T02:00:00.000Z' },
    ])
  })

  test('one whose record was lost in a power failure is as if never seen', async () => {
    await runTask(state, tidy, clock('10:00:01'), async () => 0)
    writeFileSync(join(taskFolder(state, tidy), 'record.json'), '')
    expect((await listTasks(state, [tidy], at('10:20:00')))[0]?.status).toBe('never')
  })

  test('leaves no claim behind, even when the work throws', async () => {
    const bug = runTask(state, tidy, clock('10:00:01'), async () => Promise.reject(new Error('bug')))
    await expect(bug).rejects.toThrow('bug')
    expect(readdirSync(taskFolder(state, tidy))).toEqual(['record.json'])
    expect((await listTasks(state, [tidy], at('10:20:00')))[0]?.status).toBe('interrupted')
  })
})

describe('missedTasks', () => {
  const names = async (tasks: readonly OpsTask[], time: string) => (await missedTasks(state, tasks, at(time))).map(({ name }) => name)

  test('the first start is where counting begins', async () => {
    expect(await names([tidy, backup], '10:01:00')).toEqual([])
    expect(await names([tidy, backup], '10:14:59')).toEqual([])
    expect(await names([tidy, backup], '10:15:00')).toEqual(['job-orders-tidy'])
  })

  test.each([
    // started, looked at, missed
    ['10:15:01', '10:29:59', false],
    ['10:15:01', '10:30:00', true],
    ['10:15:01', '23:00:00', true],
    // Before its slot: somebody started it by hand.
    ['10:14:30', '10:15:30', true],
  ])('started at %s, at %s: %s', async (started, now, missed) => {
    await runTask(state, tidy, clock(started), async () => 0)
    expect(await names([tidy], now)).toEqual(missed ? ['job-orders-tidy'] : [])
  })

  test('several missed slots are one run, which settles them', async () => {
    await runTask(state, tidy, clock('00:00:01'), async () => 0)
    expect(await names([tidy], '12:00:00')).toEqual(['job-orders-tidy'])
    await runTask(state, tidy, clock('12:00:05'), async () => 0)
    expect(await names([tidy], '12:14:00')).toEqual([])
  })

  test('cron wants both days where one field starts with a star', async () => {
    // Every second day of the month that is a Monday: 2025-01-13 is one, and of 2025-01-05 and before only 2024-12-23.
    const rare = job('orders', 'rare', '0 0 */2 * 1')
    await missedTasks(state, [rare], new Date('2024-12-24T00:00:00Z'))
    expect(await missedTasks(state, [rare], new Date('2025-01-12T00:00:00Z'))).toEqual([])
    expect(await missedTasks(state, [rare], new Date('2025-01-13T00:00:00Z'))).toEqual([rare])
  })
})
