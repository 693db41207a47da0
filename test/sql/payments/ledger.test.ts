// The ledger refuses what is not right, whoever writes it, and finds what was done behind its back.
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { balance, type Customer, ledgerProblems, newCustomer, one } from './customers.ts'

let db: ServiceDatabase
let owner: pg.Client
let superuser: pg.Client
let a: Customer
let b: Customer
let dollars: Customer

beforeAll(async () => {
  db = await serviceDatabase('payments')
  owner = await db.connect('owner')
  superuser = await db.connect('superuser')
})
afterAll(async () => {
  await owner?.end()
  await superuser?.end()
  await db?.close()
})
beforeEach(async () => {
  a = await newCustomer(owner, { funds: 100 })
  b = await newCustomer(owner)
  dollars = await newCustomer(owner, { currency: 'USD', funds: 100 })
})

const header = (lines: number) =>
  one<string>(owner, `INSERT INTO payments.ledger_transactions (kind, lines) VALUES ('adjustment', $1) RETURNING id`, [lines])
const entries = (transaction: string, ...values: [line: number, account: string, amount: number][]) =>
  owner.query(
    `INSERT INTO payments.ledger_entries (transaction_id, line, account_id, amount) VALUES ${values.map((row) => `(${[transaction, ...row]})`).join()}`,
  )
/** In a transaction, which is gone afterwards when it fails. */
async function inTransaction(work: () => Promise<unknown>): Promise<void> {
  await owner.query('BEGIN')
  try {
    await work()
    await owner.query('COMMIT')
  } catch (error) {
    await owner.query('ROLLBACK')
    throw error
  }
}

const wrong: Record<string, () => Promise<unknown>> = {
  'one side only': async () => entries(await header(2), [1, a.wallet, -10]),
  'sides that differ': async () => entries(await header(2), [1, a.wallet, -10], [2, b.wallet, 9.99]),
  'sides that differ, one statement each': async () => {
    const id = await header(2)
    await entries(id, [1, a.wallet, -10])
    await entries(id, [2, b.wallet, 9.99])
  },
  'two currencies that only together add up': async () => entries(await header(2), [1, a.wallet, -10], [2, dollars.wallet, 10]),
  'no entries': async () => header(2),
  'fewer entries than announced': async () => entries(await header(3), [1, a.wallet, -10], [2, b.wallet, 10]),
  'more entries than announced': async () => entries(await header(2), [1, a.wallet, -10], [2, b.wallet, 5], [3, b.wallet, 5]),
  'another entry after a check that was asked for early': async () => {
    const id = await header(2)
    await entries(id, [1, a.wallet, -10], [2, b.wallet, 10])
    await owner.query('SET CONSTRAINTS ALL IMMEDIATE')
    await owner.query('SET CONSTRAINTS ALL DEFERRED')
    await entries(id, [3, b.wallet, 10])
  },
}

test.each(Object.entries(wrong))('%s: cannot be committed', async (_, work) => {
  await expect(inTransaction(work)).rejects.toMatchObject({ code: 'TR001' })
  expect(await balance(owner, a.wallet)).toBe('100.0000')
  expect(await ledgerProblems(owner)).toEqual([])
})

test('both sides one after the other can: only the end of the transaction counts', async () => {
  await inTransaction(async () => {
    const id = await header(2)
    await entries(id, [1, a.wallet, -10])
    await entries(id, [2, b.wallet, 10])
  })
  expect(await balance(owner, b.wallet)).toBe('10.0000')
  expect(await one(owner, 'SELECT count(*)::int FROM payments.balance_checks')).toBe(0)
})

test('nothing is added to a transaction that was committed, not even what balances', async () => {
  const id = await one<string>(owner, `SELECT payments.post('adjustment', ARRAY[$1, $2]::bigint[], '{-10,10}')`, [a.wallet, b.wallet])
  await expect(entries(id, [3, a.wallet, -5], [4, b.wallet, 5])).rejects.toMatchObject({ code: 'TR001' })
  await expect(entries(id, [1, a.wallet, -5], [2, b.wallet, 5])).rejects.toMatchObject({ code: '23505' })
  expect(await balance(owner, b.wallet)).toBe('10.0000')
})

test('several currencies in one transaction are fine when each adds up to zero', async () => {
  const other = await newCustomer(owner, { currency: 'USD' })
  await owner.query(`SELECT payments.post('adjustment', ARRAY[$1, $2, $3, $4]::bigint[], '{-10,10,-20,20}')`, [
    a.wallet,
    b.wallet,
    dollars.wallet,
    other.wallet,
  ])
  expect([await balance(owner, b.wallet), await balance(owner, other.wallet)]).toEqual(['10.0000', '20.0000'])
})

test.each([
  ['UPDATE payments.ledger_entries SET amount = amount * 2', 'TR002'],
  ['DELETE FROM payments.ledger_entries', 'TR002'],
  ['TRUNCATE payments.ledger_entries', 'TR002'],
  [`UPDATE payments.ledger_transactions SET description = 'other'`, 'TR002'],
  ['DELETE FROM payments.ledger_transactions', 'TR002'],
  ['TRUNCATE payments.ledger_transactions CASCADE', 'TR002'],
  ['UPDATE payments.account_balances SET balance = balance + 1', 'TR002'],
  ['DELETE FROM payments.account_balances', 'TR002'],
  [`UPDATE payments.ledger_accounts SET currency = 'CHF'`, 'TR002'],
  ['DELETE FROM payments.ledger_accounts', 'TR002'],
  ['INSERT INTO payments.account_balances (account_id) VALUES (1)', 'TR002'],
])('%s is refused, to the owner too', async (statement, code) => {
  await expect(owner.query(statement)).rejects.toMatchObject({ code })
})

test('a wallet does not go below zero, our own accounts do', async () => {
  const post = (amount: string) =>
    owner.query(`SELECT payments.post('adjustment', ARRAY[$1, $2]::bigint[], ARRAY[-$3::numeric, $3::numeric])`, [
      a.wallet,
      b.wallet,
      amount,
    ])
  await expect(post('100.01')).rejects.toMatchObject({ code: '23514', constraint: 'account_balances_minimum' })
  await post('100')
  expect(await balance(owner, a.wallet)).toBe('0.0000')
  expect(Number(await balance(owner, await one(owner, `SELECT payments.account(NULL, 'clearing', 'EUR')`)))).toBeLessThan(0)
})

test('a reversal takes everything back, once, and is not itself reversed', async () => {
  const id = await one<string>(owner, `SELECT payments.post('adjustment', ARRAY[$1, $2]::bigint[], '{-30,30}')`, [a.wallet, b.wallet])
  const back = await one<string>(owner, `SELECT payments.reverse_transaction($1, 'booked twice')`, [id])
  expect([await balance(owner, a.wallet), await balance(owner, b.wallet)]).toEqual(['100.0000', '0.0000'])
  const { rows } = await owner.query('SELECT line, account_id, amount FROM payments.ledger_entries WHERE transaction_id = $1 ORDER BY 1', [
    back,
  ])
  expect(rows).toEqual([
    { line: 1, account_id: a.wallet, amount: '30.0000' },
    { line: 2, account_id: b.wallet, amount: '-30.0000' },
  ])
  await expect(owner.query(`SELECT payments.reverse_transaction($1, 'again')`, [id])).rejects.toMatchObject({ code: '23505' })
  await expect(owner.query(`SELECT payments.reverse_transaction($1, 'back')`, [back])).rejects.toMatchObject({ code: '22023' })
  const chargeback = await one<string>(owner, `SELECT payments.post('chargeback', ARRAY[$1, $2]::bigint[], '{-3,3}')`, [a.wallet, b.wallet])
  await expect(owner.query(`SELECT payments.reverse_transaction($1, '')`, [chargeback])).rejects.toMatchObject({ code: '22023' })
  await expect(owner.query(`SELECT payments.reverse_transaction(-1, '')`)).rejects.toMatchObject({ code: 'P0002' })
})

test('an account is closed only when it is empty, and stays closed', async () => {
  const close = (account: string) =>
    owner.query('UPDATE payments.ledger_accounts SET closed_at = clock_timestamp() WHERE id = $1', [account])
  await expect(close(a.wallet)).rejects.toMatchObject({ code: 'TR003' })
  await close(b.wallet)
  await expect(
    owner.query(`SELECT payments.post('adjustment', ARRAY[$1, $2]::bigint[], '{-1,1}')`, [a.wallet, b.wallet]),
  ).rejects.toMatchObject({ code: 'TR003' })
})

test('an account that was closed meanwhile gets nothing, whatever the transaction has seen', async () => {
  const app = await db.connect('app')
  for (const isolation of ['REPEATABLE READ', 'SERIALIZABLE', 'READ COMMITTED']) {
    const to = await newCustomer(owner)
    await app.query(`BEGIN ISOLATION LEVEL ${isolation}; SELECT FROM payments.payments`)
    await owner.query('UPDATE payments.ledger_accounts SET closed_at = clock_timestamp() WHERE id = $1', [to.wallet])
    await expect(app.query(`SELECT payments.transfer($1, 'late', $2, $3, 10)`, [a.id, a.wallet, to.wallet])).rejects.toMatchObject({
      code: isolation === 'READ COMMITTED' ? 'TR003' : '40001',
    })
    await app.query('ROLLBACK')
    expect(await balance(owner, to.wallet)).toBe('0.0000')
  }
  await app.end()
})

test('the statement of an account comes page by page, the last entry first', async () => {
  for (const amount of ['1', '2', '3'])
    await owner.query(`SELECT payments.post('adjustment', ARRAY[$1, $2]::bigint[], ARRAY[-$3::numeric, $3::numeric], 'no ' || $3)`, [
      a.wallet,
      b.wallet,
      amount,
    ])
  const page = async (before?: string) =>
    (await owner.query(`SELECT * FROM payments.statement($1, coalesce($2::bigint, 9223372036854775807), 2)`, [b.wallet, before])).rows
  const first = await page()
  expect(first.map(({ amount, description }) => [amount, description])).toEqual([
    ['3.0000', 'no 3'],
    ['2.0000', 'no 2'],
  ])
  expect((await page(first[1].transaction_id)).map(({ amount }) => amount)).toEqual(['1.0000'])
})

test.each([
  ['unbalanced', `UPDATE payments.ledger_entries SET amount = amount + 1 WHERE transaction_id = $1 AND line = 1`, ['drift', 'unbalanced']],
  ['drift', `UPDATE payments.account_balances SET balance = balance + 1 WHERE account_id = $2`, ['drift']],
  ['incomplete', `DELETE FROM payments.ledger_entries WHERE transaction_id = $1`, ['drift', 'drift', 'incomplete']],
  [
    'reversal',
    `UPDATE payments.ledger_transactions SET kind = 'reversal', reverses = (SELECT min(id) FROM payments.ledger_transactions) WHERE id = $1`,
    ['reversal'],
  ],
])('what was done with triggers off is found: %s', async (_, tampering, found) => {
  const id = await one<string>(owner, `SELECT payments.post('adjustment', ARRAY[$1, $2]::bigint[], '{-7,7}')`, [a.wallet, b.wallet])
  await superuser.query('BEGIN; SET LOCAL session_replication_role = replica')
  try {
    await superuser.query(tampering.replace('$1', id).replace('$2', b.wallet))
    expect(await ledgerProblems(superuser)).toEqual(found)
    await expect(superuser.query('CALL payments.check_ledger()')).rejects.toMatchObject({ code: 'TR001' })
  } finally {
    await superuser.query('ROLLBACK')
  }
  await owner.query('CALL payments.check_ledger()')
})
