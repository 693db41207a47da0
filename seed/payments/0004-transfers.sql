-- Small transfers between wallets of the same currency, in the last 60 days.

INSERT INTO payments.ledger_transactions (id, kind, lines, description, booked_at)
SELECT 11000 * pg_temp.scale() + n, 'transfer', 2, 'between wallets',
  pg_temp.until() + interval '60 days' * (n / (4000.0::double precision * pg_temp.scale()) - 1)
FROM generate_series(1, 4000 * pg_temp.scale()) AS n;

INSERT INTO payments.ledger_entries (transaction_id, line, account_id, amount)
SELECT
  11000 * pg_temp.scale() + n,
  side.line,
  -- Ten customers on is the same currency again.
  101 + (pg_temp.draw_int('sender', n, 0, 1000 * pg_temp.scale() - 1) + 10 * (side.line - 1)) % (1000 * pg_temp.scale()),
  pg_temp.draw_int('transferred cents', n, 100, 2000) / 100.00 * side.sign
FROM generate_series(1, 4000 * pg_temp.scale()) AS n
CROSS JOIN (VALUES (1, -1), (2, 1)) AS side (line, sign);

INSERT INTO payments.idempotency_keys (customer_id, key, request_hash, answer, created_at)
SELECT
  pg_temp.key('account', 1 + pg_temp.draw_int('sender', n, 0, 1000 * pg_temp.scale() - 1)),
  'transfer-' || n,
  sha256(int8send(n)),
  11000 * pg_temp.scale() + n,
  pg_temp.until() + interval '60 days' * (n / (4000.0::double precision * pg_temp.scale()) - 1)
FROM generate_series(1, 4000 * pg_temp.scale()) AS n;
