// Customers to test with: each has a wallet and a card.
import { randomUUID } from 'node:crypto'
import type pg from 'pg'

export type Customer = { readonly id: string; readonly wallet: string; readonly method: string }

// Without digits, so that no token is taken for a card number.
const letters = (text: string): string => text.replaceAll('-', '').replace(/[0-9]/g, (digit) => 'ghijklmnop'[Number(digit)]!)

/** A customer whose wallet holds so much. The client is the owner's. */
export async function newCustomer(owner: pg.Client, { currency = 'EUR', funds = 0, last = '1111' } = {}): Promise<Customer> {
  const id = randomUUID()
  const wallet = await one<string>(owner, `SELECT payments.account($1, 'wallet', $2)`, [id, currency])
  if (funds > 0)
    await owner.query(
      `SELECT payments.post('adjustment', ARRAY[payments.account(NULL, 'clearing', $1), $2::bigint], ARRAY[-$3::numeric, $3::numeric])`,
      [currency, wallet, funds],
    )
  const method = await one<string>(
    owner,
    `INSERT INTO payments.payment_methods (customer_id, token, brand, last_four, expires_on)
     VALUES ($1, $2, 'visa', $3, '2099-12-31') RETURNING id`,
    [id, `tok_${letters(id)}`, last],
  )
  return { id, wallet, method }
}

/** The only column of the only row. */
export async function one<T = unknown>(client: pg.Client, query: string, parameters: readonly unknown[] = []): Promise<T> {
  const { rows } = await client.query({ text: query, values: [...parameters], rowMode: 'array' })
  return rows[0]?.[0] as T
}

export const balance = (client: pg.Client, account: string): Promise<string> =>
  one<string>(client, 'SELECT balance FROM payments.account_balances WHERE account_id = $1', [account])

/** What verify_ledger() finds. */
export const ledgerProblems = async (client: pg.Client): Promise<string[]> =>
  (await client.query('SELECT problem FROM payments.verify_ledger() ORDER BY 1')).rows.map(({ problem }) => problem)
