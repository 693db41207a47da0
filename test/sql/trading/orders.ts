// Short forms of what an application does with orders.
import { randomUUID } from 'node:crypto'
import type pg from 'pg'

export type Order = { readonly id: string; readonly status: string; readonly filled_quantity: string; readonly account_id: string }

/** Instrument 1 in USD, 2 in EUR, 3 not tradable. */
export async function makeInstruments(owner: pg.Client): Promise<void> {
  await owner.query(`
    INSERT INTO trading.instruments (id, symbol, currency, venue, tick_size, lot_size, tradable) VALUES
      (1, 'TR0001', 'USD', 'XNAS', 0.01, 1, true), (2, 'TR0002', 'EUR', 'XETR', 0.05, 10, true), (3, 'TR0003', 'USD', 'XNAS', 0.01, 1, false)`)
}

export const account = (): string => randomUUID()
let last = 0
export const name = (): string => `N${++last}`

/** Places an order of instrument 1, and acknowledges it. */
export async function placed(
  client: pg.Client,
  { account_id = account(), side = 'buy', quantity = '10', price = '100' as string | null, instrument = 1 } = {},
): Promise<Order> {
  const order = await one<Order>(client, 'SELECT * FROM trading.place_order($1, $2, $3, $4, $5, $6)', [
    account_id,
    name(),
    instrument,
    side,
    quantity,
    price,
  ])
  return one<Order>(client, 'SELECT * FROM trading.acknowledge_order($1)', [order.id])
}

/** Fills an order a second after it was placed. */
export const fill = (client: pg.Client, order: string, quantity: string, price: string, { execution = name(), fee = '0' } = {}) =>
  one(
    client,
    `SELECT * FROM trading.record_execution($1, $2, $3, $4, (SELECT placed_at + interval '1 second' FROM trading.orders WHERE id = $1), $5)`,
    [order, execution, quantity, price, fee],
  )

/** Buys or sells at once. */
export async function trade(
  client: pg.Client,
  account_id: string,
  side: 'buy' | 'sell',
  quantity: string,
  price: string,
  { fee = '0', instrument = 1 } = {},
) {
  const order = await placed(client, { account_id, side, quantity, price, instrument })
  return fill(client, order.id, quantity, price, { fee })
}

export async function one<Row extends pg.QueryResultRow>(
  client: pg.Client,
  query: string,
  parameters: readonly unknown[] = [],
): Promise<Row> {
  const { rows } = await client.query<Row>(query, [...parameters])
  return rows[0]!
}

/** The SQLSTATE of a refusal; what the query returned when it was not refused. */
export const refusal = (result: Promise<unknown>): Promise<unknown> =>
  result.then(
    (value) => ({ accepted: value }),
    (error: { code?: string }) => error.code ?? error,
  )
