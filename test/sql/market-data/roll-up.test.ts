// Candles are those of the ticks, whatever the order and the way in which these came: on plain tables, and on hypertables.
import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Database, places } from './databases.ts'
import { candlesOf, emptyAll, ingest, insertTicks, stageTicks, storedCandles, type Tick, type Width } from './ticks.ts'

const day = Date.UTC(2026, 0, 5)
const minute = 60_000
const allWidths: Width[] = ['1m', '1h', '1d']

describe.each(places)('$place', ({ make, skipped }) => {
  describe.skipIf(skipped)('roll-up', () => {
    let db: Database
    let client: pg.Client
    beforeAll(async () => {
      db = await make()
      client = await db.connect()
      await client.query(`INSERT INTO market.instruments (id, symbol, name, currency) VALUES (1, 'A', 'A', 'EUR'), (2, 'B', 'B', 'EUR')`)
    })
    afterAll(async () => {
      await client?.end()
      await db?.close()
    })
    beforeEach(() => emptyAll(client))

    const rollUp = (batch = 10_000) => client.query(`CALL historical.roll_up(${batch})`)
    const trade = (at: number, sequence: number, price: number, size = 1): Tick => ({ instrument: 1, at, sequence, price, size })

    async function expectCandlesOf(ticks: readonly Tick[]): Promise<void> {
      for (const width of allWidths) expect(await storedCandles(client, width), width).toEqual(candlesOf(ticks, width))
    }
    /** Where each version of each row is. */
    const versions = async () =>
      (
        await client.query(`
          SELECT 'm', xmin::text, ctid::text, opened_at FROM historical.candles_1m
          UNION ALL SELECT 'h', xmin::text, ctid::text, opened_at FROM historical.candles_1h
          UNION ALL SELECT 'd', xmin::text, ctid::text, opened_at FROM historical.candles_1d ORDER BY 1, 4`)
      ).rows

    test('worked by hand', async () => {
      await ingest(client, [
        trade(day + 10_000, 1, 100, 5),
        trade(day + 50_000, 2, 104, 1),
        trade(day + 59_999, 3, 98, 2),
        trade(day + minute, 4, 99, 7),
        trade(day + 90 * minute, 5, 120, 1),
      ])
      await rollUp()
      expect(await storedCandles(client, '1m')).toEqual([
        `1 ${day} 100 104 98 98 8 3`,
        `1 ${day + minute} 99 99 99 99 7 1`,
        `1 ${day + 90 * minute} 120 120 120 120 1 1`,
      ])
      expect(await storedCandles(client, '1h')).toEqual([`1 ${day} 100 104 98 99 15 4`, `1 ${day + 60 * minute} 120 120 120 120 1 1`])
      expect(await storedCandles(client, '1d')).toEqual([`1 ${day} 100 120 98 120 16 5`])
    })

    const tick = fc.record({
      instrument: fc.integer({ min: 1, max: 2 }),
      day: fc.integer({ min: 0, max: 2 }),
      hour: fc.constantFrom(0, 1, 23),
      minute: fc.constantFrom(0, 1, 59),
      second: fc.constantFrom(0, 0.001, 30, 59.999),
      price: fc.integer({ min: 1, max: 20 }),
      size: fc.integer({ min: 1, max: 9 }),
    })
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ way: fc.constantFrom('arrays', 'insert', 'staged'), ticks: fc.array(tick, { minLength: 1, maxLength: 8 }) }),
      },
      { weight: 1, arbitrary: fc.record({ again: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ cancelled: fc.nat() }) },
      {
        weight: 3,
        arbitrary: fc.record({
          call: fc.constantFrom(
            'CALL historical.roll_up(1000)',
            'CALL historical.roll_up(2)',
            // As if it had been stopped there.
            'SELECT historical.note_arrivals()',
            'SELECT historical.roll_up_minutes(2)',
            `SELECT historical.roll_up_candles('1h', 1)`,
            `SELECT historical.roll_up_candles('1d', 1)`,
            'SELECT historical.move_staged_ticks(3)',
          ),
        }),
      },
    )

    test('whatever comes when, the candles are those that come out from scratch; a second run writes nothing', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
          await emptyAll(client)
          let known: Tick[] = []
          let sequence = 0
          for (const each of steps) {
            if ('call' in each) await client.query(each.call)
            else if ('again' in each) {
              const repeated = known.slice(each.again % (known.length + 1))
              if (repeated.length > 0) await ingest(client, repeated)
              await stageTicks(client, repeated)
            } else if ('cancelled' in each) {
              // What is staged only is not there yet.
              await client.query('SELECT historical.move_staged_ticks()')
              const cancelled = known[each.cancelled % (known.length || 1)]
              if (!cancelled) continue
              const { instrument, at } = cancelled
              await client.query('SELECT historical.cancel_trade($1, $2, $3)', [instrument, new Date(at), cancelled.sequence])
              known = known.filter((tick) => tick !== cancelled)
            } else {
              const ticks = each.ticks.map(({ day: days, hour, minute: minutes, second, ...rest }) => ({
                ...rest,
                at: day + days * 86_400_000 + hour * 3_600_000 + minutes * minute + second * 1000,
                sequence: ++sequence,
              }))
              known.push(...ticks)
              if (each.way === 'arrays') expect(await ingest(client, ticks)).toBe(ticks.length)
              else await (each.way === 'insert' ? insertTicks : stageTicks)(client, ticks)
            }
          }
          await rollUp()
          await expectCandlesOf(known)
          const before = await versions()
          await rollUp()
          expect(await versions()).toEqual(before)
          // Nor when everything is computed again.
          await client.query(`SELECT historical.mark(n, '-infinity', 'infinity') FROM generate_series(1, 2) AS n`)
          await rollUp()
          expect(await versions()).toEqual(before)
        }),
        { numRuns: 40 },
      )
    })

    // There, 8 March 2026 has 23 hours, and 1 November 25.
    test.each(['America/New_York', 'Asia/Kolkata'])('days are those of UTC for a session in %s, too', async (zone) => {
      const hours = [Date.UTC(2026, 2, 6), Date.UTC(2026, 9, 30)].flatMap((from) =>
        Array.from({ length: 96 }, (_, n) => trade(from + n * 60 * minute, n, 1 + (n % 17))),
      )
      try {
        await client.query(`SET TimeZone = '${zone}'`)
        await ingest(client, hours)
        await rollUp()
        await expectCandlesOf(hours)
        const gaps = await client.query(`SELECT candles FROM historical.candle_gaps(1, '1d')`)
        expect(gaps.rows).toEqual([{ candles: '234' }])
      } finally {
        await client.query('RESET TimeZone')
      }
    })

    test('a tick of a transaction that commits after the roll-up has looked', async () => {
      // The first row of a chunk makes it, and others wait until it is there.
      const first = trade(day + minute, 1, 99)
      await ingest(client, [first])
      const slow = await db.connect()
      await slow.query('BEGIN')
      const late = trade(day, 2, 100)
      await ingest(slow, [late])
      const fast = trade(day + 1000, 3, 101)
      await ingest(client, [fast])
      await rollUp()
      await expectCandlesOf([first, fast])
      await slow.query('COMMIT')
      await slow.end()
      await rollUp()
      await expectCandlesOf([first, late, fast])
    })

    test('what is not noticed as new is not computed: a forged arrival', async () => {
      await rollUp()
      await client.query(`INSERT INTO historical.ticks VALUES (1, $1, 1, 5, 5, 3)`, [new Date(day)])
      await rollUp()
      expect(await storedCandles(client, '1m')).toEqual([])
      await client.query(`INSERT INTO historical.ticks VALUES (1, $1, 2, 6, 5)`, [new Date(day)])
      await rollUp()
      expect(await storedCandles(client, '1m')).toEqual([`1 ${day} 5 6 5 6 10 2`])
    })

    test('after a restore into another cluster, whose transactions have lower numbers', async () => {
      const ticks = [trade(day, 1, 100), trade(day + minute, 2, 90)]
      await ingest(client, ticks)
      await client.query(`UPDATE historical.ticks SET arrived = arrived + 1000000000`)
      await client.query(`UPDATE historical.roll_up_state SET cluster = 1, seen = '2000000000:2000000000:'`)
      await rollUp()
      await expectCandlesOf(ticks)
      const late = trade(day + 1, 3, 200)
      await ingest(client, [late])
      expect((await client.query('SELECT historical.note_arrivals() AS minutes')).rows).toEqual([{ minutes: '1' }])
      await rollUp()
      await expectCandlesOf([...ticks, late])
    })

    test('what has been computed stays when retention has taken its ticks', async () => {
      const ticks = [trade(day, 1, 100), trade(day + 30 * minute, 2, 90)]
      await ingest(client, ticks)
      await rollUp()
      try {
        const moment = new Date(day + 10 * minute)
        await client.query(`UPDATE pgfleet.retention SET deleted_before = $1 WHERE table_name = 'historical.ticks'`, [moment])
        await client.query('DELETE FROM historical.ticks WHERE traded_at < $1', [moment])
        // The first comes too late: its minute would be made of it alone. The others are as ever.
        await ingest(client, [trade(day + 1, 3, 7), trade(day + 30 * minute + 1, 4, 95), trade(day + 40 * minute, 5, 80)])
        await client.query(`SELECT historical.mark(1, '-infinity', 'infinity')`)
        await rollUp()
        expect(await storedCandles(client, '1m')).toEqual([
          `1 ${day} 100 100 100 100 1 1`,
          `1 ${day + 30 * minute} 90 95 90 95 2 2`,
          `1 ${day + 40 * minute} 80 80 80 80 1 1`,
        ])
        expect(await storedCandles(client, '1d')).toEqual([`1 ${day} 100 100 80 80 4 4`])
      } finally {
        await client.query(`UPDATE pgfleet.retention SET deleted_before = NULL`)
      }
    })

    test('several write while two roll up', async () => {
      const all: Tick[] = []
      let writing = true
      const write = async (writer: number) => {
        const own = await db.connect()
        for (let round = 0; round < 15; round++) {
          const at = day + Math.floor(Math.random() * 240) * minute
          const ticks = Array.from({ length: 20 }, (_, n) => ({
            ...trade(at + n * 5000, writer * 10_000 + round * 20 + n, 50 + ((round * n) % 30)),
            instrument: 1 + (n % 2),
          }))
          all.push(...ticks)
          await own.query('BEGIN')
          await (round % 2 ? ingest(own, ticks) : stageTicks(own, ticks))
          if (round % 3 === 0) await setTimeout(20)
          await own.query('COMMIT')
        }
        await own.end()
      }
      const roll = async () => {
        const own = await db.connect()
        while (writing) await own.query('CALL historical.roll_up(7)')
        await own.end()
      }
      const written = Promise.all([1, 2, 3, 4].map(write)).finally(() => {
        writing = false
      })
      await Promise.all([written, roll(), roll()])
      await rollUp()
      await expectCandlesOf(all)
    })

    test('ended in the middle, it goes on the next time', async () => {
      const ticks = Array.from({ length: 3000 }, (_, n) => trade(day + n * minute, n, 10 + (n % 50)))
      await ingest(client, ticks)
      const worker = await db.connect()
      const { pid } = (await worker.query('SELECT pg_backend_pid() AS pid')).rows[0]
      const ended = worker.query('CALL historical.roll_up(10)').then(
        () => 'done',
        () => 'ended',
      )
      const count = async () => (await storedCandles(client, '1m')).length
      while ((await count()) === 0) await setTimeout(1)
      await client.query(`RESET ROLE; SELECT pg_terminate_backend(${pid}); SET ROLE treum_market_data_owner`)
      expect(await ended).toBe('ended')
      await worker.end().catch(() => {})
      expect(await count()).toBeLessThan(3000)
      await rollUp()
      await expectCandlesOf(ticks)
    })
  })
})
