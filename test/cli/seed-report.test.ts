import picocolors from 'picocolors'
import { expect, test } from 'vitest'
import type { Context } from '../../src/cli/context.ts'
import { countText } from '../../src/cli/quantities.ts'
import { seedProgress } from '../../src/cli/seed-progress.ts'
import { seedJson, seedReport } from '../../src/cli/seed-report.ts'
import type { SeedResult } from '../../src/runtime/seed/seed-fleet.ts'

const plain = picocolors.createColors(false)
const results: SeedResult[] = [
  {
    service: 'people',
    state: 'seeded',
    tables: [{ table: 'people.customers', rows: 1_234_567, seconds: 10 }],
    rows: 1_234_567,
    seconds: 12.5,
  },
  { service: 'shop', state: 'failed', code: 'seed-sql', reason: 'no \x1b[31m(seed/shop/0001.sql:3)\nKey (id)=(1)', hint: 'Do this.' },
]

test('a table for people', () => {
  expect(seedReport(results, plain)).toBe(`SERVICE  STATE   ROWS       TIME    ROWS/S
people   seeded  1,234,567  12.5 s  98,765
shop     failed  -          -       -
failed shop: no \\u{1b}[31m(seed/shop/0001.sql:3)
  Key (id)=(1)
  help: Do this.
`)
})

test('JSON for machines', () => {
  expect(JSON.parse(seedJson({ scale: 2, until: '2026-01-01T00:00:00.000Z' }, results))).toEqual({
    ok: false,
    scale: 2,
    until: '2026-01-01T00:00:00.000Z',
    services: [{ ...results[0], rowsPerSecond: 98_765 }, results[1]],
  })
})

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [1_234_567, '1,234,567'],
])('%i is %s', (count, text) => {
  expect(countText(count)).toBe(text)
})

test('without a terminal: a line for each table, and one for the end', () => {
  let text = ''
  const { show, end } = seedProgress(['shop'], {
    interactive: false,
    err: (more: string) => (text += more),
    colorsErr: plain,
  } as unknown as Context)
  const so = { service: 'shop', rows: 0, seconds: 0 }
  show({ ...so, step: 'waiting' })
  show({ ...so, step: 'statement', at: 1, of: 2, table: 'shop.orders' })
  show({ ...so, rows: 100, seconds: 1, step: 'filled', table: 'shop.orders', tableRows: 100, tableSeconds: 0.5 })
  show({ ...so, rows: 100, seconds: 1, step: 'constraints' })
  show({ ...so, rows: 100, seconds: 1, step: 'analyzing' })
  show({ ...so, rows: 100, seconds: 1, step: 'seeded' })
  show({ ...so, step: 'failed', reason: 'one\ntwo' })
  end()
  expect(text).toBe('shop: shop.orders: 100 rows in 0.5 s, 200 rows/s\nok shop: 100 rows in 1.0 s, 100 rows/s\nfailed shop: one\n')
})
