import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { account, fill, makeInstruments, name, type Order, one, placed, refusal } from './orders.ts'

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

type Call = { readonly call: 'acknowledge' | 'reject' | 'cancel' | 'expire' } | { readonly call: 'fill'; readonly quantity: number }

/** What each call makes of an order of 10, written down by hand; anything else is refused. */
const next: Record<string, Partial<Record<Call['call'], string>>> = {
  pending_new: { acknowledge: 'new', reject: 'rejected', cancel: 'cancelled', expire: 'expired' },
  new: { fill: 'by quantity', cancel: 'cancelled', expire: 'expired' },
  partially_filled: { fill: 'by quantity', cancel: 'cancelled', expire: 'expired' },
  filled: {},
  cancelled: {},
  rejected: {},
  expired: {},
}

const make = (id: string, step: Call): Promise<unknown> =>
  step.call === 'fill'
    ? fill(app, id, String(step.quantity), '100')
    : step.call === 'reject'
      ? one(app, 'SELECT trading.reject_order($1, $2)', [id, 'no'])
      : one(app, `SELECT trading.${step.call}_order($1)`, [id])

test('no sequence of calls brings an order into a state that may not follow', async () => {
  const calls = fc.array(
    fc.oneof(
      fc.constantFrom<Call>({ call: 'acknowledge' }, { call: 'acknowledge' }, { call: 'reject' }, { call: 'cancel' }, { call: 'expire' }),
      fc.record({ call: fc.constant('fill' as const), quantity: fc.integer({ min: 1, max: 11 }) }),
    ),
    { maxLength: 8 },
  )
  await fc.assert(
    fc.asyncProperty(calls, async (steps) => {
      const { id } = await one<Order>(app, `SELECT * FROM trading.place_order($1, $2, 1, 'buy', 10, 100)`, [account(), name()])
      let status = 'pending_new'
      let filled = 0
      for (const step of steps) {
        const outcome = next[status]![step.call]
        const isTooMuch = step.call === 'fill' && filled + step.quantity > 10
        if (outcome && !isTooMuch) {
          if (step.call === 'fill') filled += step.quantity
          status = step.call !== 'fill' ? outcome : filled === 10 ? 'filled' : 'partially_filled'
          await make(id, step)
        } else expect(await refusal(make(id, step))).toBe(isTooMuch ? 'TR002' : 'TR001')
        const now = await one<Order>(app, 'SELECT status, filled_quantity::int, closed_at FROM trading.orders WHERE id = $1', [id])
        expect(now).toMatchObject({ status, filled_quantity: filled })
        expect('closed_at' in now && now.closed_at !== null).toBe(Object.keys(next[status]!).length === 0)
      }
    }),
    { numRuns: 150 },
  )
})

test('not even the owner brings an order into a state that may not follow', async () => {
  const states = Object.keys(next)
  for (const [from, to] of states.flatMap((from) => states.map((to) => [from, to] as const))) {
    const legal: Record<string, readonly string[]> = {
      pending_new: ['new', 'rejected', 'cancelled', 'expired'],
      new: ['partially_filled', 'filled', 'cancelled', 'expired'],
      partially_filled: ['partially_filled', 'filled', 'cancelled', 'expired'],
    }
    const { rows } = await owner.query('SELECT trading.can_follow($1, $2) AS can', [from, to])
    expect([from, to, rows[0].can]).toEqual([from, to, legal[from]?.includes(to) ?? false])
  }
  const { id } = await placed(app)
  const update = (change: string) => refusal(owner.query(`UPDATE trading.orders SET ${change} WHERE id = $1`, [id]))
  expect(await update(`status = 'pending_new'`)).toBe('TR001')
  expect(await update(`status = 'cancelled', quantity = 11`)).toBe('TR005')
  expect(await update(`status = 'cancelled', time_in_force = 'gtc'`)).toBe('TR005')
  expect(await update(`status = 'cancelled', expires_at = expires_at + interval '1 day'`)).toBe('TR005')
  expect(await update(`status = 'filled', filled_quantity = quantity`)).toBe('TR005')
  expect(await update(`status = 'filled'`)).toBe('23514')
  await fill(app, id, '4', '100')
  expect(await update(`filled_quantity = 5`)).toBe('TR005')
  expect(await update(`last_executed_at = now() + interval '1 hour'`)).toBe('TR005')
  expect(await refusal(owner.query('DELETE FROM trading.orders WHERE id = $1', [id]))).toBe('TR005')
  expect(await refusal(owner.query('TRUNCATE trading.orders CASCADE'))).toBe('TR005')
  const insert = (values: string) =>
    refusal(
      owner.query(
        `INSERT INTO trading.orders (account_id, client_order_id, instrument_id, side, quantity, currency, expires_at, status, filled_quantity)
         VALUES (gen_random_uuid(), 'x', ${values})`,
      ),
    )
  expect(await insert(`1, 'buy', 10, 'USD', now() + interval '1 hour', 'partially_filled', 1`)).toBe('TR005')
  expect(await insert(`1, 'buy', 10, 'EUR', now() + interval '1 hour', 'pending_new', 0`)).toBe('TR006')
  expect(await insert(`1, 'buy', 10, 'USD', now() + interval '2 years', 'pending_new', 0`)).toBe('23514')
  expect(await insert(`1, 'hold', 10, 'USD', now() + interval '1 hour', 'pending_new', 0`)).toBe('23514')
  expect(await refusal(owner.query(`UPDATE trading.instruments SET currency = 'EUR' WHERE id = 1`))).toBe('TR005')
})

test('without its trigger an order would go anywhere, but not be overfilled', async () => {
  const superuser = await db.connect('superuser')
  const { id } = await placed(app)
  await app.query('SELECT trading.expire_order($1)', [id])
  const update = (change: string) => refusal(superuser.query(`UPDATE trading.orders SET ${change} WHERE id = $1`, [id]))
  expect(await update(`status = 'cancelled'`)).toBe('TR001')
  await superuser.query('BEGIN; SET LOCAL session_replication_role = replica')
  expect(await update(`status = 'cancelled'`)).toMatchObject({ accepted: { rowCount: 1 } })
  expect(await update(`filled_quantity = 11, last_executed_at = now()`)).toBe('23514')
  await superuser.query('ROLLBACK')
  await superuser.end()
})

test('the application changes orders through functions only', async () => {
  const { id } = await placed(app)
  for (const statement of [
    `UPDATE trading.orders SET status = 'cancelled' WHERE id = '${id}'`,
    `DELETE FROM trading.orders WHERE id = '${id}'`,
    `DELETE FROM trading.executions`,
    `UPDATE trading.positions SET quantity = 0`,
    `SELECT trading.set_order_status('${id}', 'cancelled')`,
    `DELETE FROM compliance.audit_trail`,
    `SELECT FROM compliance.seals`,
    `CALL compliance.seal_audit_trail()`,
  ])
    expect([statement, await refusal(app.query(statement))]).toEqual([statement, '42501'])
})

test('what cannot be traded is not placed', async () => {
  const place = (values: string) => refusal(app.query(`SELECT trading.place_order(gen_random_uuid(), '${name()}', ${values})`))
  expect(await place(`9, 'buy', 10, 100`)).toBe('P0002')
  expect(await place(`3, 'buy', 10, 100`)).toBe('TR006')
  expect(await place(`2, 'buy', 15, 100`)).toBe('TR006')
  expect(await place(`2, 'buy', 20, 100.02`)).toBe('TR006')
  expect(await place(`2, 'buy', 20, 100.05, 'gtd'`)).toBe('22023')
  expect(await place(`2, 'buy', 20, 100.05, 'day', now() + interval '1 hour'`)).toBe('22023')
  expect(await place(`2, 'buy', 20, 100.05, 'never'`)).toBe('23514')
  expect(await place(`2, 'buy', 0, 100.05`)).toBe('23514')
  expect(await place(`2, 'buy', 20, 100.05, 'gtd', now() - interval '1 hour'`)).toBe('23514')
  expect(await place(`2, 'buy', 20, NULL, 'ioc'`)).toMatchObject({ accepted: {} })
  for (const call of ['acknowledge_order', 'cancel_order', 'expire_order'])
    expect(await refusal(app.query(`SELECT trading.${call}(gen_random_uuid())`))).toBe('P0002')
})

test('an order that is placed twice is placed once, also at the same time', async () => {
  const clients = await Promise.all(Array.from({ length: 6 }, () => db.connect('app')))
  for (let round = 0; round < 20; round++) {
    const parameters = [account(), name()]
    const orders = await Promise.all(
      clients.map((client) => one<Order>(client, `SELECT * FROM trading.place_order($1, $2, 1, 'buy', 10, 100)`, parameters)),
    )
    expect(new Set(orders.map(({ id }) => id)).size).toBe(1)
    expect(await one(app, 'SELECT count(*)::int FROM trading.orders WHERE account_id = $1', [parameters[0]])).toEqual({ count: 1 })
  }
  await Promise.all(clients.map((client) => client.end()))

  const parameters = [account(), name()]
  const first = await one<Order>(app, `SELECT * FROM trading.place_order($1, $2, 1, 'buy', 10, 100)`, parameters)
  await app.query('SELECT trading.acknowledge_order($1)', [first.id])
  // As it is now, and also when the instrument is not traded any more.
  await owner.query('UPDATE trading.instruments SET tradable = false WHERE id = 1')
  expect(await one(app, `SELECT * FROM trading.place_order($1, $2, 1, 'buy', 10, 100)`, parameters)).toMatchObject({
    id: first.id,
    status: 'new',
  })
  await owner.query('UPDATE trading.instruments SET tradable = true WHERE id = 1')
  for (const other of [`1, 'sell', 10, 100`, `1, 'buy', 11, 100`, `1, 'buy', 10`, `2, 'buy', 10, 100`, `1, 'buy', 10, 100, 'gtc'`])
    expect(await refusal(app.query(`SELECT trading.place_order($1, $2, ${other})`, parameters))).toBe('TR003')
  const dated = [parameters[0], name()]
  const goodUntil = (...until: Date[]) =>
    refusal(app.query(`SELECT trading.place_order($1, $2, 1, 'buy', 10, 100, 'gtd'${until.length ? ', $3' : ''})`, [...dated, ...until]))
  const [soon, later] = [1, 2].map((hours) => new Date(Date.now() + hours * 3_600_000)) as [Date, Date]
  for (const _ of ['placed', 'repeated']) expect(await goodUntil(soon)).toMatchObject({ accepted: {} })
  for (const other of [[later], []]) expect(await goodUntil(...other)).toBe('TR003')
  // Another account may call its orders the same.
  const { id } = await one<Order>(app, `SELECT * FROM trading.place_order($1, $2, 1, 'sell', 10, 100)`, [account(), parameters[1]])
  const { rows } = await app.query('SELECT id FROM trading.find_orders($1)', [parameters[1]])
  expect(rows.map((row) => row.id)).toEqual([id, first.id])
})

test('a day is one of UTC, also where clocks are changed in it', async () => {
  // https://www.postgresql.org/docs/current/datetime-posix-timezone-specs.html: at noon of today
  const now = new Date()
  const day = Math.round((Date.UTC(2027, now.getUTCMonth(), now.getUTCDate()) - Date.UTC(2027, 0, 1)) / 86_400_000) + 1
  const client = await db.connect('app')
  await client.query(`SET TimeZone = 'STD0DST-1,J${day}/12,J${day === 1 ? 365 : day - 1}/12'`)
  const { rows } = await client.query(
    `SELECT expires_at = (date_trunc('day', placed_at AT TIME ZONE 'UTC') + interval '1 day') AT TIME ZONE 'UTC' AS is_midnight
     FROM trading.place_order($1, $2, 1, 'buy', 10, 100)`,
    [account(), name()],
  )
  await client.end()
  expect(rows).toEqual([{ is_midnight: true }])
})

test('an acknowledgement is of no time to come', async () => {
  const order = () => one<Order>(app, `SELECT * FROM trading.place_order($1, $2, 1, 'buy', 10, 100)`, [account(), name()])
  for (const at of ['infinity', '2999-01-01', '-infinity', null]) {
    const { rows } = await app.query(
      `SELECT acknowledged_at BETWEEN placed_at AND clock_timestamp() AS fits FROM trading.acknowledge_order($1, NULL, $2)`,
      [(await order()).id, at],
    )
    expect([at, rows]).toEqual([at, [{ fits: true }]])
  }
})

test('open orders come in price-time priority', async () => {
  await owner.query(`INSERT INTO trading.instruments (id, symbol, currency) VALUES (50, 'BOOK', 'USD')`)
  const place = (side: string, price: string | null) => placed(app, { side, price, instrument: 50 })
  const bids = [
    await place('buy', '99'),
    await place('buy', '101'),
    await place('buy', '101'),
    await place('buy', null),
    await place('buy', '100'),
  ]
  const asks = [
    await place('sell', '104'),
    await place('sell', '102'),
    await place('sell', null),
    await place('sell', '102'),
    await place('sell', '103'),
  ]
  await fill(app, bids[1]!.id, '4', '101')
  await app.query('SELECT trading.cancel_order($1)', [bids[4]!.id])
  await fill(app, asks[4]!.id, '10', '103')
  await app.query(`SELECT trading.place_order($1, $2, 50, 'buy', 1, 500)`, [account(), name()])
  const book = async (side: string, depth = 50) =>
    (await app.query('SELECT id FROM trading.open_orders(50, $1, $2)', [side, depth])).rows.map(({ id }) => id)
  expect(await book('buy')).toEqual([3, 1, 2, 0].map((index) => bids[index]!.id))
  expect(await book('sell')).toEqual([2, 1, 3, 0].map((index) => asks[index]!.id))
  expect(await book('buy', 1)).toEqual([bids[3]!.id])
})

test('the job ends orders whose time is up, and leaves those that somebody holds', async () => {
  const place = (expires: string) =>
    one<Order>(
      owner,
      `INSERT INTO trading.orders (account_id, client_order_id, instrument_id, side, quantity, currency, placed_at, expires_at)
       VALUES (gen_random_uuid(), $1, 1, 'buy', 10, 'USD', now() - interval '1 day', now() + $2::interval) RETURNING *`,
      [name(), expires],
    )
  const [past, held, future] = [await place('-1 minute'), await place('-1 minute'), await place('1 hour')]
  const status = async () =>
    (
      await owner.query('SELECT status FROM trading.orders WHERE id = ANY ($1) ORDER BY array_position($1, id)', [
        [past.id, held.id, future.id],
      ])
    ).rows.map((row) => row.status)
  await app.query('BEGIN')
  await app.query('SELECT trading.acknowledge_order($1)', [held.id])
  await owner.query('CALL trading.expire_orders(1)')
  await app.query('ROLLBACK')
  expect(await status()).toEqual(['expired', 'pending_new', 'pending_new'])
  await owner.query('CALL trading.expire_orders()')
  expect(await status()).toEqual(['expired', 'expired', 'pending_new'])
})
