// No card number is stored, in whatever way it is written, in whatever column.
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { newCustomer, one } from './customers.ts'

let db: ServiceDatabase
let owner: pg.Client

beforeAll(async () => {
  db = await serviceDatabase('payments')
  owner = await db.connect('owner')
})
afterAll(async () => {
  await owner?.end()
  await db?.close()
})

// Well-known test numbers of the card brands, in the ways in which people write them.
const refused = [
  '4111111111111111',
  '4111 1111 1111 1111',
  '4111-1111-1111-1111',
  '4111.1111.1111.1111',
  '4111/1111/1111/1111',
  '4111 - 1111 - 1111 - 1111',
  '4111    1111    1111    1111',
  '4111\t\t|\t\t1111\t\t|\t\t1111\t\t|\t\t1111',
  '4111_1111_1111_1111',
  '4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1',
  '4111\u00a01111\u00a01111\u00a01111',
  '4111\n1111\n1111\n1111',
  '4111–1111–1111–1111',
  '4\u200b111111111111111',
  '４１１１１１１１１１１１１１１１',
  '٤١١١١١١١١١١١١١١١',
  'card4111111111111111x',
  'pay with 4111 1111 1111 1111 12/29 123, please',
  '4111111111111111=29121010000012300000',
  '12/29 4111111111111111',
  'No. 7: 4111111111111111',
  '411111111111111112291234',
  '00004111111111111111',
  // 13, 14, 15, 16 and 19 digits: Visa of old, Diners Club, American Express, Mastercard (both ranges), Discover, JCB, UnionPay, Maestro.
  '4222222222222',
  '30569309025904',
  '3782 822463 10005',
  '5555555555554444',
  '2223003122003222',
  '6011111111111117',
  '3530111333300000',
  '6205500000000000004',
  '6759649826438453',
]
const allowed = [
  '',
  'refund of order 4711',
  '4111111111111112',
  '411111111111',
  '+49 30 901820',
  '2026-11-22 17:13:42.123456+00',
  '2026-11-22T17:13:42Z',
  '41111111-1111-4111-8111-111111111111',
  'DE89 3704 0044 0532',
  '4111111111111111'.slice(0, 6),
  'last four 1111',
]

test.each(refused)('%j is refused', async (text) => {
  expect(await one(owner, 'SELECT payments.contains_card_number($1)', [text])).toBe(true)
  await expect(owner.query('SELECT $1::payments.free_text', [text])).rejects.toMatchObject({ code: '23514' })
})

test.each(allowed)('%j is not', async (text) => {
  expect(await one(owner, 'SELECT payments.contains_card_number($1)', [text])).toBe(false)
  expect(await one(owner, 'SELECT $1::payments.free_text', [text])).toBe(text)
})

test('all numbers that Luhn allows, and none of the others, at every length', async () => {
  // The check digit of 400...0 is known by hand: only the first digit counts, and it is doubled (8) where the length is even.
  for (const [length, digit] of [
    [13, 6],
    [14, 2],
    [15, 6],
    [16, 2],
    [17, 6],
    [18, 2],
    [19, 6],
  ] as const)
    for (let last = 0; last < 10; last++) {
      const number = `4${'0'.repeat(length - 2)}${last}`
      expect([number, await one(owner, 'SELECT payments.contains_card_number($1)', [number])]).toEqual([number, last === digit])
    }
})

test('a long hostile text does not take long', async () => {
  const start = performance.now()
  await one(owner, 'SELECT payments.contains_card_number($1)', ['1 '.repeat(500)])
  await expect(owner.query('SELECT $1::payments.free_text', ['1'.repeat(1_000_000)])).rejects.toMatchObject({ code: '23514' })
  expect(performance.now() - start).toBeLessThan(2000)
})

test('tokens and references refuse them, too', async () => {
  for (const [domain, text] of [
    ['token', 'tok_4111111111111111'],
    ['token', '4111111111111111'],
    ['reference', 'ref-4111-1111-1111-1111'],
    ['reference', 'a b'],
  ])
    await expect(owner.query(`SELECT $1::payments.${domain}`, [text])).rejects.toMatchObject({ code: '23514' })
  await owner.query(`SELECT 'tok_abcdefghijklmnop'::payments.token, '0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b'::payments.reference`)
})

// Whoever adds a column of free text meets this.
test('every column that could hold a text is of a guarded domain, or has a list of what it may be', async () => {
  const unguarded = `
    SELECT format('%s.%s.%s', relnamespace::regnamespace, relname, attname) AS name
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN pg_type ON pg_type.oid = atttypid
    WHERE relnamespace::regnamespace::text IN ('payments', 'billing', 'compliance') AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
      AND coalesce(nullif(typbasetype, 0), pg_type.oid)::regtype::text IN ('text', 'text[]', 'character varying', 'character', 'json', 'jsonb', 'xml', 'bytea', 'numeric')
      AND NOT (
        atttypid::regtype::text = 'payments.money' OR atttypid::regtype::text ~ '_code$'
        OR EXISTS (SELECT FROM pg_constraint WHERE contypid = atttypid AND pg_get_constraintdef(oid) ~ 'contains_card_number')
        OR EXISTS (
          SELECT FROM pg_constraint WHERE conrelid = attrelid AND conkey = ARRAY[attnum]
            AND pg_get_constraintdef(pg_constraint.oid) ~ 'ANY \\(ARRAY|<@ ARRAY|length\\(.* = 32|\\{4\\}\\$|\\[a-z_\\]'
        )
        -- Sums that nobody enters.
        OR format('%s.%s.%s', relnamespace::regnamespace, relname, attname) IN ('payments.account_balances.balance', 'payments.account_balances.minimum',
          'compliance.aml_alerts.amount', 'compliance.fraud_rules.threshold')
      )
    ORDER BY 1`
  expect((await owner.query(unguarded)).rows).toEqual([])
  await owner.query('BEGIN; ALTER TABLE payments.payments ADD COLUMN note text')
  expect((await owner.query(unguarded)).rows).toEqual([{ name: 'payments.payments.note' }])
  await owner.query('ROLLBACK')
})

test('the application meets it in every way in', async () => {
  const app = await db.connect('app')
  const customer = await newCustomer(owner, { funds: 50 })
  const other = await newCustomer(owner)
  const card = '4111 1111 1111 1111'
  await app.query(`SELECT compliance.open_kyc_case($1, 'basic')`, [customer.id])
  for (const [query, ...parameters] of [
    ['SELECT payments.transfer($1, $2, $3, $4, 1, $5)', customer.id, 'key', customer.wallet, other.wallet, card],
    ['SELECT payments.transfer($1, $2, $3, $4, 1)', customer.id, '4111111111111111', customer.wallet, other.wallet],
    [`SELECT payments.create_payment($1, 'key', $2, 1, 'EUR', description => $3)`, customer.id, customer.method, card],
    [
      `INSERT INTO payments.payment_methods (customer_id, token, brand, last_four) VALUES ($1, 'tok_abcdefghijklmnop', 'visa', $2)`,
      customer.id,
      '4111111111111111',
    ],
    [
      `INSERT INTO payments.payment_methods (customer_id, token, brand, last_four) VALUES ($1, 'tok_abcdefghijklmnop', $2, '1111')`,
      customer.id,
      '4111111111111111',
    ],
    ['SELECT compliance.open_kyc_case($1, $2, $3)', customer.id, 'basic', card],
    [`UPDATE compliance.kyc_cases SET note = $2 WHERE customer_id = $1`, customer.id, card],
    ['SELECT payments.transfer($1, $2, $3, $4, 4111111111111111)', customer.id, 'key', customer.wallet, other.wallet],
    [`SELECT payments.create_payment($1, 'key', $2, 4111111111111111, 'EUR')`, customer.id, customer.method],
  ])
    await expect(app.query(query!, parameters), query).rejects.toMatchObject({ code: expect.stringMatching(/^(23514|22003)$/) })
  await expect(app.query(`SET app.actor = '4111111111111111'; UPDATE payments.payment_methods SET brand = brand`)).resolves.toBeDefined()
  await expect(
    app.query(`SELECT payments.create_payment($1, 'acted', $2, 1, 'EUR')`, [customer.id, customer.method]),
    'in the trail',
  ).rejects.toMatchObject({ code: '23514' })
  await app.end()
})
