// Which rows go: whatever deletes them, and by whatever name the table went before.
import { describe, expect, test } from 'vitest'
import { parseDuration } from '../../../src/fleet/units.ts'
import { shorter } from '../../../src/plan/changes/kept-time.ts'
import { changeOf, diffOf } from '../../support/changes-of.ts'

const orders = (values: Record<string, unknown>) => ({
  set: Object.fromEntries(Object.entries(values).map(([path, value]) => [`services/orders/${path}`, value])),
})
const lost = { rule: 'retention-shortened' }

describe('rows are lost', () => {
  test('of a table that only has another name now', async () => {
    const diff = await diffOf({
      files: { 'sql/orders/0002-archive.sql': 'ALTER TABLE orders.visits RENAME TO archive;\n' },
      ...orders({ 'retention/orders.archive': { column: 'at', keep: '1 day' } }),
    })
    expect(changeOf(diff, 'orders/retention/orders.archive')).toMatchObject({ impact: 'destroy', destroys: lost })
  })

  test('but not of one that is new', async () => {
    const diff = await diffOf({
      files: { 'sql/orders/0002-fresh.sql': 'CREATE TABLE orders.fresh (at timestamptz NOT NULL);\n' },
      ...orders({ 'retention/orders.fresh': { column: 'at', keep: '1 day' } }),
    })
    expect(changeOf(diff, 'orders/retention/orders.fresh').impact).toBe('reload')
  })

  test('when a time series without TimescaleDB counts by another column', async () => {
    const sql = 'CREATE TABLE orders.readings (at timestamptz NOT NULL, seen timestamptz NOT NULL);\n'
    const given = {
      files: { 'sql/orders/0002-readings.sql': sql },
      ...orders({ 'timeseries/orders.readings': { column: 'at', keep: '90 days' } }),
    }
    const diff = await diffOf(orders({ 'timeseries/orders.readings/column': 'seen' }), given)
    expect(changeOf(diff, 'orders/timeseries/orders.readings')).toMatchObject({ impact: 'destroy', destroys: lost })
  })

  test('when a time series becomes a table with a shorter rule, and not when it is a longer one', async () => {
    const moved = (keep: string) =>
      diffOf(orders({ timeseries: undefined, 'retention/orders.events': { column: 'at', keep, compliance: ['gdpr'] } }))
    const shorter = changeOf(await moved('30 days'), 'orders/retention/orders.events')
    expect(shorter).toMatchObject({ destroys: lost, before: 'kept 90 days' })
    expect(changeOf(await moved('91 days'), 'orders/retention/orders.events').impact).toBe('reload')
  })
})

test.each([
  ['1 year', '12 months', false],
  ['12 months', '1 year', false],
  ['2 weeks', '14 days', false],
  ['1 year', '365 days', true],
  ['1 month', '30 days', true],
  ['1 month', '31 days', false],
  ['60 days', '2 months', false],
  ['90 days', '2 months', true],
  ['13 months', '1 year', true],
  ['48 hours', '1 day', true],
])('%s to %s shortens: %s', (from, to, expected) => {
  expect(shorter(parseDuration(from), parseDuration(to))).toBe(expected)
})

test('an interval in other words is no change', async () => {
  const log = (keep: string) => orders({ 'retention/orders.log/keep': keep })
  expect((await diffOf(log('12 months'), log('1 year'))).changes).toEqual([])
  expect((await diffOf(log('10 weeks'), log('70 days'))).changes).toEqual([])
  expect((await diffOf(log('71 days'), log('70 days'))).changes).toHaveLength(1)
})

test('the first TimescaleDB makes hypertables of the time series that are there', async () => {
  const diff = await diffOf(orders({ extensions: ['pg_trgm', 'timescaledb'] }))
  expect(changeOf(diff, 'orders/timeseries/orders.events')).toMatchObject({
    impact: 'migration',
    after: 'kept 90 days, a hypertable by at, chunks of 7 days',
  })
})

test('a table that falls under other regulations is told of them, once', async () => {
  const one = await diffOf(orders({ 'retention/orders.log/compliance': [] }))
  expect(changeOf(one, 'orders/retention/orders.log')).toMatchObject({
    before: 'kept 60 days, under gdpr',
    after: 'kept 60 days, under no regulation',
  })
  const inherited = orders({ compliance: ['gdpr'], 'retention/orders.log': { column: 'at', keep: '60 days' } })
  const all = await diffOf(orders({ compliance: [] }), inherited)
  expect(changeOf(all, 'orders/compliance')).toMatchObject({ before: 'gdpr', after: 'none', security: expect.stringContaining('gdpr') })
  expect(all.changes.map(({ target }) => target)).not.toContain('orders/retention/orders.log')
})
