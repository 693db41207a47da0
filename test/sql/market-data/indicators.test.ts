// Indicators against those of the npm package trading-signals, on random series and at the edges.
import fc from 'fast-check'
import type pg from 'pg'
import { ATR, BollingerBands, EMA, MACD, RSI, SMA, VWAP } from 'trading-signals'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'

type Candle = { readonly high: number; readonly low: number; readonly open: number; readonly close: number; readonly volume: number }
/** One row for each candle that has a value: its number, and the values. */
type Rows = number[][]

let db: ServiceDatabase
let client: pg.Client
beforeAll(async () => {
  db = await serviceDatabase('market-data')
  client = await db.connect('owner')
})
afterAll(async () => {
  await client?.end()
  await db?.close()
})

/** `gap`: minutes between candles; an indicator knows no time. */
async function store(candles: readonly Candle[], gap = 1): Promise<void> {
  await client.query('TRUNCATE historical.candles_1m')
  await client.query(
    `INSERT INTO historical.candles_1m
     SELECT 1, '2026-01-05 00:00:00+00'::timestamptz + (n - 1) * $6 * interval '1 minute', open, high, low, close, volume, 1
     FROM unnest($1::numeric[], $2::numeric[], $3::numeric[], $4::numeric[], $5::numeric[]) WITH ORDINALITY
       AS candle (open, high, low, close, volume, n)`,
    [
      candles.map((c) => c.open),
      candles.map((c) => c.high),
      candles.map((c) => c.low),
      candles.map((c) => c.close),
      candles.map((c) => c.volume),
      gap,
    ],
  )
}

async function ours(call: string, gap = 1): Promise<Rows> {
  const { rows } = await client.query({ text: `SELECT * FROM historical.${call}`, rowMode: 'array' })
  return rows.map(([at, ...values]) => [(at.getTime() - Date.UTC(2026, 0, 5)) / 60_000 / gap, ...values])
}

type Theirs = { add(input: never): unknown; readonly isStable: boolean }
/** A value counts from where the indicator calls itself stable. */
function theirs(indicator: Theirs, inputs: readonly unknown[], values: (result: never) => number[]): Rows {
  return inputs.flatMap((input, n) => {
    const result = indicator.add(input as never)
    return indicator.isStable && result !== null ? [[n, ...values(result as never)]] : []
  })
}

function expectClose(actual: Rows, expected: Rows, what: string): void {
  expect(
    actual.map(([n]) => n),
    what,
  ).toEqual(expected.map(([n]) => n))
  for (const [row, values] of expected.entries()) {
    for (const [column, value] of values.entries()) {
      const found = actual[row]![column]!
      if (!(Math.abs(found - value) <= 1e-9 * Math.max(1, Math.abs(value)) + slack(what))) {
        expect.fail(`${what}: row ${row}, column ${column} is ${found}, not ${value}`)
      }
    }
  }
}
/** The deviation that they compute by floating point is that of its rounding errors where the price hardly moves: its root is taken. */
const slack = (what: string) => (what.startsWith('bollinger') ? 1e-6 : 1e-8)

async function expectAllEqual(candles: readonly Candle[], period: number, gap = 1): Promise<void> {
  await store(candles, gap)
  const closes = candles.map(({ close }) => close)
  const one = (value: number) => [value]
  expectClose(await ours(`sma(1, '1m', ${period})`, gap), theirs(new SMA(period), closes, one), 'sma')
  expectClose(await ours(`ema(1, '1m', ${period})`, gap), theirs(new EMA(period), closes, one), 'ema')
  expectClose(await ours(`rsi(1, '1m', ${period})`, gap), theirs(new RSI(period), closes, one), 'rsi')
  expectClose(await ours(`atr(1, '1m', ${period})`, gap), theirs(new ATR(period), candles, one), 'atr')
  expectClose(await ours(`vwap(1, '1m')`, gap), theirs(new VWAP(), candles, one), 'vwap')
  expectClose(
    await ours(`bollinger_bands(1, '1m', ${period}, 2.5)`, gap),
    theirs(new BollingerBands(period, 2.5), closes, ({ lower, middle, upper }: Record<string, number>) => [lower!, middle!, upper!]),
    'bollinger bands',
  )
  const [slow, signal] = [period + 3, Math.ceil(period / 2)]
  expectClose(
    await ours(`macd(1, '1m', ${period}, ${slow}, ${signal})`, gap),
    theirs(
      new MACD(new EMA(period), new EMA(slow), new EMA(signal)),
      closes,
      ({ macd, signal: line, histogram }: Record<string, number>) => [macd!, line!, histogram!],
    ),
    'macd',
  )
}

const cents = (low: number, high: number) => fc.integer({ min: low, max: high }).map((n) => n / 100)
const candle = fc
  .record({
    open: cents(100, 20_000),
    close: cents(100, 20_000),
    above: cents(0, 500),
    below: cents(0, 99),
    volume: fc.integer({ min: 1, max: 100_000 }),
  })
  .map(({ open, close, above, below, volume }) => ({
    open,
    close,
    high: Number((Math.max(open, close) + above).toFixed(2)),
    low: Number((Math.min(open, close) - below).toFixed(2)),
    volume,
  }))
const flat = (price: number): Candle => ({ open: price, high: price, low: price, close: price, volume: 1 })

// Not of period 1: their RSI keeps as many prices as its period, and never sees a change then.
test('random series', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(candle, { maxLength: 120 }),
      fc.integer({ min: 2, max: 30 }),
      fc.integer({ min: 1, max: 400 }),
      (candles, period, gap) => expectAllEqual(candles, period, gap),
    ),
    { numRuns: 60 },
  )
})

test('a long series, in which the last values have forgotten the first', async () => {
  await expectAllEqual(
    Array.from({ length: 5000 }, (_, n) => flat(Math.round(10_000 + 3000 * Math.sin(n / 50) + 500 * Math.sin(n * n)) / 100)),
    14,
  )
})

test.each([
  ['none', []],
  ['one', [flat(5)]],
  ['one less than the period', Array.from({ length: 13 }, (_, n) => flat(n + 1))],
  ['as many as the period', Array.from({ length: 14 }, (_, n) => flat(n + 1))],
  ['one more than the period', Array.from({ length: 15 }, (_, n) => flat(n + 1))],
  ['constant', Array.from({ length: 60 }, () => flat(12.34))],
  ['rising', Array.from({ length: 60 }, (_, n) => flat(1 + n / 4))],
  ['falling', Array.from({ length: 60 }, (_, n) => flat(100 - n / 4))],
  ['up and down', Array.from({ length: 60 }, (_, n) => flat(n % 2 ? 1 : 1000))],
] as [string, Candle[]][])('%s', async (_, candles) => expectAllEqual(candles, 14))

test('worked by hand', async () => {
  await store([10, 12, 11, 15].map(flat))
  const values = async (call: string) => (await ours(call)).map(([, ...row]) => row)
  expect(await values(`sma(1, '1m', 2)`)).toEqual([[11], [11.5], [13]])
  // Weighs 2/4: 10, 11, 11, 13.
  expect(await values(`ema(1, '1m', 3)`)).toEqual([[11], [13]])
  // Gains 2 0 4, losses 0 1 0. First 1 and 0.5: 66.67; then (1 + 4) / 2 and 0.5 / 2: 2.5 / 0.25 = 10, 100 - 100 / 11.
  expect((await values(`rsi(1, '1m', 2)`)).map(([value]) => value!.toFixed(6))).toEqual(['66.666667', '90.909091'])
  expect(await values(`bollinger_bands(1, '1m', 2, 2)`)).toEqual([
    [9, 11, 13],
    [10.5, 11.5, 12.5],
    [9, 13, 17],
  ])
  // Ranges 0 2 1 4.
  expect(await values(`atr(1, '1m', 2)`)).toEqual([[1], [1], [2.5]])
  expect(await values(`vwap(1, '1m')`)).toEqual([[10], [11], [11], [12]])
})

test.each([
  // Neither gains nor losses are left: 100, as where nothing ever moved.
  ['a price that moved once, long ago', (n: number) => (n < 3 ? 10 + (n % 2) : 10), 100, 0],
  ['a price that fell once, long ago', (n: number) => (n === 1 ? 9 : 10 + n * 0.01), 100, 0.01],
  ['a price that rose once, long ago', (n: number) => (n === 1 ? 201 : 200 - n * 0.01), 0, 0.01],
])('%s', async (_, price, rsi, range) => {
  await store(Array.from({ length: 12_000 }, (_, n) => flat(price(n))))
  for (const period of [2, 3, 14]) {
    const last = async (call: string) => (await ours(call)).at(-1)!
    expect(await last(`rsi(1, '1m', ${period})`)).toEqual([11_999, rsi])
    expect((await last(`atr(1, '1m', ${period})`))[1]).toBeCloseTo(range, 9)
    expect((await last(`macd(1, '1m', 3, 10, ${period})`)).slice(1).every(Number.isFinite)).toBe(true)
  }
})

test('the series is that of the time asked for', async () => {
  await store([10, 12, 11, 15].map(flat))
  expect(await ours(`ema(1, '1m', 2, '2026-01-05 00:01:00+00', '2026-01-05 00:03:00+00')`)).toEqual([[2, 12 / 3 + (11 * 2) / 3]])
  expect(await ours(`sma(1, '1h', 1)`)).toEqual([])
  expect(await ours(`sma(2, '1m', 1)`)).toEqual([])
})

test('a period or a width that there is not', async () => {
  const code = (call: string) =>
    ours(call).then(
      () => 'none',
      (error) => error.code,
    )
  expect(await code(`sma(1, '1m', 0)`)).toBe('23514')
  expect(await code(`rsi(1, '1m', -1)`)).toBe('23514')
  expect(await code(`ema(1, '5m', 10)`)).toBe('22P02')
})

test('a hundred thousand candles take less than two seconds', async () => {
  await store(Array.from({ length: 100_000 }, (_, n) => flat(Math.round(10_000 + 3000 * Math.sin(n / 50)) / 100)))
  for (const call of [
    `sma(1, '1m', 200)`,
    `ema(1, '1m', 20)`,
    `rsi(1, '1m')`,
    `macd(1, '1m')`,
    `bollinger_bands(1, '1m')`,
    `atr(1, '1m')`,
    `vwap(1, '1m')`,
  ]) {
    const begun = performance.now()
    await client.query(`SELECT count(*) FROM historical.${call}`)
    expect(performance.now() - begun, call).toBeLessThan(2000)
  }
})
