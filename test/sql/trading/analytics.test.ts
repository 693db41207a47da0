import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { account, makeInstruments, one, refusal } from './orders.ts'

let db: ServiceDatabase
let owner: pg.Client
const [anna, ben] = [account(), account()]

/** An order of 2026-03-02 or later, acknowledged after some milliseconds; executions are quantity, price, fee and seconds after it was placed. */
async function history(
  who: string,
  [side, quantity, placed_at, acknowledged]: readonly [side: 'buy' | 'sell', quantity: number, placed_at: string, acknowledged: number],
  ...executions: readonly (readonly [quantity: number, price: number, fee: number, after: number])[]
): Promise<string> {
  const { id } = await one<{ id: string }>(
    owner,
    `INSERT INTO trading.orders (account_id, client_order_id, instrument_id, side, quantity, currency, placed_at, expires_at, status, acknowledged_at)
     VALUES ($1, gen_random_uuid(), 1, $2, $3, 'USD', $4, $4::timestamptz + interval '1 day', 'new', $4::timestamptz + $5 * interval '1 millisecond') RETURNING id`,
    [who, side, quantity, placed_at, acknowledged],
  )
  for (const [index, [part, price, fee, after]] of executions.entries())
    await owner.query(`SELECT trading.record_execution($1, $2, $3, $4, $5::timestamptz + $6 * interval '1 second', $7)`, [
      id,
      `E${index}`,
      part,
      price,
      placed_at,
      after,
      fee,
    ])
  return id
}

beforeAll(async () => {
  db = await serviceDatabase('trading')
  owner = await db.connect('owner')
  await makeInstruments(owner)
  await history(anna, ['buy', 100, '2026-03-02T09:00:00Z', 10], [60, 10, 0.6, 1], [40, 11, 0.4, 2])
  await history(anna, ['sell', 50, '2026-03-02T10:00:00Z', 20], [50, 12, 0.5, 4])
  // Executed after midnight: another day of P&L, the same day of orders.
  await history(anna, ['sell', 50, '2026-03-02T23:59:59Z', 30], [30, 9, 0.3, 8])
  await history(ben, ['sell', 20, '2026-03-02T12:00:00Z', 40], [10, 20, 0, 16], [10, 22, 0, 32])
  const cancelled = await history(ben, ['buy', 30, '2026-03-02T13:00:00Z', 50], [10, 18, -0.1, 64])
  await owner.query('SELECT trading.cancel_order($1)', [cancelled])
  await owner.query(
    `INSERT INTO trading.orders (account_id, client_order_id, instrument_id, side, quantity, currency, placed_at, expires_at, status)
     VALUES ($1, 'R', 1, 'buy', 50, 'USD', '2026-03-02Z', '2026-03-03Z', 'rejected'), ($1, 'X', 1, 'buy', 100, 'USD', '2026-03-02Z', '2026-03-03Z', 'expired')`,
    [ben],
  )
  for (const view of ['daily_pnl', 'daily_fill_rate', 'daily_latency']) await owner.query(`CALL analytics.refresh_${view}()`)
})
afterAll(() => db.close())

test('profit and loss of each day, worked by hand', async () => {
  const analytics = await db.connect('analytics')
  const { rows } = await analytics.query(
    `SELECT account_id, day::text, currency, realised_pnl::float8, fees::float8, net_pnl::float8, bought::float8, sold::float8, executions::int
     FROM analytics.daily_pnl WHERE account_id = ANY ($1) ORDER BY day, account_id = $2`,
    [[anna, ben], ben],
  )
  const row = (account_id: string, day: string, [realised_pnl, fees, net_pnl, bought, sold, executions]: readonly number[]) =>
    ({ account_id, day, currency: 'USD', realised_pnl, fees, net_pnl, bought, sold, executions }) as const
  expect(rows).toEqual([
    // 100 for 1040, so 10.40 each; 50 x (12 - 10.40)
    row(anna, '2026-03-02', [80, 1.5, 78.5, 1040, 600, 3]),
    // Short 20 for 420, so 21 each; 10 x (21 - 18)
    row(ben, '2026-03-02', [30, -0.1, 30.1, 180, 420, 3]),
    // 30 x (9 - 10.40)
    row(anna, '2026-03-03', [-42, 0.3, -42.3, 0, 270, 1]),
  ])
  await analytics.end()
})

test('what became of the orders of a day', async () => {
  const { rows } = await owner.query('SELECT * FROM analytics.daily_fill_rate')
  // 100 + 50 + 30 + 20 + 10 of 100 + 50 + 50 + 20 + 30 + 50 + 100
  expect(rows).toEqual([
    {
      ...{
        day: expect.any(Date),
        instrument_id: 1,
        orders: '7',
        filled: '3',
        partially_filled: '2',
        cancelled: '1',
        expired: '1',
        rejected: '1',
      },
      ...{ ordered_quantity: '400.00000000', filled_quantity: '210.00000000', fill_rate: '0.525000' },
    },
  ])
})

test('latencies of a day are values that occurred', async () => {
  const { rows } = await owner.query(
    `SELECT day::text, acknowledged::int, acknowledged_p50::text AS a50, acknowledged_p95::text AS a95, acknowledged_p99::text AS a99,
       executed::int, first_execution_p50::text AS e50, first_execution_p95::text AS e95, first_execution_p99::text AS e99
     FROM analytics.daily_latency`,
  )
  // Of 10, 20, 30, 40, 50 ms and of 1, 4, 8, 16, 64 s.
  expect(rows).toEqual([
    {
      ...{ day: '2026-03-02', acknowledged: 5, a50: '00:00:00.03', a95: '00:00:00.05', a99: '00:00:00.05' },
      ...{ executed: 5, e50: '00:00:08', e95: '00:01:04', e99: '00:01:04' },
    },
  ])
})

test('a refresh does not keep readers waiting, and only jobs refresh', async () => {
  const reader = await db.connect('app')
  for (const view of ['daily_pnl', 'daily_fill_rate', 'daily_latency']) {
    await reader.query(`BEGIN; SELECT count(*) FROM analytics.${view}`)
    await owner.query(`SET lock_timeout = '300ms'; CALL analytics.refresh_${view}()`)
    await owner.query(`BEGIN; CALL analytics.refresh_${view}()`)
    expect((await reader.query(`SET LOCAL lock_timeout = '300ms'; SELECT FROM analytics.${view}`)) as unknown).toBeTruthy()
    await owner.query('ROLLBACK')
    // As it would be without CONCURRENTLY.
    expect(await refusal(owner.query(`REFRESH MATERIALIZED VIEW analytics.${view}`))).toBe('55P03')
    await reader.query('COMMIT')
    expect(await refusal(reader.query(`CALL analytics.refresh_${view}()`))).toBe('42501')
  }
  await reader.end()
})
