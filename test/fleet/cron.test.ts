import { CronExpressionParser } from 'cron-parser'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { everFires, parseCron } from '../../src/fleet/cron.ts'

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

test.each([
  [
    '*/15 2-4 * * *',
    {
      minutes: [0, 15, 30, 45],
      hours: [2, 3, 4],
      daysOfMonth: range(1, 31),
      months: range(1, 12),
      daysOfWeek: range(0, 6),
      eitherDay: false,
    },
  ],
  [
    '0 3 1,15 * mon-fri',
    { minutes: [0], hours: [3], daysOfMonth: [1, 15], months: range(1, 12), daysOfWeek: [1, 2, 3, 4, 5], eitherDay: true },
  ],
  [' 5   0 * JAN,dec 7 ', { minutes: [5], hours: [0], daysOfMonth: range(1, 31), months: [1, 12], daysOfWeek: [0], eitherDay: false }],
  [
    '1-9/4 * */10 * 1',
    { minutes: [1, 5, 9], hours: range(0, 23), daysOfMonth: [1, 11, 21, 31], months: range(1, 12), daysOfWeek: [1], eitherDay: false },
  ],
])('%s', (text, fields) => {
  expect(parseCron(text)).toEqual({ fields })
})

test.each([
  ['* * * *', '4 fields, not five'],
  ['', '1 field, not five'],
  ['0 0 2 * * *', '6 fields, not five'],
  ['@daily', 'a nickname, not five fields'],
  ['60 * * * *', 'the minute "60" is not valid'],
  ['* 24 * * *', 'the hour "24" is not valid'],
  ['* * 0 * *', 'the day of month "0" is not valid'],
  ['* * * 13 *', 'the month "13" is not valid'],
  ['* * * * 8', 'the day of week "8" is not valid'],
  ['* * * * fri-sun', 'the day of week "fri-sun" is not valid'],
  ['5-1 * * * *', 'the minute "5-1" is not valid'],
  ['5/15 * * * *', 'the minute "5/15" is not valid'],
  ['*/0 * * * *', 'the minute "*/0" is not valid'],
  ['1,,2 * * * *', 'the minute "1,,2" is not valid'],
  ['* * L * *', 'the day of month "L" is not valid'],
  ['* * ? * *', 'the day of month "?" is not valid'],
  ['* * * * 1#2', 'the day of week "1#2" is not valid'],
  ['0,0-5 * * * *', 'the minute "0,0-5" has a value twice'],
  ['* * * * 0,7', 'the day of week "0,7" has a value twice'],
  ['0 3 * * *\n', 'the day of week "*\n" is not valid'],
  ['mon * * * *', 'the minute "mon" is not valid'],
])('%j is refused', (text, message) => {
  expect(parseCron(text)).toEqual({ message, help: expect.any(String) })
})

test.each([
  ['0 0 30 2 *', false],
  ['0 0 31 4,6,9,11 *', false],
  ['0 0 29 2 *', true],
  ['0 0 31 2,3 *', true],
  ['0 0 30 2 mon', true], // either day is enough
  ['0 0 30 2 */2', false], // a step is no restriction: both must match
])('%s ever fires: %j', (text, fires) => {
  const parsed = parseCron(text)
  expect('fields' in parsed && everFires(parsed.fields)).toBe(fires)
})

/** Fields as people write them. */
function field(min: number, max: number) {
  const number = fc.integer({ min, max })
  const span = fc.tuple(number, number).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`)
  const step = fc.integer({ min: 1, max: 9 })
  const part = fc.oneof(
    number.map(String),
    span,
    fc.tuple(span, step).map(([text, every]) => `${text}/${every}`),
  )
  const list = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(','))
  return fc.oneof(
    fc.constant('*'),
    step.map((every) => `*/${every}`),
    list,
  )
}

test('what is taken, cron-parser takes, too, and its next run is one of ours', () => {
  const start = new Date('2025-01-01T00:00:00Z')
  fc.assert(
    fc.property(field(0, 59), field(0, 23), field(1, 28), field(1, 12), (minute, hour, day, month) => {
      const text = `${minute} ${hour} ${day} ${month} *`
      const parsed = parseCron(text)
      fc.pre(!('message' in parsed && parsed.message.endsWith('twice')))
      if (!('fields' in parsed)) throw new Error(`${text}: ${parsed.message}`)
      const next = CronExpressionParser.parse(text, { currentDate: start, tz: 'UTC' }).next().toDate()
      expect(parsed.fields.minutes).toContain(next.getUTCMinutes())
      expect(parsed.fields.hours).toContain(next.getUTCHours())
      expect(parsed.fields.daysOfMonth).toContain(next.getUTCDate())
      expect(parsed.fields.months).toContain(next.getUTCMonth() + 1)
    }),
    { numRuns: 200 },
  )
})
