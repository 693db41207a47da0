// Trades, the ways in which they come in, and the candles that they make, computed here from nothing but the trades.
import type pg from 'pg'
import { copyIn } from './copy-in.ts'

/** `at` in milliseconds of Unix time. Prices and sizes are whole numbers, so that sums are exact. */
export type Tick = {
  readonly instrument: number
  readonly at: number
  readonly sequence: number
  readonly price: number
  readonly size: number
}

const widths = { '1m': 60_000, '1h': 3_600_000, '1d': 86_400_000 } as const
export type Width = keyof typeof widths

const time = ({ at }: Tick): string => new Date(at).toISOString()

const columns = (ticks: readonly Tick[]): unknown[][] => [
  ticks.map(({ instrument }) => instrument),
  ticks.map(time),
  ticks.map(({ sequence }) => sequence),
  ticks.map(({ price }) => price),
  ticks.map(({ size }) => size),
]

/** Returns how many were new. */
export async function ingest(client: pg.Client, ticks: readonly Tick[]): Promise<number> {
  return Number((await client.query('SELECT historical.ingest_ticks($1, $2, $3, $4, $5) AS new', columns(ticks))).rows[0].new)
}

/** As somebody who may. */
export async function insertTicks(client: pg.Client, ticks: readonly Tick[]): Promise<void> {
  await client.query(
    `INSERT INTO historical.ticks (instrument_id, traded_at, sequence, price, size)
     SELECT * FROM unnest($1::integer[], $2::timestamptz[], $3::bigint[], $4::numeric[], $5::numeric[])`,
    columns(ticks),
  )
}

export function stageTicks(client: pg.Client, ticks: readonly Tick[]): Promise<void> {
  const lines = ticks.map((tick) => `${[tick.instrument, time(tick), tick.sequence, tick.price, tick.size].join('\t')}\n`)
  return copyIn(client, 'COPY historical.staged_ticks (instrument_id, traded_at, sequence, price, size) FROM STDIN', lines.join(''))
}

/** `instrument opened_at open high low close volume trades`, in the order of instrument and time. */
export function candlesOf(ticks: readonly Tick[], width: Width): string[] {
  const groups = new Map<string, Tick[]>()
  for (const tick of ticks) {
    const key = `${tick.instrument} ${Math.floor(tick.at / widths[width])}`
    groups.set(key, [...(groups.get(key) ?? []), tick])
  }
  const candles = [...groups.values()].map((group) => {
    const inOrder = group.toSorted((a, b) => a.at - b.at || a.sequence - b.sequence)
    const prices = inOrder.map(({ price }) => price)
    const opened = Math.floor(inOrder[0]!.at / widths[width]) * widths[width]
    const volume = inOrder.reduce((sum, { size }) => sum + size, 0)
    return [
      inOrder[0]!.instrument,
      opened,
      prices[0],
      Math.max(...prices),
      Math.min(...prices),
      prices.at(-1),
      volume,
      prices.length,
    ] as number[]
  })
  return candles.toSorted((a, b) => a[0]! - b[0]! || a[1]! - b[1]!).map((candle) => candle.join(' '))
}

/** What the database has, in the same form. */
export async function storedCandles(client: pg.Client, width: Width): Promise<string[]> {
  const { rows } = await client.query({
    text: `SELECT instrument_id, extract(epoch FROM opened_at)::bigint * 1000, trim_scale(open), trim_scale(high), trim_scale(low),
             trim_scale(close), trim_scale(volume), trades
           FROM historical.candles WHERE width = $1 ORDER BY instrument_id, opened_at`,
    values: [width],
    rowMode: 'array',
  })
  return rows.map((row) => row.join(' '))
}

export async function emptyAll(client: pg.Client): Promise<void> {
  await client.query(`SET lock_timeout = '20s'; TRUNCATE historical.ticks, historical.staged_ticks, historical.marks,
    historical.candles_1m, historical.candles_1h, historical.candles_1d`)
}
