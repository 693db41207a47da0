// Subscriptions and what they owe. Expected amounts are worked by hand.
import { randomUUID } from 'node:crypto'
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
  await owner.query(`INSERT INTO billing.plans (code, name, price, currency, months) VALUES
    ('basic', 'Basic', 10, 'EUR', 1), ('pro', 'Pro', 30, 'EUR', 1), ('pro-yearly', 'Pro, yearly', 300, 'EUR', 12),
    ('dollars', 'Basic', 10, 'USD', 1), ('free', 'Free', 0, 'EUR', 1)`)
  await owner.query(`INSERT INTO billing.plans (code, name, price, currency, months, offered) VALUES ('old', 'Old', 5, 'EUR', 1, false)`)
})
afterAll(async () => {
  await owner?.end()
  await app?.end()
  await db?.close()
})

test.each([
  // 30 days, 20 of them left: two thirds.
  ['30.00', 'EUR', '2026-04-01', '2026-05-01', '2026-04-11', '20.00'],
  // 31 days, 15 left: 10 * 15 / 31 = 4.8387...
  ['10.00', 'EUR', '2026-01-01', '2026-02-01', '2026-01-17', '4.84'],
  // 28 days, 1 left: 9.99 / 28 = 0.3567...
  ['9.99', 'USD', '2026-02-01', '2026-03-01', '2026-02-28', '0.36'],
  // 29 days in a leap year, 29 left: all of it, on the first day.
  ['49.99', 'USD', '2028-02-01', '2028-03-01', '2028-02-01', '49.99'],
  // Half a cent goes up: 10.01 * 15 / 30 = 5.005.
  ['10.01', 'EUR', '2026-04-01', '2026-05-01', '2026-04-16', '5.01'],
  // Yen have no cents: 1000 * 20 / 30 = 666.67. Dinars have three digits: 10 * 10 / 30 = 3.3333...
  ['1000', 'JPY', '2026-04-01', '2026-05-01', '2026-04-11', '667'],
  ['10', 'KWD', '2026-04-01', '2026-05-01', '2026-04-21', '3.333'],
  // 365 days, 73 left: a fifth.
  ['300.00', 'EUR', '2026-01-01', '2027-01-01', '2026-10-20', '60.00'],
  ['30.00', 'EUR', '2026-04-01', '2026-05-01', '2026-05-01', '0.00'],
])('%s %s from %s to %s, from %s on: %s', async (price, currency, from, until, day, expected) => {
  expect(await one(app, 'SELECT billing.prorate($1, $2, $3, $4, $5)', [price, currency, from, until, day])).toBe(expected)
})

test.each([
  [0, '2026-01-31'],
  [1, '2026-02-28'],
  [2, '2026-03-31'],
  [3, '2026-04-30'],
  [12, '2027-01-31'],
  [25, '2028-02-29'],
])('period %i of a subscription of 31 January begins on %s', async (number, expected) => {
  expect(await one(app, `SELECT billing.period_start('2026-01-31', 1, $1)::text`, [number])).toBe(expected)
})

const subscribe = ({ id }: Pick<Customer, 'id'>, plan: string, day = '2026-04-01', key = 'subscribe') =>
  one<string>(app, 'SELECT billing.subscribe($1, $2, $3, $4)', [id, key, plan, day])
const subscription = async (id: string) =>
  (
    await owner.query(
      `SELECT plan_code, status, period_number, period_start::text, period_end::text, credit FROM billing.subscriptions WHERE id = $1`,
      [id],
    )
  ).rows[0]
const invoices = async (id: string) =>
  (
    await owner.query(
      `SELECT invoice.status, invoice.total, array_agg(line.kind || ' ' || line.amount ORDER BY line.line) AS lines
       FROM billing.invoices AS invoice JOIN billing.invoice_lines AS line ON line.invoice_id = invoice.id
       WHERE subscription_id = $1 GROUP BY invoice.id ORDER BY invoice.number`,
      [id],
    )
  ).rows
const lastInvoice = (id: string) =>
  one<string>(owner, 'SELECT id FROM billing.invoices WHERE subscription_id = $1 ORDER BY number DESC LIMIT 1', [id])
const change = (id: string, plan: string, day: string) => app.query('SELECT billing.change_plan($1, $2, $3)', [id, plan, day])
/** The periods of one subscription; all others keep theirs. */
async function renew(id: string, today: string): Promise<void> {
  await owner.query('CREATE TEMP TABLE IF NOT EXISTS kept (id uuid, period_end date)')
  await owner.query('TRUNCATE kept')
  await owner.query(
    `WITH others AS (UPDATE billing.subscriptions AS other SET period_end = '3000-01-01' FROM billing.subscriptions AS before
    WHERE other.id = before.id AND other.id <> $1 AND other.status <> 'canceled' RETURNING other.id, before.period_end) INSERT INTO kept SELECT * FROM others`,
    [id],
  )
  await owner.query(`CALL billing.renew_subscriptions('${today}')`)
  await owner.query('UPDATE billing.subscriptions AS other SET period_end = kept.period_end FROM kept WHERE other.id = kept.id')
}

test('a better plan is charged for the days that are left, less what was paid for them', async () => {
  const id = await subscribe({ id: randomUUID() }, 'basic')
  await change(id, 'pro', '2026-04-11')
  // 20 of 30 days: 10 * 20/30 = 6.67 back, 30 * 20/30 = 20 to pay.
  expect(await invoices(id)).toEqual([
    { status: 'open', total: '10.0000', lines: ['plan 10.0000'] },
    { status: 'open', total: '13.3300', lines: ['unused_time -6.6700', 'remaining_time 20.0000'] },
  ])
  expect(await subscription(id)).toMatchObject({ plan_code: 'pro', period_start: '2026-04-01', period_end: '2026-05-01', credit: '0.0000' })
})

test('a cheaper plan leaves a credit, which the next invoices use up', async () => {
  const id = await subscribe({ id: randomUUID() }, 'pro')
  await change(id, 'basic', '2026-04-11')
  // 20 back, 6.67 to pay: 13.33 are left; 10 of them pay May, 3.33 go into June.
  expect((await subscription(id)).credit).toBe('13.3300')
  await renew(id, '2026-05-01')
  await renew(id, '2026-06-01')
  expect(await invoices(id)).toEqual([
    { status: 'open', total: '30.0000', lines: ['plan 30.0000'] },
    { status: 'paid', total: '0.0000', lines: ['unused_time -20.0000', 'remaining_time 6.6700', 'credit_carried 13.3300'] },
    { status: 'paid', total: '0.0000', lines: ['plan 10.0000', 'credit_applied -10.0000'] },
    { status: 'open', total: '6.6700', lines: ['plan 10.0000', 'credit_applied -3.3300'] },
  ])
  expect(await subscription(id)).toMatchObject({ credit: '0.0000', period_number: 2, period_start: '2026-06-01', period_end: '2026-07-01' })
})

test('an invoice that is void gives back the credit that went into it, and another one may take its place', async () => {
  const id = await subscribe({ id: randomUUID() }, 'pro')
  await change(id, 'basic', '2026-04-26')
  // 5 of 30 days: 5 back, 1.67 to pay.
  expect((await subscription(id)).credit).toBe('3.3300')
  await renew(id, '2026-05-01')
  expect((await subscription(id)).credit).toBe('0.0000')
  await app.query('SELECT billing.void_invoice($1)', [await lastInvoice(id)])
  expect((await subscription(id)).credit).toBe('3.3300')
  await expect(app.query('SELECT billing.void_invoice($1)', [await lastInvoice(id)])).rejects.toMatchObject({ code: 'TR005' })
  expect((await subscription(id)).credit).toBe('3.3300')
  // The time of an invoice that is void was not paid for.
  await expect(change(id, 'pro', '2026-05-02')).rejects.toMatchObject({ code: 'TR005' })
  await owner.query(
    `SELECT billing.issue_invoice($1, 'period', '2026-05-01', '2026-06-01', '[{"kind": "plan", "description": "", "amount": 8}]')`,
    [id],
  )
  expect((await invoices(id)).slice(2)).toEqual([
    { status: 'void', total: '6.6700', lines: ['plan 10.0000', 'credit_applied -3.3300'] },
    { status: 'open', total: '4.6700', lines: ['plan 8.0000', 'credit_applied -3.3300'] },
  ])
})

test('an invoice whose time was credited is not void afterwards: the credit would be a gift', async () => {
  const id = await subscribe({ id: randomUUID() }, 'pro')
  const first = await lastInvoice(id)
  await change(id, 'basic', '2026-04-01')
  expect((await subscription(id)).credit).toBe('20.0000')
  await expect(app.query('SELECT billing.void_invoice($1)', [first])).rejects.toMatchObject({ code: 'TR005' })
  expect([(await invoices(id))[0].status, (await subscription(id)).credit]).toEqual(['open', '20.0000'])
})

test.each([
  ['JPY', '10.5'],
  ['EUR', '9.999'],
  ['KWD', '1.0001'],
])('no plan in %s costs %s: nobody could pay it', async (currency, price) => {
  const plan = `INSERT INTO billing.plans (code, name, price, currency, months) VALUES ('odd', 'Odd', $1, $2, 1)`
  await expect(owner.query(plan, [price, currency])).rejects.toMatchObject({ code: '23514', constraint: 'plans_price_can_be_paid' })
})

test('a plan of another length begins a period of its own', async () => {
  const id = await subscribe({ id: randomUUID() }, 'pro')
  await change(id, 'pro-yearly', '2026-04-16')
  expect((await invoices(id))[1]).toEqual({ status: 'open', total: '285.0000', lines: ['unused_time -15.0000', 'plan 300.0000'] })
  expect(await subscription(id)).toMatchObject({ period_number: 0, period_start: '2026-04-16', period_end: '2027-04-16' })
})

test('what cannot be subscribed to or changed', async () => {
  const customer = { id: randomUUID() }
  const id = await subscribe(customer, 'basic')
  expect(await subscribe(customer, 'basic')).toBe(id)
  await expect(subscribe(customer, 'pro')).rejects.toMatchObject({ code: 'TR004' })
  await expect(subscribe(customer, 'pro', '2026-04-01', 'another')).rejects.toMatchObject({
    code: '23505',
    constraint: 'subscriptions_running_key',
  })
  await expect(subscribe({ id: randomUUID() }, 'old')).rejects.toMatchObject({ code: '22023' })
  await expect(subscribe({ id: randomUUID() }, 'none')).rejects.toMatchObject({ code: 'P0002' })
  for (const [plan, day] of [
    ['basic', '2026-04-02'],
    ['dollars', '2026-04-02'],
    ['old', '2026-04-02'],
    ['pro', '2026-03-31'],
    ['pro', '2026-05-01'],
  ])
    await expect(change(id, plan!, day!), `${plan} ${day}`).rejects.toMatchObject({ code: '22023' })
  await expect(change(randomUUID(), 'pro', '2026-04-02')).rejects.toMatchObject({ code: 'P0002' })
})

test('renewing is done once for each period, and not after a cancellation', async () => {
  const id = await subscribe({ id: randomUUID() }, 'basic', '2026-01-31')
  await renew(id, '2026-02-27')
  expect((await subscription(id)).period_number).toBe(0)
  for (const day of ['2026-02-28', '2026-02-28', '2026-03-01']) await renew(id, day)
  expect(await subscription(id)).toMatchObject({ period_number: 1, period_start: '2026-02-28', period_end: '2026-03-31' })
  await expect(
    owner.query(
      `SELECT billing.issue_invoice($1, 'period', '2026-02-28', '2026-03-31', '[{"kind": "plan", "description": "", "amount": 10}]')`,
      [id],
    ),
  ).rejects.toMatchObject({ code: '23505', constraint: 'invoices_period_key' })
  await expect(app.query('SELECT billing.cancel_subscription($1, NULL)', [id])).rejects.toMatchObject({ code: '22023' })
  await app.query('SELECT billing.cancel_subscription($1)', [id])
  expect((await subscription(id)).status).toBe('active')
  await renew(id, '2026-03-31')
  expect(await subscription(id)).toMatchObject({ status: 'canceled', period_number: 1 })
  expect(await invoices(id)).toHaveLength(2)
  await expect(app.query('SELECT billing.cancel_subscription($1)', [id])).rejects.toMatchObject({ code: 'P0002' })
})

test('a free plan owes nothing, and that is paid', async () => {
  expect(await invoices(await subscribe({ id: randomUUID() }, 'free'))).toEqual([
    { status: 'paid', total: '0.0000', lines: ['plan 0.0000'] },
  ])
})

test('an invoice is paid out of the wallet, once', async () => {
  const customer = await newCustomer(owner, { funds: 25 })
  const id = await subscribe(customer, 'basic')
  const invoice = await lastInvoice(id)
  const settle = () => app.query('SELECT billing.settle_invoice($1)', [invoice])
  await settle()
  expect(await balance(owner, customer.wallet)).toBe('15.0000')
  expect((await invoices(id))[0].status).toBe('paid')
  await expect(settle()).rejects.toMatchObject({ code: 'TR005' })
  await expect(app.query('SELECT billing.void_invoice($1)', [invoice])).rejects.toMatchObject({ code: 'TR005' })
  expect(await ledgerProblems(owner)).toEqual([])
})

test('dunning: at once, 3, 7 and 14 days later; then it is given up', async () => {
  const customer = await newCustomer(owner, { funds: 9.99 })
  const id = await subscribe(customer, 'basic')
  const invoice = await lastInvoice(id)
  const due = await one<Date>(owner, 'SELECT due_at FROM billing.invoices WHERE id = $1', [invoice])
  // A second later: a Date has no microseconds.
  const days = (number: number) => new Date(due.getTime() + number * 86_400_000 + 1000).toISOString()
  const state = async () => [
    await one(owner, 'SELECT attempts || $2 || status FROM billing.invoices WHERE id = $1', [invoice, ' ']),
    (await subscription(id)).status,
    await one(owner, `SELECT extract(epoch FROM next_attempt_at - due_at)::int / 86400 FROM billing.invoices WHERE id = $1`, [invoice]),
  ]
  const run = (day: number) => owner.query(`CALL billing.run_dunning('${days(day)}')`)
  await run(-1)
  expect(await state()).toEqual(['0 open', 'active', 0])
  await run(0)
  expect(await state()).toEqual(['1 open', 'past_due', 3])
  await run(2)
  expect(await state()).toEqual(['1 open', 'past_due', 3])
  await run(3)
  expect(await state()).toEqual(['2 open', 'past_due', 7])
  await expect(change(id, 'pro', '2026-04-02')).rejects.toMatchObject({ code: 'TR005' })
  await run(7)
  expect(await state()).toEqual(['3 open', 'past_due', 14])
  await run(14)
  expect(await state()).toEqual(['4 uncollectible', 'canceled', null])
  const { rows } = await owner.query('SELECT attempt, outcome FROM billing.dunning_events WHERE invoice_id = $1 ORDER BY 1', [invoice])
  expect(rows.map(({ attempt, outcome }) => `${attempt} ${outcome}`)).toEqual(['1 failed', '2 failed', '3 failed', '4 given_up'])
  // It can still be paid.
  await owner.query(`SELECT payments.post('adjustment', ARRAY[payments.account(NULL, 'clearing', 'EUR'), $1::bigint], '{-1,1}')`, [
    customer.wallet,
  ])
  await app.query('SELECT billing.settle_invoice($1)', [invoice])
  expect(await balance(owner, customer.wallet)).toBe('0.9900')
})

test('dunning: money that comes in between pays, and the subscription goes on', async () => {
  const customer = await newCustomer(owner)
  const id = await subscribe(customer, 'pro')
  await owner.query(`CALL billing.run_dunning(now() + interval '15 days')`)
  expect((await subscription(id)).status).toBe('past_due')
  await owner.query(`SELECT payments.post('adjustment', ARRAY[payments.account(NULL, 'clearing', 'EUR'), $1::bigint], '{-30,30}')`, [
    customer.wallet,
  ])
  await owner.query(`CALL billing.run_dunning(now() + interval '18 days')`)
  expect([(await subscription(id)).status, (await invoices(id))[0].status, await balance(owner, customer.wallet)]).toEqual([
    'active',
    'paid',
    '0.0000',
  ])
})

test('dunning: what was wrong is taken back, and the subscription goes on', async () => {
  const id = await subscribe(await newCustomer(owner), 'pro')
  await owner.query(`CALL billing.run_dunning(now() + interval '15 days')`)
  expect((await subscription(id)).status).toBe('past_due')
  await app.query('SELECT billing.void_invoice($1)', [await lastInvoice(id)])
  expect((await subscription(id)).status).toBe('active')
})

test('dunning: a closed wallet is one that does not pay, and keeps nobody else from paying', async () => {
  const [closed, other] = [await newCustomer(owner), await newCustomer(owner, { funds: 10 })]
  const ids = [await subscribe(closed, 'basic'), await subscribe(other, 'basic')]
  await owner.query('UPDATE payments.ledger_accounts SET closed_at = clock_timestamp() WHERE id = $1', [closed.wallet])
  await owner.query(`CALL billing.run_dunning(now() + interval '15 days')`)
  expect([(await invoices(ids[0]!))[0].status, (await invoices(ids[1]!))[0].status]).toEqual(['open', 'paid'])
})

test('dunning that is ended in the middle goes on the next time, and nobody pays or is asked twice', async () => {
  const customers: Customer[] = []
  for (let n = 0; n < 200; n++) customers.push(await newCustomer(owner, { funds: n % 2 ? 15 : 0 }))
  const ids: string[] = []
  for (const customer of customers) ids.push(await subscribe(customer, 'basic'))
  const attempts = async () =>
    (
      await owner.query(
        `SELECT event.outcome, count(*)::int FROM billing.dunning_events AS event JOIN billing.invoices AS invoice ON invoice.id = event.invoice_id
         WHERE invoice.subscription_id = ANY ($1) GROUP BY 1 ORDER BY 1`,
        [ids],
      )
    ).rows
  const run = (client: pg.Client) => client.query(`CALL billing.run_dunning(now() + interval '15 days')`)
  const worker = await db.connect('owner')
  const superuser = await db.connect('superuser')
  const ended = run(worker).then(
    () => 'done',
    () => 'ended',
  )
  while ((await attempts()).length === 0);
  await superuser.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CALL billing.run_dunning%'`)
  expect(await ended).toBe('ended')
  await Promise.allSettled([worker.end(), superuser.end()])
  await run(owner)
  expect(await attempts()).toEqual([
    { outcome: 'failed', count: 100 },
    { outcome: 'paid', count: 100 },
  ])
  for (const [n, { wallet }] of customers.entries()) expect(await balance(owner, wallet)).toBe(n % 2 ? '5.0000' : '0.0000')
  expect(await ledgerProblems(owner)).toEqual([])
})

test('dunning after a long pause tries once a day, not four times at once', async () => {
  const id = await subscribe(await newCustomer(owner), 'basic')
  const run = (day: number) => owner.query(`CALL billing.run_dunning(now() + interval '${day} days')`)
  await run(100)
  await run(100)
  expect(await one(owner, 'SELECT attempts FROM billing.invoices WHERE subscription_id = $1', [id])).toBe(1)
  await run(101)
  expect(await one(owner, 'SELECT attempts FROM billing.invoices WHERE subscription_id = $1', [id])).toBe(2)
})

test('dunning beside other postings over the same wallets: no deadlock', async () => {
  const customers: Customer[] = []
  for (let number = 0; number < 10; number++) customers.push(await newCustomer(owner, { funds: 100 }))
  for (const customer of customers) await subscribe(customer, 'basic')
  const clients = await Promise.all(Array.from({ length: 8 }, () => db.connect('app')))
  const pairs = customers.map((customer, number) => [customer, customers[(number + 1) % 10]!] as const)
  await Promise.all([
    owner.query(`CALL billing.run_dunning(now() + interval '15 days')`),
    ...clients.map(async (client, number) => {
      for (const [turn, [from, to]] of pairs.entries())
        await client.query('SELECT payments.transfer($1, $2, $3, $4, 1)', [from.id, `t-${number}-${turn}`, from.wallet, to.wallet])
    }),
  ])
  await Promise.all(clients.map((client) => client.end()))
  for (const { wallet } of customers) expect(await balance(owner, wallet)).toBe('90.0000')
  expect(await ledgerProblems(owner)).toEqual([])
})

test('invoices are what their lines say, and are not rewritten', async () => {
  const id = await subscribe({ id: randomUUID() }, 'basic')
  const invoice = await lastInvoice(id)
  const line = `INSERT INTO billing.invoice_lines (invoice_id, line, kind, description, amount) VALUES ($1, 2, 'plan', '', 1)`
  await expect(owner.query(line, [invoice])).rejects.toMatchObject({ code: 'TR006' })
  await expect(
    owner.query(
      `INSERT INTO billing.invoices (subscription_id, kind, total, currency, period_start, period_end, due_at, next_attempt_at)
       VALUES ($1, 'change', 5, 'EUR', '2026-04-01', '2026-05-01', now() + interval '1 day', now())`,
      [id],
    ),
  ).rejects.toMatchObject({ code: 'TR006' })
  for (const [statement, code] of [
    ['UPDATE billing.invoices SET total = 0 WHERE id = $1', 'TR005'],
    ['UPDATE billing.invoice_lines SET amount = 0 WHERE invoice_id = $1', 'TR002'],
    ['DELETE FROM billing.invoice_lines WHERE invoice_id = $1', 'TR002'],
  ])
    await expect(owner.query(statement!, [invoice])).rejects.toMatchObject({ code })
  await app.query('SELECT billing.void_invoice($1)', [invoice])
  await expect(app.query('SELECT billing.settle_invoice($1)', [invoice])).rejects.toMatchObject({ code: 'TR005' })
})
