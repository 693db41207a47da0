// Every step there is, at random, by ten clients over the same few customers, at all isolation levels, beside the jobs: whatever is refused,
// the books agree afterwards with the payments, the invoices and the credits.
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { type Customer, ledgerProblems, newCustomer, one } from './customers.ts'

let db: ServiceDatabase
let owner: pg.Client
const customers: Customer[] = []
const subscriptions: string[] = []
const payments: string[] = []

beforeAll(async () => {
  db = await serviceDatabase('payments')
  owner = await db.connect('owner')
  await owner.query(`INSERT INTO billing.plans (code, name, price, currency, months) VALUES
    ('basic', 'Basic', 10, 'EUR', 1), ('pro', 'Pro', 30, 'EUR', 1), ('pro-yearly', 'Pro, yearly', 300, 'EUR', 12)`)
  for (let n = 0; n < 6; n++) {
    const customer = await newCustomer(owner, { funds: 150 })
    customers.push(customer)
    subscriptions.push(await one<string>(owner, `SELECT billing.subscribe($1, 's', $2, '2026-04-01')`, [customer.id, plans[n % 3]]))
  }
})
afterAll(async () => {
  await owner?.end()
  await db?.close()
})

const plans = ['basic', 'pro', 'pro-yearly']
const levels = ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE']
const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!
const key = () => `key-${pick([...Array(200).keys()])}`

const steps: Record<string, (client: pg.Client) => Promise<unknown>> = {
  transfer: (client) => {
    const [from, to] = [pick(customers), pick(customers)]
    return client.query('SELECT payments.transfer($1, $2, $3, $4, 7)', [from.id, key(), from.wallet, to.wallet])
  },
  reverse: (client) =>
    client.query(
      `SELECT payments.reverse_transaction(id, '') FROM payments.ledger_transactions WHERE kind = 'transfer' ORDER BY random() LIMIT 1`,
    ),
  create: async (client) => {
    const { id, method } = pick(customers)
    payments.push(await one<string>(client, `SELECT payments.create_payment($1, 'pay-' || $2, $3, 20, 'EUR')`, [id, key(), method]))
  },
  authorize: (client) => {
    const payment = pick(payments)
    return client.query('SELECT payments.authorize_payment($1, $2)', [payment, `ref:${payment}`])
  },
  capture: (client) => client.query('SELECT payments.capture_payment($1)', [pick(payments)]),
  refund: (client) => client.query('SELECT payments.refund_payment($1, $2, $3)', [pick(payments), key(), pick([null, 3, 20])]),
  dispute: (client) => client.query('SELECT payments.dispute_payment($1)', [pick(payments)]),
  resolve: (client) => client.query('SELECT payments.resolve_dispute($1, $2)', [pick(payments), pick([true, false])]),
  change: (client) =>
    client.query('SELECT billing.change_plan(id, $2, period_start + 3) FROM billing.subscriptions WHERE id = $1', [
      pick(subscriptions),
      pick(plans),
    ]),
  settle: (client) =>
    client.query('SELECT billing.settle_invoice(id) FROM billing.invoices ORDER BY status = $1 DESC, random() LIMIT 1', ['open']),
  void: (client) => client.query('SELECT billing.void_invoice(id) FROM (SELECT id FROM billing.invoices ORDER BY random() LIMIT 1) AS one'),
}
/** What a request may meet: no such thing, no money, not now, no sense, sent before, and another transaction in the way. */
const refusals = ['P0002', '23514', '23505', 'TR005', '22023', 'TR004', '40001']

test('all at once', async () => {
  const clients = await Promise.all(Array.from({ length: 10 }, () => db.connect('app')))
  const done = new Set<string>()
  const unexpected: unknown[] = []
  let busy = true
  const work = clients.map(async (client) => {
    for (let turn = 0; turn < 200; turn++) {
      const [name, step] = pick(Object.entries(steps))
      await client.query(`BEGIN ISOLATION LEVEL ${pick(levels)}`)
      try {
        await step(client)
        await client.query('COMMIT')
        done.add(name)
      } catch (error) {
        if (!refusals.includes((error as { code: string }).code)) unexpected.push([name, (error as Error).message])
        await client.query('ROLLBACK')
      }
    }
  })
  const jobs = async () => {
    for (let hour = 0; busy; hour++) {
      await owner.query(`CALL billing.run_dunning(now() + interval '13 days' + interval '${hour} hours')`)
      await owner.query(`CALL billing.renew_subscriptions(date '2026-04-01' + ${hour})`)
    }
  }
  await Promise.all([Promise.all(work).finally(() => (busy = false)), jobs()])
  await Promise.all(clients.map((client) => client.end()))

  expect(unexpected).toEqual([])
  expect([...done].sort()).toEqual(Object.keys(steps).sort())
  expect(await ledgerProblems(owner)).toEqual([])
  const wrong = await owner.query(`
    SELECT 'payment', paid.id::text FROM payments.payments AS paid
    WHERE (CASE WHEN captured_at IS NULL THEN 0 ELSE amount END, refunded_amount) <> (
      SELECT coalesce(sum(entry.amount) FILTER (WHERE header.kind = 'payment'), 0),
        coalesce(sum(entry.amount) FILTER (WHERE header.kind IN ('refund', 'chargeback')), 0)
      FROM payments.ledger_transactions AS header JOIN payments.ledger_entries AS entry ON entry.transaction_id = header.id AND entry.amount > 0
      WHERE header.payment_id = paid.id)
    UNION ALL
    SELECT 'invoice', coalesce(invoice.number, header.id)::text FROM billing.invoices AS invoice
    FULL JOIN (SELECT * FROM payments.ledger_transactions WHERE kind = 'invoice') AS header ON header.id = invoice.transaction_id
    WHERE CASE invoice.status WHEN 'paid' THEN invoice.total ELSE 0 END IS DISTINCT FROM (
      SELECT coalesce(sum(amount), 0) FROM payments.ledger_entries AS entry WHERE entry.transaction_id = header.id AND amount > 0)
    UNION ALL
    SELECT 'credit', subscribed.id::text FROM billing.subscriptions AS subscribed
    WHERE credit <> (
      SELECT coalesce(sum(line.amount), 0) FROM billing.invoices AS invoice JOIN billing.invoice_lines AS line ON line.invoice_id = invoice.id
      WHERE invoice.subscription_id = subscribed.id AND invoice.status <> 'void' AND line.kind IN ('credit_carried', 'credit_applied'))
    UNION ALL
    SELECT 'key', key FROM payments.idempotency_keys WHERE answer IS NULL`)
  expect(wrong.rows).toEqual([])
  expect(await one(owner, 'SELECT sum(balance)::int FROM payments.account_balances')).toBe(0)
  expect(await one(owner, 'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()')).toBe(0)
})
