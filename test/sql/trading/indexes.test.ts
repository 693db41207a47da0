import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { indexesOf, usedIndexes } from '../../support/index-plan.ts'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { one, refusal } from './orders.ts'

let db: ServiceDatabase
let owner: pg.Client
let app: pg.Client
let sample: Record<string, string>

beforeAll(async () => {
  db = await serviceDatabase('trading')
  await db.seed(10)
  owner = await db.connect('owner')
  app = await db.connect('app')
  for (const view of ['daily_pnl', 'daily_fill_rate', 'daily_latency']) await owner.query(`CALL analytics.refresh_${view}()`)
  // Of twenty thousand alerts some hundreds are open.
  await owner.query(`
    INSERT INTO compliance.alerts (screen, account_id, instrument_id, started_at, ended_at, evidence, raised_at, closed_at, conclusion)
    SELECT 'wash trade', gen_random_uuid(), 1 + n % 100, at, at, '[]', at, CASE WHEN n % 50 > 0 THEN at END, CASE WHEN n % 50 > 0 THEN 'false positive' END
    FROM generate_series(1, 20000) AS n CROSS JOIN LATERAL (SELECT timestamptz '2025-06-01' + n * interval '10 minutes' AS at) AS time`)
  await owner.query('ANALYZE')
  sample = await one(
    owner,
    `SELECT o.id, o.account_id, o.client_order_id, (SELECT max(occurred_at)::text FROM compliance.audit_trail WHERE id % 100000 < 95000) AS recently
     FROM trading.orders AS o JOIN trading.executions AS e ON e.order_id = o.id LIMIT 1`,
  )
})
afterAll(() => db.close())

type Use = { readonly query: string; readonly parameters?: (sample: Record<string, string>) => unknown[]; readonly as?: 'owner' }

const open = `status IN ('new', 'partially_filled')`

/** Every index but those of primary keys, with what it is for; or what its constraint refuses. */
const uses: Record<string, Use | { readonly refuses: string }> = {
  instruments_symbol_key: { refuses: `INSERT INTO trading.instruments (id, symbol, currency) VALUES (1000, 'TR0001', 'USD')` },
  // In the seeds client_order_id alone finds an order, so that the hash index is cheaper to search.
  orders_client_order_id_key: {
    refuses: `INSERT INTO trading.orders (account_id, client_order_id, instrument_id, side, quantity, currency, expires_at)
      SELECT account_id, client_order_id, instrument_id, side, quantity, currency, now() + interval '1 hour' FROM trading.orders LIMIT 1`,
  },
  orders_client_order_id_idx: {
    query: 'SELECT * FROM trading.orders AS o WHERE o.client_order_id = $1 ORDER BY o.placed_at DESC',
    parameters: ({ client_order_id }) => [client_order_id],
  },
  orders_bids_idx: {
    query: `SELECT * FROM trading.orders WHERE instrument_id = 7 AND side = 'buy' AND ${open} ORDER BY limit_price DESC NULLS FIRST, placed_at, id LIMIT 50`,
  },
  orders_asks_idx: {
    query: `SELECT * FROM trading.orders WHERE instrument_id = 7 AND side = 'sell' AND ${open} ORDER BY limit_price NULLS FIRST, placed_at, id LIMIT 50`,
  },
  orders_expiry_idx: {
    query: `SELECT id FROM trading.orders WHERE expires_at <= $1 AND status IN ('pending_new', 'new', 'partially_filled')
      ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED`,
    parameters: () => ['2026-01-01'],
    as: 'owner',
  },
  orders_account_id_placed_at_idx: {
    query: 'SELECT * FROM trading.orders WHERE account_id = $1 ORDER BY placed_at DESC LIMIT 20',
    parameters: ({ account_id }) => [account_id],
  },
  orders_instrument_id_placed_at_idx: {
    query: `SELECT side, sum(quantity) FROM trading.orders WHERE instrument_id = 7 AND placed_at >= '2025-12-01' AND placed_at < '2025-12-08' GROUP BY side`,
  },
  orders_withdrawn_idx: {
    query: `SELECT *, o.placed_at - lag(o.placed_at) OVER burst FROM trading.orders AS o
      WHERE o.status = 'cancelled' AND o.filled_quantity = 0 AND o.placed_at >= '2025-12-01' AND o.placed_at < '2025-12-02'
        AND o.limit_price IS NOT NULL AND o.closed_at <= o.placed_at + interval '1 minute'
      WINDOW burst AS (PARTITION BY o.account_id, o.instrument_id, o.side ORDER BY o.placed_at)`,
    as: 'owner',
  },
  executions_order_id_executed_at_idx: {
    query: 'SELECT * FROM trading.executions WHERE order_id = $1 ORDER BY executed_at',
    parameters: ({ id }) => [id],
  },
  executions_account_id_instrument_id_executed_at_idx: {
    query: `SELECT buy.account_id, least(buy.quantity, sell.quantity) FROM trading.executions AS buy
      JOIN trading.executions AS sell ON sell.account_id = buy.account_id AND sell.instrument_id = buy.instrument_id
        AND sell.executed_at BETWEEN buy.executed_at - interval '1 minute' AND buy.executed_at + interval '1 minute'
      WHERE buy.side = 'buy' AND sell.side = 'sell' AND buy.executed_at >= '2025-12-01' AND buy.executed_at < '2025-12-02'
        AND abs(buy.price - sell.price) <= 0.001 * buy.price`,
    as: 'owner',
  },
  executions_executed_at_idx: {
    query: `SELECT sum(quantity * price) FROM trading.executions WHERE executed_at >= '2025-12-01' AND executed_at < '2025-12-02'`,
  },
  positions_instrument_id_account_id_idx: {
    query: 'SELECT account_id, quantity FROM trading.positions WHERE instrument_id = 7 ORDER BY account_id LIMIT 100',
  },
  audit_trail_order_id_id_idx: {
    query: 'SELECT * FROM compliance.audit_trail WHERE order_id = $1 ORDER BY id',
    parameters: ({ id }) => [id],
  },
  audit_trail_occurred_at_idx: {
    query: `SELECT id, occurred_at, hash FROM compliance.audit_trail WHERE occurred_at >= $1 AND NOT int8multirange(int8range(1, 200000)) @> id ORDER BY id LIMIT 10000`,
    parameters: ({ recently }) => [recently],
    as: 'owner',
  },
  trade_reports_open_idx: {
    query: `SELECT execution_id FROM compliance.trade_reports AS open WHERE open.status IN ('pending', 'refused')
      ORDER BY open.due_at, open.execution_id LIMIT 100 FOR UPDATE SKIP LOCKED`,
  },
  alerts_once: {
    query: `SELECT * FROM compliance.alerts WHERE instrument_id = 7 AND account_id = $1`,
    parameters: ({ account_id }) => [account_id],
  },
  alerts_open_idx: { query: 'SELECT * FROM compliance.alerts WHERE closed_at IS NULL ORDER BY raised_at LIMIT 50' },
  daily_pnl_key: {
    query: `SELECT day, sum(net_pnl) FROM analytics.daily_pnl WHERE account_id = $1 AND day >= '2025-12-01' GROUP BY day ORDER BY day`,
    parameters: ({ account_id }) => [account_id],
  },
  daily_fill_rate_key: { query: `SELECT * FROM analytics.daily_fill_rate WHERE day = '2025-12-01'` },
  daily_latency_key: { query: `SELECT * FROM analytics.daily_latency WHERE day = '2025-12-01'` },
}

test('the volume is realistic', async () => {
  for (const table of ['trading.orders', 'trading.executions', 'compliance.audit_trail', 'compliance.trade_reports'])
    expect(await one(owner, `SELECT count(*) >= 100000 AS enough FROM ${table}`)).toEqual({ enough: true })
})

test('every index is listed', async () => {
  expect(Object.keys(uses).sort()).toEqual(await indexesOf(owner, db.service.schemas))
})

test.each(Object.entries(uses))('%s is used', async (index, use) => {
  if ('refuses' in use) expect(await refusal(owner.query(use.refuses))).toBe('23505')
  else expect(await usedIndexes(use.as === 'owner' ? owner : app, use.query, use.parameters?.(sample))).toContain(index)
})

test('the screen for wash trades reads the index alone', async () => {
  const { query } = uses.executions_account_id_instrument_id_executed_at_idx as Use
  const { rows } = await owner.query(`EXPLAIN ${query}`)
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(
    /Index Only Scan using executions_account_id_instrument_id_executed_at_idx/,
  )
})

test('seeds are consistent', async () => {
  expect((await owner.query('SELECT * FROM trading.position_discrepancies()')).rows).toEqual([])
  await owner.query('CALL compliance.seal_audit_trail()')
  expect((await owner.query('SELECT * FROM compliance.verify()')).rows).toEqual([])
})
