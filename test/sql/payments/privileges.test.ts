// Who may do what: the application moves money through functions only, analytics sees totals.
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'

let db: ServiceDatabase
let app: pg.Client
let analytics: pg.Client

beforeAll(async () => {
  db = await serviceDatabase('payments')
  app = await db.connect('app')
  analytics = await db.connect('analytics')
})
afterAll(async () => {
  await app?.end()
  await analytics?.end()
  await db?.close()
})

test.each([
  'UPDATE payments.account_balances SET balance = 0',
  `INSERT INTO payments.ledger_transactions (kind, lines) VALUES ('adjustment', 2)`,
  'INSERT INTO payments.ledger_entries (transaction_id, line, account_id, amount) VALUES (1, 1, 1, 1)',
  `INSERT INTO payments.ledger_accounts (kind, currency) VALUES ('clearing', 'EUR')`,
  `UPDATE payments.payments SET status = 'captured'`,
  'DELETE FROM payments.payments',
  'DELETE FROM payments.payment_methods',
  `INSERT INTO payments.payment_events (payment_id, to_status, actor) VALUES (gen_random_uuid(), 'pending', 'me')`,
  'DELETE FROM payments.idempotency_keys',
  'SELECT FROM payments.balance_checks',
  'UPDATE billing.plans SET price = 0',
  `UPDATE billing.invoices SET status = 'void'`,
  'UPDATE compliance.fraud_rules SET weight = 0',
  'DELETE FROM compliance.aml_alerts',
  'DELETE FROM compliance.kyc_cases',
  `INSERT INTO compliance.case_events (case_kind, case_key, to_status, actor) VALUES ('kyc', 'x', 'open', 'me')`,
  // The steps that functions are made of, called by themselves: each would make money, or tear what goes together apart.
  `SELECT payments.post('adjustment', '{1,2}', '{-1000,1000}')`,
  `SELECT payments.claim_key(gen_random_uuid(), 'key', '[]')`,
  `SELECT payments.keep_answer(gen_random_uuid(), 'key', 'done')`,
  'SELECT payments.lock_payment(gen_random_uuid())',
  `SELECT billing.issue_invoice(gen_random_uuid(), 'change', '2026-04-01', '2026-05-01', '[{"kind": "plan", "description": "", "amount": -500}]')`,
  'SELECT billing.lock_subscription(gen_random_uuid())',
  // A case begins open; a score is what the rules say.
  `INSERT INTO compliance.kyc_cases (customer_id, level, status, risk, decided_at, expires_at) VALUES
     (gen_random_uuid(), 'basic', 'approved', 'low', now(), now() + interval '9 years')`,
  `INSERT INTO compliance.fraud_assessments (payment_id, score, reasons) VALUES (gen_random_uuid(), 0, '{}')`,
  'UPDATE compliance.fraud_assessments SET score = 0',
  // With a trigger of its own it could use the functions that write trails.
  'CREATE TEMP TABLE forged (id uuid, status text)',
  'CALL payments.expire_payments()',
  'CALL billing.renew_subscriptions()',
  'CALL compliance.run_aml_screens()',
])('the application may not: %s', async (statement) => {
  await expect(app.query(statement)).rejects.toMatchObject({ code: '42501' })
})

test('analytics reads totals and plans, nothing about a customer', async () => {
  const { rows } = await analytics.query(
    `SELECT format('%s.%s', relnamespace::regnamespace, relname) AS name FROM pg_class
     WHERE relnamespace::regnamespace::text IN ('payments', 'billing', 'compliance') AND relkind IN ('r', 'v', 'm', 'p')
       AND has_any_column_privilege(oid, 'SELECT') AND has_schema_privilege(relnamespace, 'USAGE') ORDER BY 1`,
  )
  expect(rows.map(({ name }) => name)).toEqual(['billing.monthly_revenue', 'billing.plans', 'payments.daily_volumes'])
  await expect(analytics.query(`SELECT payments.account(NULL, 'clearing', 'EUR')`)).rejects.toMatchObject({ code: '42501' })
})

test('every function with the rights of the owner has a fixed search path, and nobody but the application may call it', async () => {
  const { rows } = await app.query(
    `SELECT oid::regprocedure::text AS name FROM pg_proc
     WHERE prosecdef AND pronamespace::regnamespace::text IN ('payments', 'billing', 'compliance')
       AND (coalesce(array_to_string(proconfig, ','), '') <> 'search_path=pg_catalog, pg_temp' OR has_function_privilege('public', oid, 'EXECUTE'))`,
  )
  expect(rows).toEqual([])
})
