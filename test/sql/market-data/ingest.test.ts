// How quotes and trades come in, as the application.
import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { emptyAll, ingest, insertTicks, stageTicks, type Tick } from './ticks.ts'

let db: ServiceDatabase
let app: pg.Client
let owner: pg.Client
beforeAll(async () => {
  db = await serviceDatabase('market-data')
  app = await db.connect('app')
  owner = await db.connect('owner')
  await app.query(
    `INSERT INTO market.instruments (id, symbol, name, currency) SELECT n, 'S' || n, '', 'EUR' FROM generate_series(1, 5) AS n`,
  )
})
afterAll(async () => {
  await app?.end()
  await owner?.end()
  await db?.close()
})
const refusal = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'none',
    (error) => error.code,
  )

describe('quotes', () => {
  type Quote = { readonly instrument: number; readonly second: number; readonly sequence: number; readonly bid: number }
  const at = (second: number) => new Date(Date.UTC(2026, 0, 5, 0, 0, second))
  beforeEach(() => owner.query('DELETE FROM realtime.quotes'))

  async function upsert(client: pg.Client, quotes: readonly Quote[]): Promise<number> {
    const columns = [
      quotes.map(({ instrument }) => instrument),
      quotes.map(({ bid }) => bid),
      quotes.map(() => 1),
      quotes.map(({ bid }) => bid + 1),
      quotes.map(() => 1),
      quotes.map(({ second }) => at(second)),
      quotes.map(({ sequence }) => sequence),
    ]
    return Number((await client.query('SELECT realtime.upsert_quotes($1, $2, $3, $4, $5, $6, $7) AS changed', columns)).rows[0].changed)
  }
  const stored = async () => (await app.query('SELECT instrument_id, sequence::int, bid::float FROM realtime.quotes ORDER BY 1')).rows

  const quotes = fc
    .array(
      fc.record({
        instrument: fc.integer({ min: 1, max: 5 }),
        second: fc.integer({ min: 0, max: 9 }),
        bid: fc.integer({ min: 1, max: 99 }),
      }),
      { maxLength: 40 },
    )
    .map((list) => list.map((quote, n) => ({ ...quote, sequence: n })))
  const latest = (all: readonly Quote[]) =>
    [1, 2, 3, 4, 5].flatMap((instrument) => {
      const [last] = all
        .filter((quote) => quote.instrument === instrument)
        .toSorted((a, b) => b.second - a.second || b.sequence - a.sequence)
      return last ? [{ instrument_id: instrument, sequence: last.sequence, bid: last.bid }] : []
    })

  test('in any order and in any batches: the latest stays', async () => {
    await fc.assert(
      fc.asyncProperty(quotes, fc.integer({ min: 1, max: 10 }), async (all, size) => {
        await owner.query('DELETE FROM realtime.quotes')
        const mixed = all.toSorted((a, b) => ((a.sequence * 7919) % 41) - ((b.sequence * 7919) % 41))
        for (let n = 0; n < mixed.length; n += size) await upsert(app, mixed.slice(n, n + size))
        expect(await stored()).toEqual(latest(all))
      }),
      { numRuns: 40 },
    )
  })

  test('from several clients at once, in opposite orders', async () => {
    const all = Array.from({ length: 600 }, (_, n) => ({ instrument: 1 + (n % 5), second: (n * 37) % 60, sequence: n, bid: 1 + (n % 90) }))
    await Promise.all(
      [0, 1, 2, 3].map(async (writer) => {
        const client = await db.connect('app')
        const own = all.filter(({ sequence }) => sequence % 4 === writer)
        if (writer % 2) own.reverse()
        for (let n = 0; n < own.length; n += 10) await upsert(client, own.slice(n, n + 10))
        await client.end()
      }),
    )
    expect(await stored()).toEqual(latest(all))
  })

  test('counts what has changed', async () => {
    const quote = { instrument: 1, second: 5, sequence: 5, bid: 10 }
    expect(await upsert(app, [quote, { ...quote, instrument: 2 }])).toBe(2)
    expect(await upsert(app, [quote, { ...quote, second: 4, bid: 9 }, { ...quote, sequence: 4 }])).toBe(0)
    expect(
      await upsert(app, [
        { ...quote, sequence: 6 },
        { ...quote, instrument: 2 },
      ]),
    ).toBe(1)
  })

  test('refuses to go back in time, arrays of different lengths, prices of nothing, unknown instruments', async () => {
    await upsert(app, [{ instrument: 1, second: 5, sequence: 5, bid: 10 }])
    expect(await refusal(app.query('UPDATE realtime.quotes SET quoted_at = $1', [at(4)]))).toBe('22000')
    expect(await refusal(app.query('UPDATE realtime.quotes SET sequence = 4'))).toBe('22000')
    expect(await refusal(app.query('UPDATE realtime.quotes SET bid = 11'))).toBe('none')
    expect(await refusal(app.query(`SELECT realtime.upsert_quotes('{1,2}', '{1}', '{1}', '{1}', '{1}', '{now}', '{1}')`))).toBe('2202E')
    expect(await refusal(upsert(app, [{ instrument: 1, second: 6, sequence: 6, bid: 0 }]))).toBe('23514')
    expect(await refusal(upsert(app, [{ instrument: 9, second: 6, sequence: 6, bid: 1 }]))).toBe('23503')
  })

  test.each([
    ['no number', '{NaN}', 'now', '23514'],
    ['no end', '{Infinity}', 'now', '22003'],
    ['a moment that never comes, after which no other would', '{1}', 'infinity', '23514'],
    ['tomorrow', '{1}', 'tomorrow', '23514'],
  ])('refuses what would stay for ever: %s', async (_, price, moment, code) => {
    const quote = `SELECT realtime.upsert_quotes('{1}', $1, '{1}', $1, '{1}', $2, '{1}')`
    expect(await refusal(app.query(quote, [price, `{${moment}}`]))).toBe(code)
    expect(await refusal(app.query(quote, ['{1}', '{now}']))).toBe('none')
  })

  test('stale ones are removed', async () => {
    await upsert(app, [{ instrument: 1, second: 5, sequence: 5, bid: 10 }])
    await owner.query(
      `UPDATE realtime.quotes SET quoted_at = now(); INSERT INTO realtime.quotes VALUES (2, 1, 1, 2, 1, now() - interval '2 days', 1)`,
    )
    await owner.query('CALL realtime.remove_stale_quotes()')
    expect((await stored()).map((quote) => quote.instrument_id)).toEqual([1])
  })
})

describe('trades', () => {
  const trade = (sequence: number, instrument = 1): Tick => ({ instrument, at: Date.UTC(2026, 0, 5), sequence, price: 10, size: 2 })
  const count = async (table: string) => (await owner.query(`SELECT count(*)::int AS n FROM historical.${table}`)).rows[0].n
  beforeEach(() => emptyAll(owner))

  test('repeated ones are passed over, in one batch, too', async () => {
    expect(await ingest(app, [trade(1), trade(2)])).toBe(2)
    expect(await ingest(app, [trade(2), trade(3), trade(3)])).toBe(1)
    expect(await count('ticks')).toBe(3)
  })

  test('staged by COPY and moved in one transaction; those of unknown instruments wait', async () => {
    await app.query('BEGIN')
    await stageTicks(app, [trade(1), trade(1), trade(2), trade(1, 77)])
    expect((await app.query('SELECT historical.move_staged_ticks() AS taken')).rows).toEqual([{ taken: '3' }])
    await app.query('COMMIT')
    expect([await count('ticks'), await count('staged_ticks')]).toEqual([2, 1])
    await app.query(`INSERT INTO market.instruments (id, symbol, name, currency) VALUES (77, 'S77', '', 'EUR')`)
    await owner.query('CALL historical.roll_up()')
    expect([await count('ticks'), await count('staged_ticks')]).toEqual([3, 0])
  })

  test('several move at once: each row once', async () => {
    await stageTicks(
      app,
      Array.from({ length: 5000 }, (_, n) => trade(n, 1 + (n % 5))),
    )
    const taken = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        const client = await db.connect('app')
        let sum = 0
        for (let last = -1; last !== 0; sum += last)
          last = Number((await client.query('SELECT historical.move_staged_ticks(100) AS n')).rows[0].n)
        await client.end()
        return sum
      }),
    )
    expect(taken.reduce((sum, n) => sum + n)).toBe(5000)
    expect([await count('ticks'), await count('staged_ticks')]).toEqual([5000, 0])
  })

  test('refuses unknown instruments, arrays of different lengths, prices of nothing; then nothing is stored', async () => {
    expect(await refusal(ingest(app, [trade(1), trade(2, 99)]))).toBe('23503')
    expect(await refusal(app.query(`SELECT historical.ingest_ticks('{1}', '{now}', '{1,2}', '{1}', '{1}')`))).toBe('2202E')
    expect(await refusal(ingest(app, [{ ...trade(1), price: 0 }]))).toBe('23514')
    expect(await refusal(ingest(app, [{ ...trade(1), size: -1 }]))).toBe('23514')
    expect(await count('ticks')).toBe(0)
  })

  // Any of these would end each roll-up from then on.
  test.each([
    ['a price that is no number', '2026-01-05', 'NaN', '1', '23514'],
    ['a size that is no number', '2026-01-05', '1', 'NaN', '23514'],
    ['a price without end', '2026-01-05', 'Infinity', '1', '22003'],
    ['a size of which two are more than a volume holds', '2026-01-05', '1', '90000000000000000000', '22003'],
    ['a minute that has no end', '294276-12-31 23:59:30+00', '1', '1', '23514'],
    ['a moment that never comes', 'infinity', '1', '1', '23514'],
    ['one that never was', '-infinity', '1', '1', '23514'],
  ])('refuses %s, in both ways in', async (_, at, price, size, code) => {
    const row = [`{${at}}`, `{${price}}`, `{${size}}`]
    expect(await refusal(app.query(`SELECT historical.ingest_ticks('{1}', $1, '{1}', $2, $3)`, row))).toBe(code)
    expect(await refusal(app.query(`INSERT INTO historical.staged_ticks VALUES (1, $1, 1, $2, $3)`, [at, price, size]))).toBe(code)
  })

  test('two bring the same ones in opposite orders: no deadlock, each once', async () => {
    const trades = Array.from({ length: 20_000 }, (_, n) => trade(n))
    const clients = [await db.connect('app'), await db.connect('app')]
    const added = await Promise.all([ingest(clients[0]!, trades), ingest(clients[1]!, trades.toReversed())])
    expect(added[0]! + added[1]!).toBe(20_000)
    for (const client of clients) await client.end()
  })

  test('a cancelled one goes, once', async () => {
    await ingest(app, [trade(1)])
    const cancel = async () => (await app.query(`SELECT historical.cancel_trade(1, '2026-01-05 00:00:00+00', 1) AS gone`)).rows[0].gone
    expect([await cancel(), await cancel()]).toEqual([true, false])
  })

  test('the application writes neither ticks nor candles but by the functions', async () => {
    expect(await refusal(insertTicks(app, [trade(1)]))).toBe('42501')
    expect(await refusal(app.query('COPY historical.ticks FROM STDIN'))).toBe('42501')
    expect(await refusal(app.query('DELETE FROM historical.ticks'))).toBe('42501')
    expect(await refusal(app.query('DELETE FROM historical.staged_ticks'))).toBe('42501')
    expect(await refusal(app.query('UPDATE historical.candles_1d SET close = 1'))).toBe('42501')
    expect(await refusal(app.query('CALL historical.roll_up()'))).toBe('42501')
    expect(await refusal(app.query('DELETE FROM market.instruments'))).toBe('42501')
  })

  test('analytics reads candles, not what is in between', async () => {
    const analytics = await db.connect('analytics')
    expect(await refusal(analytics.query('SELECT * FROM historical.candles, historical.ticks, realtime.quotes, market.instruments'))).toBe(
      'none',
    )
    expect(await refusal(analytics.query('SELECT * FROM historical.staged_ticks'))).toBe('42501')
    expect(await refusal(analytics.query('SELECT * FROM historical.marks'))).toBe('42501')
    await analytics.end()
  })
})

describe('gaps', () => {
  beforeEach(() => emptyAll(owner))
  const day = Date.UTC(2026, 0, 5)
  const minutes = (...of: number[]) => of.map((n, sequence) => ({ instrument: 1, at: day + n * 60_000, sequence, price: 1, size: 1 }))
  const at = (n: number) => new Date(day + n * 60_000)

  test('of candles', async () => {
    await ingest(app, minutes(0, 1, 3, 10, 11, 200))
    await owner.query('CALL historical.roll_up()')
    const gaps = async (call: string) => (await app.query({ text: `SELECT * FROM historical.candle_gaps(${call})`, rowMode: 'array' })).rows
    expect(await gaps(`1, '1m'`)).toEqual([
      [at(2), at(3), '1'],
      [at(4), at(10), '6'],
      [at(12), at(200), '188'],
    ])
    expect(await gaps(`1, '1m', at_least => 7`)).toEqual([[at(12), at(200), '188']])
    expect(await gaps(`1, '1h'`)).toEqual([[at(60), at(180), '2']])
    expect(await gaps(`1, '1d'`)).toEqual([])
    expect(await gaps(`2, '1m'`)).toEqual([])
  })

  test('of the numbers of the feed', async () => {
    await ingest(
      app,
      minutes(0, 1, 2, 3, 4, 5, 6, 7).filter(({ sequence }) => ![2, 4, 5].includes(sequence)),
    )
    const gaps = await app.query({ text: 'SELECT * FROM historical.sequence_gaps(1)', rowMode: 'array' })
    expect(gaps.rows).toEqual([
      ['2', '2', at(1), at(3)],
      ['4', '5', at(3), at(6)],
    ])
  })
})
