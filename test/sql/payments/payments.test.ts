// Payments: no sequence of calls reaches a state that the rules do not allow, and the ledger says the same as the states.
import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { balance, type Customer, ledgerProblems, newCustomer, one } from './customers.ts'

let db: ServiceDatabase
let owner: pg.Client
let app: pg.Client

beforeAll(async () => {
  db = await serviceDatabase('payments')
  owner = await db.connect('owner')
  app = await db.connect('app')
})
afterAll(async () => {
  await owner?.end()
  await app?.end()
  await db?.close()
})

let keys = 0
const create = (customer: Customer, amount: number | string = 100, key = `key-${keys++}`) =>
  one<string>(app, `SELECT payments.create_payment($1, $2, $3, $4, 'EUR')`, [customer.id, key, customer.method, amount])
const row = async (payment: string) => (await owner.query('SELECT * FROM payments.payments WHERE id = $1', [payment])).rows[0]

const calls = {
  authorize: (payment: string) => app.query('SELECT payments.authorize_payment($1, $2)', [payment, `ref:${payment}`]),
  capture: (payment: string) => app.query('SELECT payments.capture_payment($1)', [payment]),
  fail: (payment: string) => app.query(`SELECT payments.fail_payment($1, 'declined')`, [payment]),
  cancel: (payment: string) => app.query('SELECT payments.cancel_payment($1)', [payment]),
  'refund 40': (payment: string) => app.query('SELECT payments.refund_payment($1, $2, 40)', [payment, `key-${keys++}`]),
  'refund all': (payment: string) => app.query('SELECT payments.refund_payment($1, $2)', [payment, `key-${keys++}`]),
  dispute: (payment: string) => app.query('SELECT payments.dispute_payment($1)', [payment]),
  win: (payment: string) => app.query('SELECT payments.resolve_dispute($1, true)', [payment]),
  lose: (payment: string) => app.query('SELECT payments.resolve_dispute($1, false)', [payment]),
}
type Call = keyof typeof calls

/** What a payment of 100 may do; what is not listed is refused. */
const legal: Record<string, Partial<Record<Call, string>>> = {
  pending: { authorize: 'authorized', fail: 'failed', cancel: 'canceled' },
  authorized: { capture: 'captured', fail: 'failed', cancel: 'canceled' },
  captured: { 'refund 40': 'captured', 'refund all': 'refunded', dispute: 'disputed' },
  disputed: { win: 'captured', lose: 'refunded' },
  refunded: {},
  failed: {},
  canceled: {},
}

test('no sequence of calls reaches an illegal state; wallet, clearing and chargebacks agree with it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...(Object.keys(calls) as Call[])), { minLength: 1, maxLength: 12 }), async (sequence) => {
      const customer = await newCustomer(owner)
      const payment = await create(customer)
      let status = 'pending'
      let refunded = 0
      let lost = 0
      for (const call of sequence) {
        const next = call === 'refund 40' && refunded > 60 ? undefined : legal[status]![call]
        const code = await calls[call](payment).then(
          () => undefined,
          (error: { code: string }) => error.code,
        )
        if (next === undefined) expect([status, call, code]).toEqual([status, call, expect.stringMatching(/^(TR005|22023)$/)])
        else {
          expect([status, call, code]).toEqual([status, call, undefined])
          if (call === 'refund 40') refunded += 40
          if (call === 'refund all') refunded = 100
          if (call === 'lose') [lost, refunded] = [100 - refunded, 100]
          status = next
        }
        expect(await row(payment)).toMatchObject({ status, refunded_amount: `${refunded}.0000` })
      }
      const captured = ['captured', 'refunded', 'disputed'].includes(status)
      expect(Number(await balance(owner, customer.wallet))).toBe(captured ? 100 - refunded + lost : 0)
    }),
    { numRuns: 60 },
  )
  expect(await ledgerProblems(owner)).toEqual([])
}, 60_000)

test('the ways that are legal, one by one, with their trail', async () => {
  const customer = await newCustomer(owner)
  const payment = await create(customer, '19.99')
  for (const call of ['authorize', 'capture', 'dispute', 'win', 'refund all'] as const) await calls[call](payment)
  const { rows } = await app.query('SELECT from_status, to_status, actor FROM payments.payment_events WHERE payment_id = $1 ORDER BY id', [
    payment,
  ])
  expect(rows.map(({ from_status, to_status }) => [from_status, to_status])).toEqual([
    [null, 'pending'],
    ['pending', 'authorized'],
    ['authorized', 'captured'],
    ['captured', 'disputed'],
    ['disputed', 'captured'],
    ['captured', 'refunded'],
  ])
  expect(new Set(rows.map(({ actor }) => actor))).toEqual(new Set(['treum_payment_service']))
  expect(await balance(owner, customer.wallet)).toBe('0.0000')
  const booked = await owner.query('SELECT kind FROM payments.ledger_transactions WHERE payment_id = $1 ORDER BY id', [payment])
  expect(booked.rows.map(({ kind }) => kind)).toEqual(['payment', 'refund'])
})

test('the trail names whom the application acts for', async () => {
  const customer = await newCustomer(owner)
  await app.query('BEGIN')
  await app.query(`SELECT set_config('app.actor', 'support:42', true)`)
  const payment = await create(customer)
  await app.query('COMMIT')
  expect(await one(app, 'SELECT actor FROM payments.payment_events WHERE payment_id = $1', [payment])).toBe(
    'treum_payment_service for support:42',
  )
})

test('states are guarded below the functions, too: every pair of states', async () => {
  const statuses = Object.keys(legal)
  const allowed = new Set(Object.entries(legal).flatMap(([from, to]) => Object.values(to).map((next) => `${from} ${next}`)))
  const found = (
    await owner.query(
      `SELECT one.status || ' ' || other.status AS pair, payments.may_follow(one.status, other.status) AS may
       FROM unnest($1::text[]) AS one (status), unnest($1::text[]) AS other (status) WHERE one.status <> other.status`,
      [statuses],
    )
  ).rows
  expect(found).toHaveLength(42)
  for (const { pair, may } of found) expect([pair, may]).toEqual([pair, allowed.has(pair)])
  const payment = await create(await newCustomer(owner))
  await expect(
    owner.query(`UPDATE payments.payments SET status = 'captured', captured_at = now() WHERE id = $1`, [payment]),
  ).rejects.toMatchObject({ code: 'TR005' })
  await expect(owner.query('UPDATE payments.payments SET amount = 1 WHERE id = $1', [payment])).rejects.toMatchObject({ code: 'TR005' })
})

test('a request that is sent again is the same payment, even after it went on; another one is refused', async () => {
  const customer = await newCustomer(owner)
  const payment = await create(customer, '10.00', 'twice')
  await calls.authorize(payment)
  expect(await create(customer, 10, 'twice')).toBe(payment)
  await expect(create(customer, 11, 'twice')).rejects.toMatchObject({ code: 'TR004' })
  await calls.capture(payment)
  const refund = () => one(app, `SELECT payments.refund_payment($1, 'back', 4)`, [payment])
  const first = await refund()
  expect(await refund()).toBe(first)
  expect((await row(payment)).refunded_amount).toBe('4.0000')
  expect(await balance(owner, customer.wallet)).toBe('6.0000')
})

test('many refunds at once never give back more than was paid', async () => {
  const customer = await newCustomer(owner, { funds: 1000 })
  const payment = await create(customer)
  await calls.authorize(payment)
  await calls.capture(payment)
  const clients = await Promise.all(Array.from({ length: 10 }, () => db.connect('app')))
  const results = await Promise.allSettled(
    clients.map((client, number) => client.query('SELECT payments.refund_payment($1, $2, 30)', [payment, `part-${number}`])),
  )
  await Promise.all(clients.map((client) => client.end()))
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
  expect((await row(payment)).refunded_amount).toBe('90.0000')
  expect(await balance(owner, customer.wallet)).toBe('1010.0000')
})

test('50 payments of a customer who has no wallet yet, captured at once: one wallet, with all of them', async () => {
  const customer = await newCustomer(owner)
  const made: string[] = []
  for (let number = 0; number < 50; number++) {
    const payment = await one<string>(app, `SELECT payments.create_payment($1, $2, $3, 2, 'CHF')`, [
      customer.id,
      `chf-${number}`,
      customer.method,
    ])
    await calls.authorize(payment)
    made.push(payment)
  }
  const clients = await Promise.all(made.map(() => db.connect('app')))
  await Promise.all(clients.map((client, number) => client.query('SELECT payments.capture_payment($1)', [made[number]])))
  await Promise.all(clients.map((client) => client.end()))
  const { rows } = await owner.query(
    `SELECT balance FROM payments.account_balances JOIN payments.ledger_accounts ON id = account_id WHERE currency = 'CHF' ORDER BY 1`,
  )
  expect(rows).toEqual([{ balance: '-100.0000' }, { balance: '100.0000' }])
})

test('money that is gone cannot be refunded, but a bank takes it anyway', async () => {
  const [customer, other] = [await newCustomer(owner), await newCustomer(owner)]
  const payment = await create(customer)
  await calls.authorize(payment)
  await calls.capture(payment)
  await app.query(`SELECT payments.transfer($1, 'away', $2, $3, 80)`, [customer.id, customer.wallet, other.wallet])
  await expect(calls['refund all'](payment)).rejects.toMatchObject({ code: '23514', constraint: 'account_balances_minimum' })
  expect(await row(payment)).toMatchObject({ status: 'captured', refunded_amount: '0.0000' })
  await calls.dispute(payment)
  await calls.lose(payment)
  expect(await row(payment)).toMatchObject({ status: 'refunded', refunded_amount: '100.0000' })
  expect(await balance(owner, customer.wallet)).toBe('20.0000')
})

test('a dispute is not lost because nobody said so', async () => {
  const payment = await create(await newCustomer(owner))
  for (const call of ['authorize', 'capture', 'dispute'] as const) await calls[call](payment)
  await expect(app.query('SELECT payments.resolve_dispute($1, NULL)', [payment])).rejects.toMatchObject({ code: '22023' })
  expect(await row(payment)).toMatchObject({ status: 'disputed', refunded_amount: '0.0000' })
})

test('what was booked for a payment is not reversed beside it: the wallet would get its refund twice', async () => {
  const customer = await newCustomer(owner)
  const payment = await create(customer)
  for (const call of ['authorize', 'capture', 'refund all'] as const) await calls[call](payment)
  const { rows } = await owner.query('SELECT id FROM payments.ledger_transactions WHERE payment_id = $1', [payment])
  expect(rows).toHaveLength(2)
  for (const { id } of rows)
    await expect(app.query(`SELECT payments.reverse_transaction($1, '')`, [id])).rejects.toMatchObject({ code: '22023' })
  expect(await balance(owner, customer.wallet)).toBe('0.0000')
})

test('a payment method stays with its customer', async () => {
  const [customer, other] = [await newCustomer(owner), await newCustomer(owner)]
  for (const [column, value] of [
    ['customer_id', other.id],
    ['token', 'tok_anotheronealtogether'],
  ])
    await expect(
      app.query(`UPDATE payments.payment_methods SET ${column} = $2 WHERE id = $1`, [customer.method, value]),
    ).rejects.toMatchObject({ code: 'TR005' })
})

test('methods of others, removed and expired ones are refused', async () => {
  const [customer, other] = [await newCustomer(owner), await newCustomer(owner)]
  await expect(create({ ...customer, method: other.method })).rejects.toMatchObject({ code: 'P0002' })
  await app.query(`UPDATE payments.payment_methods SET expires_on = '2020-01-31' WHERE id = $1`, [customer.method])
  await expect(create(customer)).rejects.toMatchObject({ code: 'P0002' })
  await app.query('UPDATE payments.payment_methods SET removed_at = clock_timestamp() WHERE id = $1', [other.method])
  await expect(create(other)).rejects.toMatchObject({ code: 'P0002' })
  await expect(calls.capture('00000000-0000-7000-8000-000000000000')).rejects.toMatchObject({ code: 'P0002' })
  await expect(create(await newCustomer(owner), '0.001')).rejects.toMatchObject({ code: '22023' })
})

test('payments that nobody finished are canceled, in batches', async () => {
  const customer = await newCustomer(owner)
  const [old, older, young] = [await create(customer), await create(customer), await create(customer)]
  await owner.query('ALTER TABLE payments.payments DISABLE TRIGGER guard')
  await owner.query(`UPDATE payments.payments SET created_at = now() - interval '8 days' WHERE id = $1`, [old])
  await owner.query(`UPDATE payments.payments SET created_at = now() - interval '9 days' WHERE id = $1`, [older])
  await owner.query('ALTER TABLE payments.payments ENABLE TRIGGER guard')
  const statuses = async () => [(await row(old)).status, (await row(older)).status, (await row(young)).status]
  await owner.query('CALL payments.expire_payments(batch => 1)')
  expect(await statuses()).toEqual(['pending', 'canceled', 'pending'])
  await owner.query('CALL payments.expire_payments()')
  expect(await statuses()).toEqual(['canceled', 'canceled', 'pending'])
})

test('the trail cannot be changed; what is older than the law asks for may go', async () => {
  const payment = await create(await newCustomer(owner))
  for (const statement of [
    `UPDATE payments.payment_events SET actor = 'nobody'`,
    'DELETE FROM payments.payment_events',
    'TRUNCATE payments.payment_events',
  ])
    await expect(owner.query(statement)).rejects.toMatchObject({ code: 'TR002' })
  await owner.query(
    `INSERT INTO payments.payment_events (payment_id, to_status, actor, occurred_at) VALUES ($1, 'pending', 'test', now() - interval '8 years')`,
    [payment],
  )
  await owner.query('CALL pgfleet.apply_retention()')
  expect(await one(owner, 'SELECT count(*)::int FROM payments.payment_events WHERE payment_id = $1', [payment])).toBe(1)
})
