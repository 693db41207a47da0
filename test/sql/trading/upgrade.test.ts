import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { account, fill, makeInstruments, one, placed, refusal } from './orders.ts'

let db: ServiceDatabase

beforeAll(async () => {
  db = await serviceDatabase('trading', { without: ['0011-layering.sql'] })
})
afterAll(() => db.close())

test('an upgrade keeps orders, fills when they ended, and is itself in the trail', async () => {
  const owner = await db.connect('owner')
  await makeInstruments(owner)
  const app = await db.connect('app')
  const orders: Record<string, string> = {}
  for (const status of ['new', 'partially_filled', 'filled', 'cancelled', 'expired']) orders[status] = (await placed(app)).id
  await fill(app, orders.partially_filled!, '4', '100')
  await fill(app, orders.filled!, '4', '100')
  await fill(app, orders.filled!, '6', '101')
  await app.query('SELECT trading.cancel_order($1)', [orders.cancelled])
  await app.query('SELECT trading.expire_order($1)', [orders.expired])
  // Came in as it is, from before the trail.
  const { id: imported } = await one<{ id: string }>(
    owner,
    `INSERT INTO trading.orders (account_id, client_order_id, instrument_id, side, quantity, currency, placed_at, expires_at, status)
     VALUES ($1, 'old', 1, 'buy', 10, 'USD', '2025-01-01', '2025-01-02', 'rejected') RETURNING id`,
    [account()],
  )
  await owner.query('ALTER TABLE compliance.audit_trail DISABLE TRIGGER keep_records')
  await owner.query('DELETE FROM compliance.audit_trail WHERE order_id = $1', [imported])
  await owner.query('ALTER TABLE compliance.audit_trail ENABLE TRIGGER keep_records')
  await owner.query('CALL compliance.seal_audit_trail()')
  const everything = async () => ({
    orders: (await owner.query(`SELECT to_jsonb(o) - 'closed_at' AS row FROM trading.orders AS o ORDER BY id`)).rows,
    executions: (await owner.query('SELECT * FROM trading.executions ORDER BY id')).rows,
    positions: (await owner.query('SELECT * FROM trading.positions ORDER BY account_id')).rows,
    trail: (await owner.query(`SELECT * FROM compliance.audit_trail WHERE after ->> 'closed_at' IS NULL ORDER BY id`)).rows,
    seals: (await owner.query('SELECT * FROM compliance.seals')).rows,
  })
  const before = await everything()
  expect(before.orders).toHaveLength(6)
  expect(
    await one(owner, `SELECT count(*)::int FROM pg_attribute WHERE attrelid = 'trading.orders'::regclass AND attname = 'closed_at'`),
  ).toEqual({ count: 0 })

  await db.applyAll()

  expect(await everything()).toEqual(before)
  const { rows } = await owner.query(
    `SELECT o.id, o.status, closed_at = (SELECT max(executed_at) FROM trading.executions WHERE order_id = o.id) AS with_execution,
       closed_at = (SELECT max(occurred_at) FROM compliance.audit_trail AS t WHERE t.order_id = o.id AND t.before ->> 'status' = 'new') AS with_event,
       closed_at = '2025-01-02' AS with_expiry
     FROM trading.orders AS o WHERE closed_at IS NOT NULL ORDER BY o.status`,
  )
  const row = (id: string | undefined, status: string, closed: object) => ({
    id,
    status,
    with_execution: null,
    with_event: null,
    with_expiry: false,
    ...closed,
  })
  expect(rows).toEqual([
    row(orders.cancelled, 'cancelled', { with_event: true }),
    row(orders.expired, 'expired', { with_event: true }),
    row(orders.filled, 'filled', { with_execution: true, with_event: false }),
    row(imported, 'rejected', { with_expiry: true }),
  ])
  expect(
    await one(
      owner,
      `SELECT count(*)::int FROM compliance.audit_trail WHERE operation = 'UPDATE' AND before ? 'closed_at' AND login = 'postgres'`,
    ),
  ).toEqual({ count: 4 })

  // It works on: orders of before end as they should, and the trail is whole.
  await app.query('SELECT trading.cancel_order($1)', [orders.partially_filled])
  await fill(app, orders.new!, '10', '100')
  expect(await one(owner, `SELECT count(*)::int FROM trading.orders WHERE closed_at IS NOT NULL`)).toEqual({ count: 6 })
  expect(await refusal(owner.query(`UPDATE trading.orders SET closed_at = NULL WHERE id = $1`, [orders.filled]))).toBe('TR001')
  expect(await refusal(app.query('SELECT trading.cancel_order($1)', [orders.cancelled]))).toBe('TR001')
  await owner.query('CALL compliance.seal_audit_trail()')
  expect((await owner.query('SELECT * FROM compliance.verify()')).rows).toEqual([])
  expect((await owner.query('SELECT * FROM trading.position_discrepancies()')).rows).toEqual([])
})
