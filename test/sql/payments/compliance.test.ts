// KYC, AML screens and fraud scores, on payments whose result was worked out by hand.
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { type Customer, newCustomer, one } from './customers.ts'

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

type Paid = { at: string; amount?: number; status?: string; device?: string; country?: string; currency?: string }

/** Writes a payment as it would be in the table; `at` is counted back from now, or a moment. */
async function paid(
  { id, method }: Customer,
  { at, amount = 50, status = 'captured', device, country, currency = 'EUR' }: Paid,
): Promise<string> {
  const when = /^\d{4}-/.test(at) ? `timestamptz '${at}'` : `now() - interval '${at}'`
  return one<string>(
    owner,
    `INSERT INTO payments.payments (customer_id, method_id, amount, currency, status, device_id, country, created_at, captured_at)
     SELECT $1, $2, $3, $4, $5, $6, $7, ${when}, CASE $5 WHEN 'captured' THEN ${when} END RETURNING id`,
    [id, method, amount, currency, status, device, country],
  )
}

const score = async (payment: string) => (await app.query('SELECT score, reasons FROM compliance.score_payment($1)', [payment])).rows[0]
const [phone, laptop] = [randomUUID(), randomUUID()]
const usual = (days: number): Paid => ({ at: `${days} days`, amount: 20, device: phone, country: 'DE' })

describe('fraud', () => {
  const cases: Record<string, { before: Paid[]; payment: Paid; expected: { score: number; reasons: string[] } }> = {
    'the first payment ever': {
      before: [],
      payment: { at: '0', amount: 5000, device: phone, country: 'US' },
      expected: { score: 0, reasons: [] },
    },
    'like always': { before: [9, 8, 7, 6, 5].map(usual), payment: { ...usual(0), at: '0' }, expected: { score: 0, reasons: [] } },
    'the sixth in ten minutes': {
      before: ['9 minutes', '8 minutes', '7 minutes', '6 minutes', '5 minutes'].map((at) => ({ at, status: 'failed' })),
      payment: { at: '0' },
      expected: { score: 40, reasons: ['velocity'] },
    },
    'the fifth in ten minutes, and one just before them': {
      before: ['11 minutes', '8 minutes', '7 minutes', '6 minutes', '5 minutes'].map((at) => ({ at })),
      payment: { at: '0' },
      expected: { score: 0, reasons: [] },
    },
    'more than ten times the average of 20': {
      before: [9, 8, 7, 6, 5].map(usual),
      payment: { ...usual(0), at: '0', amount: 200.01 },
      expected: { score: 35, reasons: ['amount'] },
    },
    'ten times the average of 20': {
      before: [9, 8, 7, 6, 5].map(usual),
      payment: { ...usual(0), at: '0', amount: 200 },
      expected: { score: 0, reasons: [] },
    },
    'four payments are no average': {
      before: [9, 8, 7, 6].map(usual),
      payment: { ...usual(0), at: '0', amount: 9000 },
      expected: { score: 0, reasons: [] },
    },
    'nor are payments in another currency': {
      before: [9, 8, 7, 6, 5].map((days) => ({ ...usual(days), currency: 'USD' })),
      payment: { ...usual(0), at: '0', amount: 9000 },
      expected: { score: 0, reasons: [] },
    },
    'nor payments that failed': {
      before: [9, 8, 7, 6, 5].map((days) => ({ ...usual(days), status: 'failed' })),
      payment: { ...usual(0), at: '0', amount: 9000 },
      expected: { score: 0, reasons: [] },
    },
    'nor what was long ago': {
      before: [99, 98, 97, 96, 95].map(usual),
      payment: { ...usual(0), at: '0', amount: 9000, device: laptop },
      expected: { score: 0, reasons: [] },
    },
    'a device that was never seen': {
      before: [usual(5)],
      payment: { ...usual(0), at: '0', device: laptop },
      expected: { score: 15, reasons: ['device'] },
    },
    'a device that was seen before another one': {
      before: [{ ...usual(6), device: laptop }, usual(5)],
      payment: { ...usual(0), at: '0', device: laptop },
      expected: { score: 0, reasons: [] },
    },
    'another country than five hours ago': {
      before: [{ ...usual(0), at: '5 hours' }],
      payment: { ...usual(0), at: '0', country: 'BR' },
      expected: { score: 30, reasons: ['country'] },
    },
    'another country than two days ago': {
      before: [usual(2)],
      payment: { ...usual(0), at: '0', country: 'BR' },
      expected: { score: 0, reasons: [] },
    },
    'everything at once: more than 100 is 100': {
      before: [...[9, 8, 7, 6, 5].map(usual), ...Array.from({ length: 5 }, () => ({ ...usual(0), at: '1 minute' }))],
      payment: { at: '0', amount: 500, device: laptop, country: 'BR' },
      expected: { score: 100, reasons: ['amount', 'country', 'device', 'velocity'] },
    },
  }
  test.each(Object.entries(cases))('%s', async (_, { before, payment, expected }) => {
    const customer = await newCustomer(owner)
    for (const earlier of before) await paid(customer, earlier)
    expect(await score(await paid(customer, payment))).toEqual(expected)
  })

  test('what comes later does not count, nor what others pay', async () => {
    const [customer, other] = [await newCustomer(owner), await newCustomer(owner)]
    const payment = await paid(customer, { at: '1 hour', device: phone, country: 'DE' })
    for (let n = 0; n < 6; n++) await paid(customer, { at: '30 minutes', device: laptop, country: 'US' })
    for (let n = 0; n < 6; n++) await paid(other, { at: '61 minutes', device: laptop, country: 'US' })
    expect(await score(payment)).toEqual({ score: 0, reasons: [] })
  })

  test('a payment is assessed once; the decision follows from the score', async () => {
    const customer = await newCustomer(owner)
    for (let n = 0; n < 5; n++) await paid(customer, { at: '2 minutes', country: 'DE' })
    const assess = (payment: string) => one(app, 'SELECT row_to_json(compliance.assess_payment($1))', [payment])
    const payment = await paid(customer, { at: '0', country: 'BR', status: 'pending' })
    const first = await assess(payment)
    expect(first).toMatchObject({ score: 70, reasons: ['country', 'velocity'], decision: 'decline' })
    for (let n = 0; n < 3; n++) await paid(customer, { at: '1 minute' })
    expect(await assess(payment)).toEqual(first)
    const doubtful = await paid(customer, { at: '0', country: 'BR' })
    expect(await assess(doubtful)).toMatchObject({ score: 40, decision: 'review', reviewed_at: null })
    const review = () => app.query('SELECT compliance.review_assessment($1)', [doubtful])
    await review()
    expect(await assess(doubtful)).toMatchObject({ score: 40, reviewed_at: expect.any(String) })
    await expect(review()).rejects.toMatchObject({ code: 'P0002' })
  })

  test('the job scores what nobody has scored, in batches, and once', async () => {
    await owner.query('DELETE FROM compliance.fraud_assessments')
    const total = await one<number>(owner, `SELECT count(*)::int FROM payments.payments WHERE created_at > now() - interval '1 day'`)
    expect(total).toBeGreaterThan(10)
    await owner.query('CALL compliance.detect_fraud(batch => 5)')
    const assessed = () => one(owner, 'SELECT count(*)::int FROM compliance.fraud_assessments')
    expect(await assessed()).toBe(5)
    await owner.query('CALL compliance.detect_fraud()')
    await owner.query('CALL compliance.detect_fraud()')
    expect(await assessed()).toBe(total)
  })
})

describe('aml', () => {
  /** Alerts of one customer for the first half of 2025. */
  const alerts = async ({ id }: Customer) =>
    (
      await owner.query(
        `SELECT screen, day::text, amount::float, payments::int FROM compliance.screen_payments('2025-01-01', '2025-07-01') WHERE customer_id = $1 ORDER BY 1, 2`,
        [id],
      )
    ).rows.map(({ screen, day, amount, payments }) => `${screen} ${day} ${amount} ${payments}`)

  const cases: Record<string, { payments: Paid[]; expected: string[] }> = {
    'a large amount': { payments: [{ at: '2025-03-01T10:00Z', amount: 10_000 }], expected: ['large_amount 2025-03-01 10000 1'] },
    'a cent less': { payments: [{ at: '2025-03-01T10:00Z', amount: 9999.99 }], expected: [] },
    'a large amount that failed': { payments: [{ at: '2025-03-01T10:00Z', amount: 10_000, status: 'failed' }], expected: [] },
    'two large amounts on one day, and one on the next': {
      payments: ['2025-03-01T10:00Z', '2025-03-01T23:59Z', '2025-03-02T00:00Z'].map((at) => ({ at, amount: 10_000 })),
      expected: ['large_amount 2025-03-01 10000 1', 'large_amount 2025-03-02 10000 1'],
    },
    'structuring: three just below the line within three days': {
      payments: ['2025-03-01T10:00Z', '2025-03-02T10:00Z', '2025-03-04T09:59Z'].map((at) => ({ at, amount: 4000 })),
      expected: ['structuring 2025-03-04 12000 3'],
    },
    'the same within more than three days': {
      payments: ['2025-03-01T10:00Z', '2025-03-02T10:00Z', '2025-03-04T10:00Z'].map((at) => ({ at, amount: 4000 })),
      expected: [],
    },
    'three that together stay below': {
      payments: ['2025-03-01T10:00Z', '2025-03-02T10:00Z', '2025-03-03T10:00Z'].map((at) => ({ at, amount: 3333.33 })),
      expected: [],
    },
    'three that together are the line': {
      payments: [3333.33, 3333.33, 3333.34].map((amount, n) => ({ at: `2025-03-0${n + 1}T10:00Z`, amount })),
      expected: ['structuring 2025-03-03 10000 3'],
    },
    'small ones do not count as structuring': {
      payments: [9000, 2999.99, 2999.99, 2999.99].map((amount, n) => ({ at: `2025-03-01T1${n}:00Z`, amount })),
      expected: [],
    },
    'two currencies are not added up': {
      payments: [{ currency: 'EUR' }, { currency: 'USD' }, { currency: 'EUR' }].map((more, n) => ({
        at: `2025-03-01T1${n}:00Z`,
        amount: 6000,
        ...more,
      })),
      expected: [],
    },
    'velocity: twenty within a day, 5000 together': {
      payments: Array.from({ length: 20 }, (_, n) => ({ at: `2025-03-01T${String(n).padStart(2, '0')}:00Z`, amount: 250 })),
      expected: ['velocity 2025-03-01 5000 20'],
    },
    nineteen: {
      payments: Array.from({ length: 19 }, (_, n) => ({ at: `2025-03-01T${String(n).padStart(2, '0')}:00Z`, amount: 500 })),
      expected: [],
    },
    'twenty small ones': {
      payments: Array.from({ length: 20 }, (_, n) => ({ at: `2025-03-01T${String(n).padStart(2, '0')}:00Z`, amount: 249.99 })),
      expected: [],
    },
  }
  test.each(Object.entries(cases))('%s', async (_, { payments, expected }) => {
    const customer = await newCustomer(owner)
    for (const payment of payments) await paid(customer, payment)
    expect(await alerts(customer)).toEqual(expected)
  })

  test('the job raises each alert once, and leaves those that were decided', async () => {
    const customer = await newCustomer(owner)
    await paid(customer, { at: '1 hour', amount: 12_000 })
    const raised = async () =>
      (await app.query('SELECT id, screen, amount, status FROM compliance.aml_alerts WHERE customer_id = $1', [customer.id])).rows
    await owner.query('CALL compliance.run_aml_screens()')
    const [alert] = await raised()
    expect(alert).toMatchObject({ screen: 'large_amount', amount: '12000.0000', status: 'open' })
    await expect(app.query(`SELECT compliance.close_aml_alert($1, NULL, '')`, [alert.id])).rejects.toMatchObject({ code: '23502' })
    await app.query(`SELECT compliance.close_aml_alert($1, true, 'reported to the FIU')`, [alert.id])
    await owner.query('CALL compliance.run_aml_screens()')
    expect(await raised()).toEqual([{ ...alert, status: 'reported' }])
    await expect(app.query(`SELECT compliance.close_aml_alert($1, false, 'after all')`, [alert.id])).rejects.toMatchObject({
      code: 'TR005',
    })
    await expect(app.query(`SELECT compliance.close_aml_alert(-1, false, '')`)).rejects.toMatchObject({ code: 'P0002' })
    for (const change of ['customer_id = gen_random_uuid()', 'amount = 1', 'closed_at = now()'])
      await expect(app.query(`UPDATE compliance.aml_alerts SET ${change} WHERE id = $1`, [alert.id]), change).rejects.toMatchObject({
        code: 'TR005',
      })
    const { rows } = await app.query(`SELECT to_status FROM compliance.case_events WHERE case_kind = 'aml' AND case_key = $1 ORDER BY id`, [
      alert.id,
    ])
    expect(rows.map(({ to_status }) => to_status)).toEqual(['open', 'reported'])
  })
})

describe('kyc', () => {
  const open = (customer = randomUUID()) => one<string>(app, `SELECT compliance.open_kyc_case($1, 'basic')`, [customer])
  const legal: Record<string, Record<string, string>> = {
    open: { review: 'in_review', reject: 'rejected' },
    in_review: { reopen: 'open', approve: 'approved', reject: 'rejected' },
    approved: { expire: 'expired' },
    rejected: {},
    expired: {},
  }
  const calls: Record<string, (id: string) => Promise<unknown>> = {
    review: (id) => app.query(`UPDATE compliance.kyc_cases SET status = 'in_review' WHERE id = $1`, [id]),
    reopen: (id) => app.query(`UPDATE compliance.kyc_cases SET status = 'open' WHERE id = $1`, [id]),
    approve: (id) => app.query(`SELECT compliance.decide_kyc_case($1, true, 'low', 'fine')`, [id]),
    reject: (id) => app.query(`SELECT compliance.decide_kyc_case($1, false, NULL, 'forged')`, [id]),
    expire: (id) => app.query(`UPDATE compliance.kyc_cases SET status = 'expired', ended_at = now() WHERE id = $1`, [id]),
  }

  test('no sequence of steps reaches an illegal state', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...Object.keys(calls)), { minLength: 1, maxLength: 8 }), async (sequence) => {
        const id = await open()
        let status = 'open'
        for (const call of sequence) {
          const outcome = await calls[call]!(id).then(
            () => 'done',
            ({ code }) => code,
          )
          const next = legal[status]![call]
          // Some are no step at all: to where it is already.
          if (next) expect([status, call, outcome]).toEqual([status, call, 'done'])
          else if (outcome !== 'done') expect(['TR005', '23514']).toContain(outcome)
          status = next ?? status
          expect(await one(app, 'SELECT status FROM compliance.kyc_cases WHERE id = $1', [id])).toBe(status)
        }
      }),
      { numRuns: 60 },
    )
  }, 60_000)

  test.each([
    ['low', '5 years'],
    ['medium', '2 years'],
    ['high', '1 year'],
  ])('an approval at %s risk holds for %s, and ends by a job', async (risk, period) => {
    const customer = randomUUID()
    const verified = (at = '0') => one(app, `SELECT compliance.is_verified($1, now() + $2::interval)`, [customer, at])
    const id = await open(customer)
    await expect(open(customer)).rejects.toMatchObject({ code: '23505', constraint: 'kyc_cases_current_key' })
    expect(await verified()).toBe(false)
    await calls.review!(id)
    await app.query(`SELECT compliance.decide_kyc_case($1, true, $2, 'fine')`, [id, risk])
    expect([await verified(), await verified(`${period} -1 minute`), await verified(`${period} 1 minute`)]).toEqual([true, true, false])
    await owner.query('ALTER TABLE compliance.kyc_cases DISABLE TRIGGER guard')
    await owner.query(
      `UPDATE compliance.kyc_cases SET opened_at = opened_at - interval '9 years', decided_at = decided_at - interval '9 years',
      expires_at = expires_at - interval '9 years' WHERE id = $1`,
      [id],
    )
    await owner.query('ALTER TABLE compliance.kyc_cases ENABLE TRIGGER guard')
    await owner.query('CALL compliance.expire_kyc_cases()')
    expect(await one(app, 'SELECT status FROM compliance.kyc_cases WHERE id = $1', [id])).toBe('expired')
    const { rows } = await app.query('SELECT from_status, to_status FROM compliance.case_events WHERE case_key = $1 ORDER BY id', [id])
    expect(rows.map(({ to_status }) => to_status)).toEqual(['open', 'in_review', 'approved', 'expired'])
  })

  test('an approval without a risk is refused, and so is a case that is not there', async () => {
    const id = await open()
    await calls.review!(id)
    await expect(app.query(`SELECT compliance.decide_kyc_case($1, true, NULL, '')`, [id])).rejects.toMatchObject({ code: '23514' })
    await expect(app.query(`SELECT compliance.decide_kyc_case($1, true, 'low', '')`, [randomUUID()])).rejects.toMatchObject({
      code: 'P0002',
    })
  })

  test('a case stays with its customer, and a decision as it was', async () => {
    const id = await open()
    await calls.review!(id)
    await calls.approve!(id)
    for (const change of [
      'customer_id = gen_random_uuid()',
      'id = gen_random_uuid()',
      `expires_at = expires_at + interval '1 day'`,
      `risk = 'high'`,
    ])
      await expect(app.query(`UPDATE compliance.kyc_cases SET ${change} WHERE id = $1`, [id]), change).rejects.toMatchObject({
        code: 'TR005',
      })
    await app.query(`UPDATE compliance.kyc_cases SET note = 'seen again' WHERE id = $1`, [id])
  })

  test('the trail of cases cannot be changed', async () => {
    await open()
    for (const statement of [
      `UPDATE compliance.case_events SET actor = 'nobody'`,
      'DELETE FROM compliance.case_events',
      'TRUNCATE compliance.case_events',
    ])
      await expect(owner.query(statement)).rejects.toMatchObject({ code: 'TR002' })
  })
})
