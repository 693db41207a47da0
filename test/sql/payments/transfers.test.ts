// Many clients move money between few accounts at once.
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { balance, type Customer, ledgerProblems, newCustomer, one } from './customers.ts'

let db: ServiceDatabase
let owner: pg.Client
let clients: pg.Client[]

beforeAll(async () => {
  db = await serviceDatabase('payments')
  owner = await db.connect('owner')
  clients = await Promise.all(Array.from({ length: 50 }, () => db.connect('app')))
})
afterAll(async () => {
  await Promise.all([owner, ...(clients ?? [])].map((client) => client?.end()))
  await db?.close()
})

const transfer = (client: pg.Client, from: Customer, to: Customer, amount: number | string | null, key: string, description = '') =>
  one<string>(client, 'SELECT payments.transfer($1, $2, $3, $4, $5, $6)', [from.id, key, from.wallet, to.wallet, amount, description])

test('50 clients over five accounts: no transfer is lost, no deadlock, the sum stays', async () => {
  const five: Customer[] = []
  for (let number = 0; number < 5; number++) five.push(await newCustomer(owner, { funds: 1000 }))
  const expected = five.map(() => 1000)
  const errors: unknown[] = []
  await Promise.all(
    clients.map(async (client, number) => {
      for (let turn = 0; turn < 20; turn++) {
        // Each pair in both directions, so that locks in the order of the request would meet.
        const from = (number + turn) % 5
        const to = (from + 1 + (number % 4)) % 5
        const amount = 1 + (turn % 3)
        try {
          await transfer(client, five[from]!, five[to]!, amount, `${number}-${turn}`)
          expected[from]! -= amount
          expected[to]! += amount
        } catch (error) {
          errors.push(error)
        }
      }
    }),
  )
  expect(errors).toEqual([])
  const held: number[] = []
  for (const { wallet } of five) held.push(Number(await balance(owner, wallet)))
  expect(held).toEqual(expected)
  expect(held.reduce((sum, amount) => sum + amount)).toBe(5000)
  expect(await one(owner, `SELECT count(*)::int FROM payments.ledger_transactions WHERE kind = 'transfer'`)).toBe(1000)
  expect(await one(owner, 'SELECT sum(balance)::int FROM payments.account_balances')).toBe(0)
  expect(await one(owner, 'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()')).toBe(0)
  expect(await ledgerProblems(owner)).toEqual([])
})

test('locks taken in the order of requests would end in a deadlock: what the order of the ledger prevents', async () => {
  const [a, b] = [await newCustomer(owner, { funds: 10 }), await newCustomer(owner, { funds: 10 })]
  const crossed = async (client: pg.Client, first: Customer, second: Customer, ordered: boolean) => {
    await client.query('BEGIN')
    try {
      if (ordered) await client.query('SELECT payments.lock_accounts(ARRAY[$1, $2]::bigint[])', [first.wallet, second.wallet])
      await client.query('SELECT payments.lock_accounts(ARRAY[$1]::bigint[])', [first.wallet])
      await new Promise((resolve) => setTimeout(resolve, 100))
      await client.query('SELECT payments.lock_accounts(ARRAY[$1]::bigint[])', [second.wallet])
    } finally {
      await client.query('ROLLBACK')
    }
  }
  const both = (ordered: boolean) => Promise.allSettled([crossed(clients[0]!, a, b, ordered), crossed(clients[1]!, b, a, ordered)])
  expect((await both(true)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
  expect((await both(false)).find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: '40P01' } })
})

test('50 clients want the last money of one wallet: only as many get it as there is', async () => {
  const [from, to] = [await newCustomer(owner, { funds: 70 }), await newCustomer(owner)]
  const results = await Promise.allSettled(clients.map((client, number) => transfer(client, from, to, 10, `last-${number}`)))
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(7)
  for (const result of results)
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: '23514', constraint: 'account_balances_minimum' })
  expect([await balance(owner, from.wallet), await balance(owner, to.wallet)]).toEqual(['0.0000', '70.0000'])
})

test('50 clients send the same request: it is done once, and all get the same answer', async () => {
  const [from, to] = [await newCustomer(owner, { funds: 100 }), await newCustomer(owner)]
  const answers = await Promise.all(clients.map((client) => transfer(client, from, to, '25.50', 'same')))
  expect(new Set(answers).size).toBe(1)
  expect(await balance(owner, to.wallet)).toBe('25.5000')
  expect(await transfer(clients[0]!, from, to, '25.5', 'same')).toBe(answers[0])
})

test('clients whose connections are cut leave nothing half done; sent again, each transfer is done once', async () => {
  const [from, to] = [await newCustomer(owner, { funds: 1000 }), await newCustomer(owner)]
  const superuser = await db.connect('superuser')
  const victims = await Promise.all(Array.from({ length: 20 }, () => db.connect('app')))
  const work = victims.map(async (client, number) => {
    for (let turn = 0; turn < 20; turn++) await transfer(client, from, to, 1, `cut-${number}-${turn}`)
  })
  const ended = Promise.allSettled(work)
  for (let round = 0; round < 10; round++)
    await superuser.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE usename = 'treum_payment_service' AND query LIKE '%transfer%' AND state = 'active' LIMIT 2`)
  const outcomes = await ended
  expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true)
  expect(await ledgerProblems(owner)).toEqual([])
  const survivor = await db.connect('app')
  for (let number = 0; number < 20; number++)
    for (let turn = 0; turn < 20; turn++) await transfer(survivor, from, to, 1, `cut-${number}-${turn}`)
  expect([await balance(owner, from.wallet), await balance(owner, to.wallet)]).toEqual(['600.0000', '400.0000'])
  await Promise.allSettled([superuser, survivor, ...victims].map((client) => client.end()))
})

test('a key that was used is refused for another request, and free for another customer', async () => {
  const [from, to] = [await newCustomer(owner, { funds: 100 }), await newCustomer(owner, { funds: 100 })]
  const client = clients[0]!
  await transfer(client, from, to, 10, 'once')
  const payment = await capturedPayment(client, from)
  for (const other of [
    () => transfer(client, from, to, 11, 'once'),
    () => transfer(client, from, to, 10, 'once', 'with a text'),
    () => one(client, 'SELECT payments.refund_payment($1, $2)', [payment, 'once']),
  ])
    await expect(other()).rejects.toMatchObject({ code: 'TR004' })
  await transfer(client, to, from, 10, 'once')
})

async function capturedPayment(client: pg.Client, { id, method }: Customer): Promise<string> {
  const payment = await one<string>(client, `SELECT payments.create_payment($1, 'pay', $2, 5, 'EUR')`, [id, method])
  await client.query('SELECT payments.authorize_payment($1, $2)', [payment, `ref:${payment}`])
  await client.query('SELECT payments.capture_payment($1)', [payment])
  return payment
}

test('a request that failed leaves its key free', async () => {
  const [from, to] = [await newCustomer(owner, { funds: 5 }), await newCustomer(owner, { funds: 100 })]
  await expect(transfer(clients[0]!, from, to, 10, 'later')).rejects.toMatchObject({ code: '23514' })
  await transfer(clients[0]!, to, from, 50, 'more')
  await transfer(clients[0]!, from, to, 10, 'later')
  expect(await balance(owner, from.wallet)).toBe('45.0000')
})

test('requests that make no sense', async () => {
  const [from, to, dollars] = [
    await newCustomer(owner, { funds: 5 }),
    await newCustomer(owner),
    await newCustomer(owner, { currency: 'USD' }),
  ]
  const client = clients[0]!
  await expect(transfer(client, from, from, 1, 'x')).rejects.toMatchObject({ code: '22023' })
  await expect(transfer(client, from, dollars, 1, 'x')).rejects.toMatchObject({ code: '22023' })
  for (const amount of ['0', '-1', '0.001', 'NaN', 'Infinity', null])
    await expect(transfer(client, from, to, amount, 'x')).rejects.toMatchObject({ code: '22023' })
  await expect(transfer(client, { ...from, wallet: to.wallet }, to, 1, 'x')).rejects.toMatchObject({ code: 'P0002' })
  await expect(transfer(client, from, { ...to, wallet: '-1' }, 1, 'x')).rejects.toMatchObject({ code: 'P0002' })
})
