import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nameOf, timeOf } from '../../../src/runtime/ops/backup-place.ts'
import { expired } from '../../../src/runtime/ops/expire-backups.ts'

const day = 86_400_000
const now = new Date('2025-03-31T03:00:00Z')
const place = (daysOld: number, good = true) => ({ taken: new Date(now.getTime() - daysOld * day), good })
const ages = (places: readonly { taken: Date }[]) => places.map(({ taken }) => (now.getTime() - taken.getTime()) / day)
const thirtyDays = 30 * 86_400

describe('expired', () => {
  test.each([
    // ages of good backups, of broken ones, what goes
    [[], [], []],
    [[0, 29, 30, 31, 90], [], [31, 90]],
    // The newest good one stays, whatever its age.
    [[45, 60], [], [60]],
    [[45], [0, 50], [50]],
    // Nothing goes where nothing is good.
    [[], [40, 50], []],
    // The clock was set back: what is from the future is young.
    [[-2, 31], [], [31]],
  ])('good %j, broken %j: %j', (good, broken, gone) => {
    const places = [...good.map((age) => place(age)), ...broken.map((age) => place(age, false))]
    expect(ages(expired(places, thirtyDays, now)).sort((a, b) => a - b)).toEqual(gone)
  })

  test('the newest good one is never among them, and a second look finds nothing more', () => {
    const any = fc.array(fc.record({ age: fc.integer({ min: -10, max: 400 }), good: fc.boolean() }), { maxLength: 30 })
    fc.assert(
      fc.property(any, fc.integer({ min: 1, max: 400 }), (raw, keepDays) => {
        const places = raw.map(({ age, good }) => place(age, good))
        const gone = expired(places, keepDays * 86_400, now)
        const left = places.filter((one) => !gone.includes(one))
        const good = places.filter((one) => one.good)
        if (good.length > 0) expect(Math.min(...ages(left.filter((one) => one.good)))).toBe(Math.min(...ages(good)))
        else expect(gone).toEqual([])
        expect(expired(left, keepDays * 86_400, now)).toEqual([])
      }),
    )
  })
})

test('names of backups sort by time and are read back', () => {
  expect(nameOf(new Date('2025-01-05T03:00:00.250Z'))).toBe('20250105T030000.250Z')
  expect(timeOf('20250105T030000.250Z')?.toISOString()).toBe('2025-01-05T03:00:00.250Z')
})

test.each([
  '',
  '20250105',
  '20250105T030000.250Z.partial',
  '20250105T030000.250Z.removing',
  '20251305T030000.250Z',
  'x20250105T030000.250Z',
])('%j is no name of a backup', (name) => {
  expect(timeOf(name)).toBeUndefined()
})
