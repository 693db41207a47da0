-- The accounts, and the transactions of the payments. Ids of transactions lie in ranges: up to 10,000 per scale payments, then
-- refunds, from 11,000 transfers, from 15,000 invoices.

INSERT INTO payments.ledger_accounts (id, kind, currency, opened_at)
VALUES
  (1, 'clearing', 'USD', pg_temp.until() - interval '3 years'), (2, 'clearing', 'EUR', pg_temp.until() - interval '3 years'),
  (3, 'revenue', 'USD', pg_temp.until() - interval '3 years'), (4, 'revenue', 'EUR', pg_temp.until() - interval '3 years'),
  (5, 'chargebacks', 'USD', pg_temp.until() - interval '3 years'), (6, 'chargebacks', 'EUR', pg_temp.until() - interval '3 years');

INSERT INTO payments.ledger_accounts (id, customer_id, kind, currency, opened_at)
SELECT
  100 + n,
  pg_temp.key('account', n),
  'wallet',
  CASE WHEN n % 10 < 7 THEN 'USD' ELSE 'EUR' END,
  pg_temp.draw_time('account created', n, pg_temp.until() - interval '2 years', pg_temp.until())
FROM generate_series(1, 1000 * pg_temp.scale()) AS n;

SELECT setval('payments.ledger_accounts_id_seq', 100 + 1000 * pg_temp.scale());

INSERT INTO payments.ledger_transactions (id, kind, lines, payment_id, booked_at)
SELECT row_number() OVER (ORDER BY captured_at, id), 'payment', 2, id, captured_at
FROM payments.payments
WHERE captured_at IS NOT NULL
ORDER BY captured_at, id;

INSERT INTO payments.ledger_transactions (id, kind, lines, payment_id, description, booked_at)
SELECT 10000 * pg_temp.scale() + row_number() OVER (ORDER BY captured_at, id), 'refund', 2, id, 'refund', captured_at + interval '1 day'
FROM payments.payments
WHERE status = 'refunded'
ORDER BY captured_at, id;

INSERT INTO payments.ledger_entries (transaction_id, line, account_id, amount)
SELECT
  header.id,
  side.line,
  CASE WHEN side.line = 1 THEN CASE paid.currency WHEN 'USD' THEN 1 ELSE 2 END ELSE wallet.id END,
  paid.amount * side.sign * CASE header.kind WHEN 'refund' THEN -1 ELSE 1 END
FROM payments.ledger_transactions AS header
JOIN payments.payments AS paid ON paid.id = header.payment_id
JOIN payments.ledger_accounts AS wallet ON wallet.customer_id = paid.customer_id
CROSS JOIN (VALUES (1, -1), (2, 1)) AS side (line, sign)
ORDER BY header.id, side.line;
