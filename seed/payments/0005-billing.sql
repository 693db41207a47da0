-- Plans; the subscriptions of customers who are there for half a year, in their fifth month; and an invoice for each of these months.

INSERT INTO billing.plans (code, name, price, currency, months)
SELECT tier || suffix || '-' || lower(currency), initcap(tier) || title, price * factor, currency, months
FROM (VALUES ('starter', 9.99), ('pro', 29.99), ('premium', 49.99)) AS tiers (tier, price)
CROSS JOIN (VALUES ('', '', 1, 1), ('-yearly', ', yearly', 12, 10)) AS periods (suffix, title, months, factor)
CROSS JOIN (VALUES ('USD'), ('EUR')) AS units (currency);

INSERT INTO billing.subscriptions
  (id, customer_id, plan_code, status, anchor, period_number, period_start, period_end, started_at, ended_at)
SELECT
  pg_temp.key('subscription', n),
  pg_temp.key('account', n),
  (ARRAY['starter', 'starter', 'pro', 'premium'])[pg_temp.draw_int('plan', n, 1, 4)] || CASE WHEN n % 10 < 7 THEN '-usd' ELSE '-eur' END,
  CASE
    WHEN pg_temp.draw('canceled', n) < 0.1 THEN 'canceled'
    WHEN pg_temp.draw('unpaid', n) < 0.05 AND billing.period_start(anchor, 1, 4) + 14 < last_day THEN 'past_due'
    ELSE 'active'
  END,
  anchor,
  4,
  billing.period_start(anchor, 1, 4),
  billing.period_start(anchor, 1, 5),
  anchor::timestamp AT TIME ZONE 'UTC',
  CASE WHEN pg_temp.draw('canceled', n) < 0.1 THEN pg_temp.until() - interval '1 hour' END
FROM generate_series(1, 1000 * pg_temp.scale()) AS n
CROSS JOIN LATERAL (SELECT
  (pg_temp.until() AT TIME ZONE 'UTC')::date,
  (pg_temp.until() AT TIME ZONE 'UTC' - interval '4 months')::date - pg_temp.draw_int('anchor', n, 1, 27)::integer
) AS days (last_day, anchor)
CROSS JOIN LATERAL pg_temp.draw_time('account created', n, pg_temp.until() - interval '2 years', pg_temp.until()) AS opened_at
WHERE opened_at < pg_temp.until() - interval '6 months';

-- The number of an invoice says which it is: five for each customer.
INSERT INTO payments.ledger_transactions (id, kind, lines, description, booked_at)
SELECT 15000 * pg_temp.scale() + number, 'invoice', 2, 'invoice ' || number, issued_at + interval '1 hour'
FROM (
  SELECT
    5 * (wallet.id - 101) + month + 1,
    billing.period_start(anchor, 1, month)::timestamp AT TIME ZONE 'UTC',
    month = 4 AND status <> 'canceled' AND pg_temp.draw('unpaid', wallet.id - 100) < 0.05
  FROM billing.subscriptions JOIN payments.ledger_accounts AS wallet USING (customer_id) CROSS JOIN generate_series(0, 4) AS month
) AS invoices (number, issued_at, unpaid)
WHERE NOT unpaid
ORDER BY number;

INSERT INTO payments.ledger_entries (transaction_id, line, account_id, amount)
SELECT
  header.id,
  side.line,
  CASE WHEN side.line = 1 THEN wallet.id ELSE CASE plan.currency WHEN 'USD' THEN 3 ELSE 4 END END,
  plan.price * side.sign
FROM payments.ledger_transactions AS header
JOIN payments.ledger_accounts AS wallet ON wallet.id = 101 + (header.id - 15000 * pg_temp.scale() - 1) / 5
JOIN billing.subscriptions AS subscribed ON subscribed.customer_id = wallet.customer_id
JOIN billing.plans AS plan ON plan.code = subscribed.plan_code
CROSS JOIN (VALUES (1, -1), (2, 1)) AS side (line, sign)
WHERE header.kind = 'invoice'
ORDER BY header.id, side.line;

SELECT setval('payments.ledger_transactions_id_seq', 20000 * pg_temp.scale());

INSERT INTO billing.invoices
  (id, number, subscription_id, kind, status, total, currency, period_start, period_end, issued_at, due_at, paid_at,
    transaction_id, attempts, next_attempt_at)
SELECT
  pg_temp.key('invoice', number),
  number,
  subscription_id,
  'period',
  CASE WHEN header.id IS NULL THEN 'open' ELSE 'paid' END,
  price,
  currency,
  billing.period_start(anchor, 1, month),
  billing.period_start(anchor, 1, month + 1),
  issued_at,
  due_at,
  header.booked_at,
  header.id,
  CASE WHEN header.id IS NULL AND due_at < pg_temp.until() THEN 1 ELSE 0 END,
  CASE WHEN header.id IS NULL THEN billing.next_attempt(due_at, CASE WHEN due_at < pg_temp.until() THEN 1 ELSE 0 END) END
FROM (
  SELECT
    subscribed.id, anchor, month, price, plan.currency,
    5 * (wallet.id - 101) + month + 1,
    billing.period_start(anchor, 1, month)::timestamp AT TIME ZONE 'UTC',
    billing.period_start(anchor, 1, month)::timestamp AT TIME ZONE 'UTC' + interval '14 days'
  FROM billing.subscriptions AS subscribed
  JOIN billing.plans AS plan ON plan.code = subscribed.plan_code
  JOIN payments.ledger_accounts AS wallet ON wallet.customer_id = subscribed.customer_id
  CROSS JOIN generate_series(0, 4) AS month
) AS owed (subscription_id, anchor, month, price, currency, number, issued_at, due_at)
LEFT JOIN payments.ledger_transactions AS header ON header.id = 15000 * pg_temp.scale() + number AND header.kind = 'invoice'
ORDER BY number;

SELECT setval('billing.invoices_number_seq', 5000 * pg_temp.scale());

INSERT INTO billing.invoice_lines (invoice_id, line, kind, description, amount)
SELECT invoice.id, 1, 'plan', plan.name, invoice.total
FROM billing.invoices AS invoice
JOIN billing.subscriptions AS subscribed ON subscribed.id = invoice.subscription_id
JOIN billing.plans AS plan ON plan.code = subscribed.plan_code;
