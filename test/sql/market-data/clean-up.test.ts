// Old ticks go, by chunks or in batches; what was made of them stays.
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, places } from './databases.ts'
import { ingest, storedCandles, type Tick } from './ticks.ts'

const days = 86_400_000
/** Midday UTC, so many days ago. */
const ago = (n: number) => Math.floor(Date.now() / days) * days - n * days + days / 2
const tick = (at: number, sequence: number, price: number): Tick => ({ instrument: 1, at, sequence, price, size: 1 })

describe.each(places)('$place', ({ make, skipped }) => {
  describe.skipIf(skipped)('clean-up', () => {
    let db: Database
    let client: pg.Client
    beforeAll(async () => {
      db = await make()
      client = await db.connect()
      await client.query(`INSERT INTO market.instruments (id, symbol, name, currency) VALUES (1, 'A', 'A', 'EUR')`)
    })
    afterAll(async () => {
      await client?.end()
      await db?.close()
    })

    test('ticks older than a month go, their candles stay as they were, also when a tick comes late', async () => {
      await ingest(client, [tick(ago(40), 1, 10), tick(ago(40) + 1000, 2, 12), tick(ago(32), 3, 13), tick(ago(3), 4, 14)])
      await client.query('CALL historical.roll_up()')
      const before = await Promise.all((['1m', '1h', '1d'] as const).map((width) => storedCandles(client, width)))
      expect(before.map(({ length }) => length)).toEqual([3, 3, 3])
      // As the migrator does.
      await client.query('SET SESSION AUTHORIZATION treum_market_data_migrator')
      await client.query('CALL pgfleet.apply_retention()')
      await client.query('RESET SESSION AUTHORIZATION; SET ROLE treum_market_data_owner')
      expect((await client.query('SELECT sequence::int FROM historical.ticks')).rows).toEqual([{ sequence: 4 }])
      await ingest(client, [tick(ago(40) + 2000, 5, 99)])
      await client.query('CALL historical.roll_up()')
      const after = await Promise.all((['1m', '1h', '1d'] as const).map((width) => storedCandles(client, width)))
      expect(after).toEqual(before)
    })

    test('the application cannot COPY into ticks, and the server goes on', async () => {
      const app = await db.connect()
      await app.query('SET ROLE treum_market_data_service')
      await expect(app.query('COPY historical.ticks FROM STDIN')).rejects.toMatchObject({ code: '42501' })
      expect((await app.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
      expect(await ingest(app, [tick(ago(1), 9, 5)])).toBe(1)
      await app.end()
    })

    test('a query by instrument and time reads the index of the key, of one table, and of the chunks of that time', async () => {
      await ingest(
        client,
        Array.from({ length: 6 }, (_, n) => tick(ago(n), 100 + n, 5)),
      )
      const { rows } = await client.query(`EXPLAIN (COSTS OFF) SELECT * FROM historical.ticks
        WHERE instrument_id = 1 AND traded_at >= '${new Date(ago(2)).toISOString()}' AND traded_at < '${new Date(ago(2) + 1000).toISOString()}'`)
      const scans = rows.map((row) => row['QUERY PLAN']).filter((line: string) => line.includes('Scan'))
      expect(scans).toHaveLength(1)
      expect(scans[0]).toMatch(/(Index Scan|Bitmap).*_pkey/)
    })
  })
})
