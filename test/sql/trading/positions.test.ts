import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { account, fill, makeInstruments, name, one, placed, refusal, trade } from './orders.ts'

let db: ServiceDatabase
let app: pg.Client
let owner: pg.Client

beforeAll(async () => {
  db = await serviceDatabase('trading')
  owner = await db.connect('owner')
  await makeInstruments(owner)
  app = await db.connect('app')
})
afterAll(() => db.close())

const position = (account_id: string) =>
  one(
    app,
    `SELECT quantity::float8, cost_basis::float8, average_cost::float8, realised_pnl::float8, fees::float8, executions::int, currency
     FROM trading.positions WHERE account_id = $1`,
    [account_id],
  )

/** Worked by hand; a line is what an execution makes of the position: side, quantity, price, then quantity, cost, average, P&L so far. */
const stories: Record<string, readonly (readonly ['buy' | 'sell', number, number, number, number, number | null, number])[]> = {
  'long, added to, and closed with a profit': [
    ['buy', 100, 10, 100, 1000, 10, 0],
    ['buy', 50, 13, 150, 1650, 11, 0],
    // 60 x (12 - 11)
    ['sell', 60, 12, 90, 990, 11, 60],
    // 90 x (9 - 11)
    ['sell', 90, 9, 0, 0, null, -120],
  ],
  'short, added to, and covered': [
    ['sell', 10, 50, -10, -500, 50, 0],
    ['sell', 30, 54, -40, -2120, 53, 0],
    // 20 x (53 - 48)
    ['buy', 20, 48, -20, -1060, 53, 100],
    // 20 x (53 - 60)
    ['buy', 20, 60, 0, 0, null, -40],
  ],
  'turned from long to short and back': [
    ['buy', 10, 20, 10, 200, 20, 0],
    // 10 x (25 - 20); the other 15 open at 25
    ['sell', 25, 25, -15, -375, 25, 50],
    // 15 x (25 - 24); the other 5 open at 24
    ['buy', 20, 24, 5, 120, 24, 65],
    ['sell', 5, 24, 0, 0, null, 65],
  ],
  'thirds, of which none is lost': [
    // 3 for 10 in all
    ['buy', 1, 3.33, 1, 3.33, 3.33, 0],
    ['buy', 2, 3.335, 3, 10, 3.33333333, 0],
    // 3.4 - 3.33333333
    ['sell', 1, 3.4, 2, 6.66666667, 3.33333334, 0.06666667],
    // 3.4 - 3.33333334 (half of 6.66666667 is rounded up)
    ['sell', 1, 3.4, 1, 3.33333333, 3.33333333, 0.13333333],
    // All that is left: 3 x 3.4 - 10
    ['sell', 1, 3.4, 0, 0, null, 0.2],
  ],
}

for (const [title, steps] of Object.entries(stories))
  test(title, async () => {
    const account_id = account()
    await owner.query(
      `INSERT INTO trading.instruments (id, symbol, currency, tick_size) VALUES (10, 'FINE', 'USD', 0.001) ON CONFLICT DO NOTHING`,
    )
    for (const [index, [side, quantity, price, ...after]] of steps.entries()) {
      await trade(app, account_id, side, String(quantity), String(price), { instrument: 10, fee: '0.25' })
      const [held, cost_basis, average_cost, realised_pnl] = after
      expect(await position(account_id)).toEqual({
        quantity: held,
        cost_basis,
        average_cost,
        realised_pnl,
        fees: 0.25 * (index + 1),
        executions: index + 1,
        currency: 'USD',
      })
    }
  })

test('an execution that is reported twice counts once', async () => {
  const account_id = account()
  const { id } = await placed(app, { account_id })
  const first = await fill(app, id, '4', '99', { execution: 'V1' })
  expect(await fill(app, id, '4', '99.00', { execution: 'V1' })).toEqual(first)
  expect(await position(account_id)).toMatchObject({ quantity: 4, executions: 1 })
  expect(await refusal(fill(app, id, '5', '99', { execution: 'V1' }))).toBe('TR004')
  expect(await refusal(fill(app, id, '4', '98', { execution: 'V1' }))).toBe('TR004')
  // Another order may have an execution of that name.
  await fill(app, (await placed(app, { account_id })).id, '1', '99', { execution: 'V1' })
  expect(await position(account_id)).toMatchObject({ quantity: 5, executions: 2 })
  const values = `SELECT order_id, venue_execution_id, executed_at, quantity, price FROM trading.executions WHERE id = ${first.id}`
  expect(
    await refusal(owner.query(`INSERT INTO trading.executions (order_id, venue_execution_id, executed_at, quantity, price) ${values}`)),
  ).toBe('23505')
  const at = (when: string) => refusal(app.query('SELECT trading.record_execution($1, $2, 1, 99, $3)', [id, name(), when]))
  expect([await at('2020-01-01'), await at('2099-01-01')]).toEqual(['23514', '23514'])
  expect(await refusal(app.query(`SELECT trading.record_execution(gen_random_uuid(), 'x', 1, 1, now())`))).toBe('P0002')
})

test('an execution with more digits than are kept is the same when it is reported again', async () => {
  const account_id = account()
  const { id } = await placed(app, { account_id })
  const report = () => fill(app, id, '4', '99.1234567891', { execution: 'V2', fee: '0.0000000049' })
  expect(await report()).toEqual(await report())
  expect(await position(account_id)).toMatchObject({ quantity: 4, executions: 1 })
})

test('what is not a number reaches no position', async () => {
  const account_id = account()
  const { id } = await placed(app, { account_id })
  for (const bad of ['NaN', 'Infinity', '-Infinity', null]) {
    const states = [
      await refusal(fill(app, id, bad as string, '1')),
      await refusal(fill(app, id, '1', bad as string)),
      await refusal(fill(app, id, '1', '1', { fee: bad as string })),
    ]
    // Refused by a constraint, or for the field is too small for it, or as missing.
    for (const state of states) expect(['23514', '22003', '23502', 'TR002']).toContain(state)
    const insert = `INSERT INTO trading.instruments (id, symbol, currency, tick_size, lot_size) VALUES (99, 'BAD', 'USD', $1, $2)`
    expect(await refusal(app.query(insert, [bad, 1]))).not.toHaveProperty('accepted')
    expect(await refusal(app.query(insert, [1, bad]))).not.toHaveProperty('accepted')
  }
  expect(await position(account_id)).toBeUndefined()
})

test('what an order was overfilled with is nowhere', async () => {
  const account_id = account()
  const { id } = await placed(app, { account_id, quantity: '10' })
  await fill(app, id, '7', '100')
  expect(await refusal(fill(app, id, '4', '100'))).toBe('TR002')
  // Nor in one statement whose rows are not too much each.
  const insert = `INSERT INTO trading.executions (order_id, venue_execution_id, executed_at, quantity, price)
    SELECT id, 'bulk' || n, placed_at + interval '1 second', 2, 100 FROM trading.orders, generate_series(1, 2) AS n WHERE id = $1`
  expect(await refusal(owner.query(insert, [id]))).toBe('TR002')
  expect(await position(account_id)).toMatchObject({ quantity: 7, executions: 1 })
  expect(await one(app, 'SELECT count(*)::int, sum(quantity)::int FROM trading.executions WHERE order_id = $1', [id])).toEqual({
    count: 1,
    sum: 7,
  })
})

test('an execution that is left out of the table is left out of the position', async () => {
  const account_id = account()
  const { id } = await placed(app, { account_id })
  await fill(app, id, '1', '100')
  const insert = `INSERT INTO trading.executions (id, executed_at, order_id, venue_execution_id, quantity, price)
    SELECT id, executed_at, order_id, 'other', 2, 100 FROM trading.executions WHERE order_id = $1 ON CONFLICT DO NOTHING`
  // generated_always: https://www.postgresql.org/docs/current/errcodes-appendix.html
  expect(await refusal(owner.query(insert, [id]))).toBe('428C9')
  expect(await position(account_id)).toMatchObject({ quantity: 1, executions: 1 })
})

test('executions stay as they are, and nobody else writes positions', async () => {
  await trade(app, account(), 'buy', '1', '100')
  for (const statement of [
    'UPDATE trading.executions SET price = 1',
    'UPDATE trading.executions SET price = 1 WHERE false',
    'DELETE FROM trading.executions',
    'TRUNCATE trading.executions',
    'UPDATE trading.positions SET quantity = 1000000',
    'DELETE FROM trading.positions',
    'TRUNCATE trading.positions',
    'DELETE FROM trading.venue_executions',
    'TRUNCATE trading.venue_executions',
    `INSERT INTO trading.positions (account_id, instrument_id, currency, quantity, cost_basis, realised_pnl, fees, executions, last_executed_at)
     VALUES (gen_random_uuid(), 1, 'USD', 1, 1, 0, 0, 1, now())`,
  ])
    expect([statement, await refusal(owner.query(statement))]).toEqual([statement, 'TR005'])
})

test('a position is what was bought and sold, whatever the sequence', async () => {
  // Prices in cents, so that sums are exact.
  const trades = fc.array(
    fc.tuple(fc.constantFrom('buy' as const, 'sell' as const), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 9999 })),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  await fc.assert(
    fc.asyncProperty(trades, async (all) => {
      const account_id = account()
      for (const [side, quantity, cents] of all) await trade(app, account_id, side, String(quantity), String(cents / 100))
      const held = all.reduce((sum, [side, quantity]) => sum + (side === 'buy' ? quantity : -quantity), 0)
      const cash = all.reduce((sum, [side, quantity, cents]) => sum + (side === 'buy' ? -quantity : quantity) * cents, 0)
      expect(
        await one(
          app,
          `SELECT quantity::int, ((realised_pnl - cost_basis) * 100)::int AS cash,
             realised_pnl = (SELECT sum(realised_pnl) FROM trading.executions AS e WHERE e.account_id = p.account_id) AS sums_up
           FROM trading.positions AS p WHERE account_id = $1`,
          [account_id],
        ),
      ).toEqual({ quantity: held, cash, sums_up: true })
    }),
    { numRuns: 25 },
  )
})

test('with many clients at once nothing is lost, overfilled or counted twice', async () => {
  const clients = await Promise.all(Array.from({ length: 8 }, () => db.connect('app')))
  const accounts = [account(), account()]
  const orders: { id: string; account_id: string; side: string }[] = []
  for (let n = 0; n < 24; n++) {
    const side = n % 3 === 0 ? 'sell' : 'buy'
    orders.push({ side, ...(await placed(app, { account_id: accounts[n % 2]!, side, quantity: '40' })) })
  }
  const outcomes: Record<string, number> = {}
  await Promise.all(
    clients.map(async (client, worker) => {
      for (let n = 0; n < 60; n++) {
        const { id } = orders[(n * 7 + worker) % orders.length]!
        // Half of the reports come from two clients.
        const execution = n % 2 ? `shared-${n}-${worker >> 1}` : `own-${n}-${worker}`
        const quantity = String(1 + (n % 5))
        const outcome = await refusal(
          fill(client, n % 2 ? orders[(n * 5) % orders.length]!.id : id, quantity, String(90 + (n % 20)), { execution }),
        )
        const key = typeof outcome === 'string' ? outcome : 'recorded'
        outcomes[key] = (outcomes[key] ?? 0) + 1
      }
    }),
  )
  await Promise.all(clients.map((client) => client.end()))
  // Neither deadlocks (40P01) nor anything else but too much.
  expect(Object.keys(outcomes).sort()).toEqual(['TR002', 'recorded'])
  expect((await owner.query('SELECT * FROM trading.position_discrepancies()')).rows).toEqual([])
  const { rows } = await owner.query(
    `SELECT o.filled_quantity::int AS kept, sum(e.quantity)::int AS executed, o.quantity::int, o.status,
       count(*) = count(DISTINCT e.venue_execution_id) AS once
     FROM trading.orders AS o JOIN trading.executions AS e ON e.order_id = o.id WHERE o.account_id = ANY ($1) GROUP BY o.id`,
    [accounts],
  )
  expect(rows).toHaveLength(24)
  for (const { kept, executed, quantity, status, once } of rows) {
    expect(kept).toBe(executed)
    expect([status, once]).toEqual([kept === quantity ? 'filled' : 'partially_filled', true])
  }
  const sequences = await owner.query(
    `SELECT array_agg(position_sequence::int ORDER BY position_sequence) AS found FROM trading.executions WHERE account_id = ANY ($1) GROUP BY account_id`,
    [accounts],
  )
  for (const { found } of sequences.rows) expect(found).toEqual(found.map((_: number, index: number) => index + 1))
})

test('a transaction holds up nothing but its own orders and positions', async () => {
  const [slow, quick] = await Promise.all([db.connect('app'), db.connect('app')])
  const account_id = account()
  const order = await placed(slow, { account_id })
  await slow.query('BEGIN')
  await fill(slow, order.id, '4', '100')
  await quick.query(`SET lock_timeout = '300ms'`)
  // Others in the same instrument, and the same account in another one; then the sealer of the trail.
  await trade(quick, account(), 'sell', '10', '100')
  await trade(quick, account_id, 'buy', '10', '100', { instrument: 2 })
  await placed(quick, { account_id })
  await owner.query(`CALL compliance.seal_audit_trail()`)
  // As it would be with a lock in common.
  expect(await refusal(trade(quick, account_id, 'sell', '1', '100'))).toBe('55P03')
  expect(await refusal(quick.query('SELECT trading.cancel_order($1)', [order.id]))).toBe('55P03')
  await slow.query('COMMIT')
  await trade(quick, account_id, 'sell', '1', '100')
  await Promise.all([slow.end(), quick.end()])
})

test('a position that somebody changed is found', async () => {
  const superuser = await db.connect('superuser')
  const account_id = account()
  await trade(app, account_id, 'buy', '10', '100')
  await trade(app, account_id, 'sell', '4', '110')
  const found = async (tamper: string) => {
    await superuser.query(`BEGIN; SET LOCAL session_replication_role = replica; ${tamper.replaceAll('$1', `'${account_id}'`)}`)
    const { rows } = await superuser.query('SELECT what FROM trading.position_discrepancies() ORDER BY what')
    await superuser.query('ROLLBACK')
    return rows.map(({ what }) => what)
  }
  expect(await found('')).toEqual([])
  expect(await found('UPDATE trading.positions SET quantity = 7, cost_basis = 700 WHERE account_id = $1')).toEqual(['cash', 'quantity'])
  expect(await found('UPDATE trading.positions SET realised_pnl = 41 WHERE account_id = $1')).toEqual(['cash', 'realised P&L'])
  expect(await found(`DELETE FROM trading.executions WHERE account_id = $1 AND side = 'sell'`)).toContain('last execution')
  expect(await found(`DELETE FROM trading.positions WHERE account_id = $1`)).toContain('quantity')
  expect(await found(`DELETE FROM trading.executions WHERE account_id = $1`)).toContain('last execution')
  await superuser.end()
})
