import { expect, test } from 'vitest'
import { duration } from '../../../src/cli/compose/status.ts'

test.each([
  [0, '0 s'],
  [-5000, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [61_000, '1 min 1 s'],
  [3_600_000, '1 h'],
  [7_500_000, '2 h 5 min'],
  [93_600_000, '1 d 2 h'],
])('%d ms', (ms, text) => {
  expect(duration(ms)).toBe(text)
})
