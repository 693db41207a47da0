// Each index and the query that it is for, on a hundred thousand ticks and more.
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { indexesOf, usedIndexes } from '../../support/index-plan.ts'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'

type Row =
  | { readonly index: string; readonly constraint: true; readonly duplicate: string }
  | { readonly index: string; readonly query: string; readonly parameters: readonly unknown[] }

const hour = ['2025-12-31T10:00:00Z', '2025-12-31T11:00:00Z']

const indexes: readonly Row[] = [
  {
    index: 'instruments_symbol_key',
    constraint: true,
    duplicate: `INSERT INTO market.instruments (symbol, name, currency) VALUES ('TR0001', '', 'EUR')`,
  },
  {
    index: 'instruments_isin_currency_key',
    constraint: true,
    duplicate: `INSERT INTO market.instruments (symbol, isin, name, currency) SELECT 'X', isin, '', currency FROM market.instruments WHERE id = 1`,
  },
  {
    // historical.note_arrivals()
    index: 'ticks_arrived_idx',
    query: `SELECT DISTINCT date_bin('1 minute', traded_at, '2000-01-01 00:00:00+00'), instrument_id FROM historical.ticks
      WHERE arrived >= txid_snapshot_xmin($1) AND arrived < txid_snapshot_xmax(txid_current_snapshot()) AND NOT txid_visible_in_snapshot(arrived, $1)`,
    parameters: ['4000000000:4000000000:'],
  },
  {
    index: 'ticks_traded_at_idx',
    query: 'SELECT sum(size) FROM historical.ticks WHERE traded_at >= $1 AND traded_at < $2',
    parameters: hour,
  },
  {
    index: 'candles_1m_opened_at_idx',
    query: 'SELECT instrument_id, sum(volume) FROM historical.candles_1m WHERE opened_at >= $1 AND opened_at < $2 GROUP BY 1',
    parameters: hour,
  },
  {
    index: 'candles_1h_opened_at_idx',
    query: 'SELECT instrument_id, sum(volume) FROM historical.candles_1h WHERE opened_at >= $1 AND opened_at < $2 GROUP BY 1',
    parameters: ['2025-12-01T00:00:00Z', '2025-12-02T00:00:00Z'],
  },
]

/** Of primary keys: what they are for beside being keys. */
const keys = [
  {
    // historical.roll_up_minutes()
    index: 'ticks_pkey',
    query: 'SELECT price FROM historical.ticks WHERE instrument_id = $1 AND traded_at >= $2 AND traded_at < $3',
    parameters: [7, ...hour],
  },
  {
    // The indicators: of three tables, one is read.
    index: 'candles_1m_pkey',
    query: `SELECT close FROM historical.candles WHERE width = '1m' AND instrument_id = $1 AND opened_at >= $2 AND opened_at < $3`,
    parameters: [7, ...hour],
  },
  {
    // historical.take_marks()
    index: 'marks_pkey',
    query: `SELECT id FROM historical.marks WHERE width = $1 ORDER BY id LIMIT 10`,
    parameters: ['1m'],
  },
]

let db: ServiceDatabase
let client: pg.Client
beforeAll(async () => {
  db = await serviceDatabase('market-data')
  await db.seed(10)
  client = await db.connect('owner')
})
afterAll(async () => {
  await client?.end()
  await db?.close()
})

test('each index is in the list', async () => {
  expect(await indexesOf(client, ['market', 'realtime', 'historical'])).toEqual(indexes.map(({ index }) => index).sort())
})

test.each([...indexes.filter((row) => 'query' in row), ...keys])('$index is used', async ({ index, query, parameters }) => {
  expect(await usedIndexes(client, query, parameters)).toEqual([index])
})

test.each(indexes.filter((row) => 'constraint' in row))('$index refuses a duplicate', async ({ index, duplicate }) => {
  await expect(client.query(duplicate)).rejects.toMatchObject({ code: '23505', constraint: index })
})

test('the seeds roll up, and again to the same', async () => {
  const counts = async () =>
    (
      await client.query(`SELECT width::text, count(*)::int FROM historical.candles GROUP BY candles.width ORDER BY candles.width`)
    ).rows.map((row) => row.count)
  const content = async () =>
    (await client.query(`SELECT md5(string_agg(candle::text, '' ORDER BY candle)) FROM historical.candles AS candle`)).rows
  await client.query('CALL historical.roll_up()')
  const [minutes, hours, days] = await counts()
  expect(minutes).toBeGreaterThan(150_000)
  expect(hours).toBeGreaterThan(100_000)
  expect(days).toBeGreaterThan(10_000)
  const before = await content()
  await client.query(`SELECT historical.mark(id, '2025-12-30', 'infinity') FROM market.instruments`)
  await client.query('CALL historical.roll_up()')
  expect(await content()).toEqual(before)
})
