// Every index is used by the query that it is for, at 100,000 payments.
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { indexesOf, usedIndexes } from '../../support/index-plan.ts'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { one } from './customers.ts'

type Case = { readonly index: string; readonly query: string } | { readonly index: string; readonly duplicate: string }

let db: ServiceDatabase
let owner: pg.Client

beforeAll(async () => {
  db = await serviceDatabase('payments')
  await db.seed(10)
  owner = await db.connect('owner')
  await owner.query('CALL billing.refresh_reports()')
  // Alerts that were dealt with pile up over the years; the seed has those of one.
  await owner.query(`INSERT INTO compliance.aml_alerts (customer_id, screen, currency, day, payment_id, amount, payments, status, raised_at, closed_at)
    SELECT customer_id, 'velocity', currency, (created_at AT TIME ZONE 'UTC')::date, id, 5000, 20, 'dismissed', created_at, created_at
    FROM payments.payments LIMIT 20000 ON CONFLICT DO NOTHING`)
  await owner.query('ANALYZE compliance.aml_alerts')
})
afterAll(async () => {
  await owner?.end()
  await db?.close()
})

const customer = `(SELECT customer_id FROM billing.subscriptions WHERE status = 'active' LIMIT 1)`

// Queries of the functions, of the application, and of foreign keys.
const cases: Case[] = [
  { index: 'payment_methods_token_key', query: `SELECT id FROM payments.payment_methods WHERE token = 'tok_abcdefghijklmnop'` },
  {
    index: 'payment_methods_customer_idx',
    query: `SELECT id, brand, last_four, expires_on FROM payments.payment_methods WHERE customer_id = ${customer} AND removed_at IS NULL`,
  },
  {
    index: 'payments_customer_idx',
    query: `SELECT * FROM payments.payments WHERE customer_id = ${customer} ORDER BY created_at DESC LIMIT 20`,
  },
  {
    index: 'payments_method_idx',
    query: `SELECT count(*) FROM payments.payments WHERE method_id = (SELECT id FROM payments.payment_methods LIMIT 1)`,
  },
  { index: 'payments_provider_reference_key', query: `SELECT id FROM payments.payments WHERE provider_reference = 'pi_abc'` },
  {
    index: 'payments_unfinished_idx',
    query: `SELECT stale.id FROM payments.payments AS stale WHERE stale.status IN ('pending', 'authorized') AND stale.created_at < '2025-12-31'
      ORDER BY stale.created_at LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED`,
  },
  {
    index: 'payments_created_brin',
    query: `SELECT currency, sum(amount) FROM payments.payments WHERE created_at >= '2025-12-01' AND created_at < '2025-12-02' GROUP BY currency`,
  },
  {
    index: 'payment_events_payment_idx',
    query: 'SELECT * FROM payments.payment_events WHERE payment_id = (SELECT id FROM payments.payments LIMIT 1) ORDER BY id',
  },
  {
    index: 'payment_events_occurred_brin',
    query: `SELECT ctid FROM payments.payment_events WHERE occurred_at < now() - interval '7 years' LIMIT 10000`,
  },
  {
    index: 'ledger_accounts_holder_key',
    query: `SELECT id FROM payments.ledger_accounts WHERE customer_id IS NOT DISTINCT FROM NULL AND kind = 'clearing' AND currency = 'EUR'`,
  },
  { index: 'ledger_transactions_reverses_key', query: 'SELECT id FROM payments.ledger_transactions WHERE reverses = 17' },
  {
    index: 'ledger_transactions_payment_idx',
    query: 'SELECT * FROM payments.ledger_transactions WHERE payment_id = (SELECT id FROM payments.payments LIMIT 1)',
  },
  {
    index: 'ledger_transactions_booked_brin',
    query: `SELECT * FROM payments.ledger_transactions WHERE booked_at >= '2025-12-01' AND booked_at < '2025-12-02' ORDER BY booked_at`,
  },
  {
    index: 'ledger_entries_account_idx',
    query: `SELECT header.id, entry.amount FROM payments.ledger_entries AS entry JOIN payments.ledger_transactions AS header ON header.id = entry.transaction_id
      WHERE entry.account_id = 4711 AND entry.transaction_id < 9223372036854775807 ORDER BY entry.transaction_id DESC LIMIT 50`,
  },
  {
    index: 'idempotency_keys_created_idx',
    query: `SELECT ctid FROM payments.idempotency_keys WHERE created_at < timestamptz '2026-01-31' - interval '90 days' LIMIT 10000`,
  },
  { index: 'daily_volumes_key', query: `SELECT * FROM payments.daily_volumes WHERE day = '2025-12-01'` },
  {
    index: 'subscriptions_running_key',
    query: `SELECT * FROM billing.subscriptions WHERE customer_id = (SELECT customer_id FROM payments.payments LIMIT 1) AND status <> 'canceled'`,
  },
  { index: 'subscriptions_plan_idx', query: `SELECT count(*) FROM billing.subscriptions WHERE plan_code = 'premium-eur'` },
  {
    index: 'subscriptions_renewal_idx',
    query: `SELECT * FROM billing.subscriptions AS due WHERE due.status <> 'canceled' AND due.period_end <= '2026-01-04'
      ORDER BY due.period_end LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED`,
  },
  { index: 'invoices_number_key', query: 'SELECT * FROM billing.invoices WHERE number = 4711' },
  { index: 'invoices_transaction_key', query: 'SELECT id FROM billing.invoices WHERE transaction_id = 154711' },
  {
    index: 'invoices_period_key',
    duplicate: `INSERT INTO billing.invoices (subscription_id, kind, total, currency, period_start, period_end, due_at, next_attempt_at)
      SELECT subscription_id, kind, total, currency, period_start, period_end, now(), now() FROM billing.invoices LIMIT 1`,
  },
  {
    index: 'invoices_subscription_idx',
    query: 'SELECT * FROM billing.invoices WHERE subscription_id = (SELECT id FROM billing.subscriptions LIMIT 1) ORDER BY issued_at DESC',
  },
  {
    index: 'invoices_dunning_idx',
    query: `SELECT * FROM billing.invoices AS due WHERE due.status = 'open' AND due.next_attempt_at <= '2026-01-01'
      ORDER BY due.next_attempt_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED`,
  },
  { index: 'monthly_revenue_key', duplicate: 'INSERT INTO billing.monthly_revenue SELECT * FROM billing.monthly_revenue' },
  {
    index: 'kyc_cases_current_key',
    query: `SELECT * FROM compliance.kyc_cases WHERE customer_id = ${customer} AND status IN ('open', 'in_review')`,
  },
  {
    index: 'kyc_cases_customer_idx',
    query: `SELECT FROM compliance.kyc_cases AS approved WHERE approved.customer_id = ${customer} AND approved.status = 'approved' AND approved.expires_at > now()`,
  },
  {
    index: 'kyc_cases_expiry_idx',
    query: `SELECT stale.id FROM compliance.kyc_cases AS stale WHERE stale.status = 'approved' AND stale.expires_at <= '2025-02-01'
      ORDER BY stale.expires_at LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED`,
  },
  { index: 'case_events_case_idx', query: `SELECT * FROM compliance.case_events WHERE case_kind = 'aml' AND case_key = '17' ORDER BY id` },
  {
    index: 'case_events_occurred_brin',
    query: `SELECT ctid FROM compliance.case_events WHERE occurred_at < now() - interval '7 years' LIMIT 10000`,
  },
  {
    index: 'fraud_assessments_review_idx',
    query: `SELECT * FROM compliance.fraud_assessments WHERE decision = 'review' AND reviewed_at IS NULL ORDER BY score DESC, assessed_at LIMIT 50`,
  },
  {
    index: 'fraud_assessments_reasons_gin',
    query: `SELECT payment_id, score FROM compliance.fraud_assessments WHERE reasons @> ARRAY['country', 'velocity']`,
  },
  {
    index: 'aml_alerts_day_key',
    duplicate: `INSERT INTO compliance.aml_alerts (customer_id, screen, currency, day, payment_id, amount, payments)
      SELECT customer_id, screen, currency, day, payment_id, amount, payments FROM compliance.aml_alerts LIMIT 1`,
  },
  {
    index: 'aml_alerts_payment_idx',
    query: 'SELECT * FROM compliance.aml_alerts WHERE payment_id = (SELECT id FROM payments.payments LIMIT 1)',
  },
  {
    index: 'aml_alerts_open_idx',
    query: `SELECT * FROM compliance.aml_alerts WHERE status IN ('open', 'investigating') ORDER BY raised_at LIMIT 50`,
  },
]

test('the tables are as large as they have to be, and right', async () => {
  for (const table of [
    'payments.payments',
    'payments.ledger_transactions',
    'payments.ledger_entries',
    'payments.payment_events',
    'compliance.fraud_assessments',
  ])
    expect(await one<number>(owner, `SELECT count(*)::int FROM ${table}`), table).toBeGreaterThanOrEqual(100_000)
  expect((await owner.query('SELECT * FROM payments.verify_ledger()')).rows).toEqual([])
})

test.each(cases)('$index', async (one) => {
  if ('query' in one) expect(await usedIndexes(owner, one.query)).toContain(one.index)
  else if (one.index === 'monthly_revenue_key') {
    // REFRESH ... CONCURRENTLY needs it.
    await owner.query('BEGIN; DROP INDEX billing.monthly_revenue_key')
    await expect(owner.query('CALL billing.refresh_reports()')).rejects.toMatchObject({ code: '55000' })
    await owner.query('ROLLBACK')
  } else await expect(owner.query(one.duplicate)).rejects.toMatchObject({ code: '23505', constraint: one.index })
})

test('no index is missing from this list', async () => {
  expect(cases.map(({ index }) => index).sort()).toEqual(await indexesOf(owner, ['payments', 'billing', 'compliance']))
})
