import { expect, test } from 'vitest'
import { repair } from '../../src/source/repair.ts'

const size = /^[1-9][0-9]*(\.[0-9]+)?(KiB|MiB|GiB|TiB)$/
const duration = /^[1-9][0-9]* (minute|hour|day|week|month|year)s?$/
const time = /^([01][0-9]|2[0-3]):[0-5][0-9]$/
const kebab = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const snake = /^[a-z][a-z0-9_]*$/

test.each([
  [size, '8GB', '8GiB'],
  [size, '8G', '8GiB'],
  [size, '8 gib', '8GiB'],
  [size, '1.5tb', '1.5TiB'],
  [size, '512k', '512KiB'],
  [size, '0.5GiB', '512MiB'],
  [size, ' 8GiB ', '8GiB'],
  [size, '8', undefined],
  [size, '8 apples', undefined],
  [duration, '30d', '30 days'],
  [duration, '30days', '30 days'],
  [duration, '1 days ago', undefined],
  [duration, '2 Weeks', '2 weeks'],
  [duration, '5m', '5 minutes'],
  [duration, '6mo', '6 months'],
  [duration, '7y', '7 years'],
  [duration, '1yr', '1 year'],
  [duration, 'day', '1 day'],
  [duration, 'P30D', '30 days'],
  [duration, '30s', undefined],
  [duration, '0 days', undefined],
  [time, '2:00', '02:00'],
  [time, '02:00:00', '02:00'],
  [time, '2am', '02:00'],
  [time, '2:30 PM', '14:30'],
  [time, '12am', '00:00'],
  [time, '24:00', '00:00'],
  [time, '25:00', undefined],
  [time, '2:75', undefined],
  [kebab, 'Market_Data', 'market-data'],
  [kebab, 'marketData', 'market-data'],
  [kebab, 'Refresh PnL', 'refresh-pnl'],
  [kebab, '2fast', undefined],
  [snake, 'My-Fleet', 'my_fleet'],
  [kebab, 'a/b', undefined],
  [/^\w+(\/\w+)*$/, 'sql/orders/', 'sql/orders'],
])('for %s, %j means %j', (pattern, text, meant) => {
  expect(repair(text, (candidate) => pattern.test(candidate))).toBe(meant)
})
