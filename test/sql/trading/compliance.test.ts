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

test.each([
  // 2026-03-02 is a Monday.
  ['2026-03-02T00:00:00Z', '2026-03-04T00:00:00Z'],
  ['2026-03-02T23:59:59.999999Z', '2026-03-04T00:00:00Z'],
  ['2026-03-05T12:00:00Z', '2026-03-07T00:00:00Z'],
  ['2026-03-06T12:00:00Z', '2026-03-10T00:00:00Z'],
  ['2026-03-07T12:00:00Z', '2026-03-10T00:00:00Z'],
  ['2026-03-08T12:00:00Z', '2026-03-10T00:00:00Z'],
  // A Friday in UTC, a Saturday in Tokyo.
  ['2026-03-07T01:00:00+09:00', '2026-03-10T00:00:00Z'],
])('a trade of %s is to be reported before %s', async (executed, due) => {
  await app.query(`SET TimeZone = 'Asia/Tokyo'`)
  expect(await one(app, 'SELECT compliance.report_due($1) = $2 AS fits', [executed, due])).toEqual({ fits: true })
})

test('each execution has a report, which is sent once and again when it is refused', async () => {
  const account_id = account()
  const { id } = await placed(app, { account_id, side: 'sell', quantity: '10', price: '99' })
  const executions = [await fill(app, id, '4', '99'), await fill(app, id, '6', '99.5')] as { id: string }[]
  const other = await db.connect('app')
  await app.query('BEGIN')
  const [mine] = (await app.query('SELECT * FROM compliance.take_trade_reports(1)')).rows
  const others = (await other.query('SELECT * FROM compliance.take_trade_reports()')).rows
  await app.query('COMMIT')
  expect([mine, ...others].map((row) => row.execution_id).sort()).toEqual(executions.map((row) => row.id).sort())
  expect(others[0]).toMatchObject({ account_id, order_id: id, symbol: 'TR0001', venue: 'XNAS', side: 'sell', currency: 'USD' })
  expect(Number(mine.quantity) + Number(others[0].quantity)).toBe(10)
  await app.query(`SELECT compliance.answer_trade_report($1, true, 'ok')`, [mine.execution_id])
  await app.query(`SELECT compliance.answer_trade_report($1, false, 'venue unknown')`, [others[0].execution_id])
  expect(await refusal(app.query('SELECT compliance.answer_trade_report($1, false)', [mine.execution_id]))).toBe('P0002')
  const again = (await other.query('SELECT * FROM compliance.take_trade_reports()')).rows
  expect(again.map((row) => row.execution_id)).toEqual([others[0].execution_id])
  const change = (set: string, client = owner) =>
    refusal(client.query(`UPDATE compliance.trade_reports SET ${set} WHERE execution_id = ${mine.execution_id}`))
  expect(await change(`status = 'pending', answered_at = NULL`)).toBe('TR005')
  expect(await change(`due_at = due_at + interval '1 day'`, app)).toBe('TR005')
  expect(await refusal(owner.query('DELETE FROM compliance.trade_reports'))).toBe('TR005')
  expect(await refusal(app.query('DELETE FROM compliance.trade_reports'))).toBe('42501')
  expect(
    await refusal(owner.query(`UPDATE compliance.trade_reports SET status = 'accepted', answered_at = NULL WHERE status = 'sent'`)),
  ).toBe('23514')
  await other.end()
})

test('a sender that fails gives its reports back', async () => {
  await trade(app, account(), 'buy', '1', '100')
  // Nor does one pass for accepted that was never sent.
  const accept = `UPDATE compliance.trade_reports SET status = 'accepted', sent_at = now(), answered_at = now() WHERE status = 'pending'`
  expect(await refusal(app.query(accept))).toBe('TR005')
  await app.query('BEGIN')
  expect((await app.query('SELECT FROM compliance.take_trade_reports()')).rowCount).toBeGreaterThan(0)
  await app.query('ROLLBACK')
  expect((await app.query('SELECT FROM compliance.take_trade_reports()')).rowCount).toBeGreaterThan(0)
})

test('what is not sent in time is late', async () => {
  const { id } = await one<{ id: string }>(
    owner,
    `INSERT INTO trading.orders (account_id, client_order_id, instrument_id, side, quantity, currency, placed_at, expires_at, status, acknowledged_at)
     VALUES (gen_random_uuid(), 'late', 1, 'buy', 2, 'USD', '2026-03-02', '2026-03-03', 'new', '2026-03-02') RETURNING id`,
  )
  await fill(app, id, '1', '100')
  expect((await app.query('SELECT status FROM compliance.late_trade_reports')).rows).toEqual([{ status: 'pending' }])
  await app.query('SELECT FROM compliance.take_trade_reports()')
  expect((await app.query('SELECT status FROM compliance.late_trade_reports')).rows).toEqual([])
})

/** An execution of some second of 2026-03-02T10:00Z. */
async function executed(account_id: string, side: 'buy' | 'sell', quantity: number, price: number, second: number, instrument = 1) {
  const at = new Date(Date.UTC(2026, 2, 2, 10, 0, 0) + second * 1000).toISOString()
  const { id } = await one<{ id: string }>(
    owner,
    `INSERT INTO trading.orders (account_id, client_order_id, instrument_id, side, quantity, currency, placed_at, expires_at, status, acknowledged_at)
     VALUES ($1, $2, $3, $4, $5, (SELECT currency FROM trading.instruments WHERE id = $3), $6, $6::timestamptz + interval '1 day', 'new', $6) RETURNING id`,
    [account_id, name(), instrument, side, quantity, at],
  )
  await owner.query(`SELECT trading.record_execution($1, 'E', $2, $3, $4)`, [id, quantity, price, at])
}

test('wash trades are found, and nothing that only looks like one', async () => {
  const [washer, other, slow, dear, elsewhere] = Array.from({ length: 5 }, account) as [string, string, string, string, string]
  await executed(washer, 'buy', 10, 100, 0)
  await executed(washer, 'sell', 8, 100.05, 60)
  await executed(washer, 'sell', 3, 99.9, -60)
  // Later than a minute, and another account on the other side.
  await executed(washer, 'sell', 1, 100, 61)
  await executed(other, 'sell', 10, 100, 1)
  await executed(slow, 'buy', 10, 100, 0)
  await executed(slow, 'sell', 10, 100, 61)
  // More than a thousandth dearer, and another instrument.
  await executed(dear, 'buy', 10, 100, 0)
  await executed(dear, 'sell', 10, 100.11, 0)
  await executed(elsewhere, 'buy', 10, 100, 0)
  await executed(elsewhere, 'sell', 10, 100, 0, 2)
  const { rows } = await owner.query(
    `SELECT account_id, instrument_id, quantity::int, sell_price::float8 FROM compliance.wash_trades('2026-03-02T10:00Z', '2026-03-02T11:00Z') ORDER BY sold_at`,
  )
  expect(rows).toEqual([
    { account_id: washer, instrument_id: 1, quantity: 3, sell_price: 99.9 },
    { account_id: washer, instrument_id: 1, quantity: 8, sell_price: 100.05 },
  ])
  const screen = `CALL compliance.screen_wash_trades('2026-03-02T00:00Z', '2026-03-03T00:00Z')`
  await owner.query(screen)
  await owner.query(screen)
  const alerts = await owner.query(
    `SELECT account_id, jsonb_array_length(evidence) AS pairs FROM compliance.alerts WHERE screen = 'wash trade'`,
  )
  expect(alerts.rows).toEqual([{ account_id: washer, pairs: 2 }])
})

/** A sell order that is withdrawn so many seconds after it was placed. */
const withdrawn = (account_id: string, price: number | null, second: number, after: number) =>
  owner.query(
    `INSERT INTO trading.orders
       (account_id, client_order_id, instrument_id, side, quantity, limit_price, currency, placed_at, expires_at, status, acknowledged_at, closed_at)
     SELECT $1, $2, 1, 'sell', 100, $3, 'USD', at, at + interval '1 day', 'cancelled', at, at + $5 * interval '1 second'
     FROM (SELECT timestamptz '2026-03-02T12:00Z' + $4 * interval '1 second' AS at) AS placed`,
    [account_id, name(), price, second, after],
  )

test('layering is found, and nothing that only looks like it', async () => {
  const layered = async (
    prices: readonly (number | null)[],
    { after = 30, side = 'buy' as 'buy' | 'sell' | undefined, step = 10, trade = 15 } = {},
  ) => {
    const id = account()
    for (const [index, price] of prices.entries()) await withdrawn(id, price, index * step, after)
    // 12:00 is 7200 seconds after 10:00.
    if (side) await executed(id, side, 7, 100, 7200 + trade)
    return id
  }
  const spoofer = await layered([101, 102, 103])
  // Over the end of a minute, each within a minute of the one before.
  const patient = await layered([101, 102, 103], { step: 50, trade: 105 })
  await layered([101, 102])
  await layered([101, 101, 101])
  await layered([null, null, null])
  await layered([101, 102, 103], { after: 61 })
  await layered([101, 102, 103], { step: 61 })
  await layered([101, 102, 103], { side: 'sell' })
  await layered([101, 102, 103], { trade: 120 })
  const { rows } = await owner.query(
    `SELECT account_id, side, prices::int, quantity::int, executed::int, ended_at - started_at = $1::interval AS fits
     FROM compliance.layering('2026-03-02T00:00Z', '2026-03-03T00:00Z') ORDER BY ended_at`,
    ['50 seconds'],
  )
  const found = { side: 'sell', prices: 3, quantity: 300, executed: 7 }
  expect(rows).toEqual([
    { ...found, account_id: spoofer, fits: true },
    { ...found, account_id: patient, fits: false },
  ])
  const screen = `CALL compliance.screen_layering('2026-03-02T00:00Z', '2026-03-03T00:00Z')`
  await owner.query(screen)
  await owner.query(screen)
  const alerts = await owner.query(`SELECT account_id FROM compliance.alerts WHERE screen = 'layering' ORDER BY ended_at`)
  expect(alerts.rows).toEqual([{ account_id: spoofer }, { account_id: patient }])
})

test('a burst over midnight is one finding', async () => {
  const id = account()
  // From 23:59:30 on, each ten seconds.
  for (let n = 0; n < 8; n++) await withdrawn(id, 101 + n, 43_170 + n * 10, 5)
  await executed(id, 'buy', 7, 100, 50_430)
  await owner.query(`CALL compliance.screen_layering('2026-03-02T00:00Z', '2026-03-03T01:00Z')`)
  await owner.query(`CALL compliance.screen_layering('2026-03-03T00:00Z', '2026-03-04T01:00Z')`)
  const { rows } = await owner.query('SELECT started_at FROM compliance.alerts WHERE account_id = $1', [id])
  expect(rows).toEqual([{ started_at: new Date('2026-03-02T23:59:30Z') }])
})

test('an alert keeps what it says, and gets a conclusion', async () => {
  const update = (set: string, client = app) => refusal(client.query(`UPDATE compliance.alerts SET ${set}`))
  expect(await update(`evidence = '[]'`, owner)).toBe('TR005')
  expect(await update(`conclusion = 'reported'`)).toBe('23514')
  expect(await update(`conclusion = 'maybe', closed_at = now()`)).toBe('23514')
  expect(await update(`conclusion = 'reported', closed_at = now()`)).toMatchObject({ accepted: { command: 'UPDATE' } })
  expect(await update(`conclusion = 'false positive'`)).toBe('TR005')
  expect(await update('conclusion = NULL, closed_at = NULL')).toBe('TR005')
  expect(await refusal(owner.query('DELETE FROM compliance.alerts'))).toBe('TR005')
  expect(await refusal(app.query('DELETE FROM compliance.alerts'))).toBe('42501')
})
