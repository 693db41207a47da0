-- The first payment of each customer when the account is made, and nine more at any time of the last 180 days; in the order of time.
-- OFFSET 0: each value is drawn once, not wherever it is named.

INSERT INTO payments.payments
  (id, customer_id, method_id, amount, currency, status, refunded_amount, device_id, country, provider_reference, failure,
    created_at, captured_at)
SELECT
  pg_temp.key('payment', drawn.n),
  payer.customer_id,
  payer.method_id,
  amount,
  CASE WHEN payer.n % 10 < 7 THEN 'USD' ELSE 'EUR' END,
  status,
  CASE status WHEN 'refunded' THEN amount ELSE 0 END,
  CASE WHEN pg_temp.draw('device', drawn.n) < 0.1 THEN payer.method_id ELSE payer.customer_id END,
  CASE WHEN pg_temp.draw('abroad', drawn.n) < 0.03 THEN 'CH' ELSE payer.country END,
  CASE WHEN status NOT IN ('pending', 'failed') THEN 'pi_' || translate(md5('reference' || drawn.n), '0123456789', 'ghijklmnop') END,
  CASE status WHEN 'failed' THEN 'declined by the issuer' END,
  made_at,
  CASE WHEN status IN ('captured', 'refunded', 'disputed') THEN made_at + interval '1 minute' END
FROM (
  SELECT
    n,
    CASE WHEN n <= 1000 * pg_temp.scale() THEN n ELSE pg_temp.draw_int('payer', n, 1, 1000 * pg_temp.scale()) END AS customer,
    pg_temp.draw('fate', n) AS fate,
    pg_temp.draw('size', n) < 0.005 AS is_large
  FROM generate_series(1, 10000 * pg_temp.scale()) AS n
  OFFSET 0
) AS drawn
-- The n-th account: keys are in the order of their numbers.
JOIN (
  SELECT n, customer_id, id AS method_id, created_at + interval '1 minute' AS opened_at,
    (ARRAY['DE', 'DE', 'DE', 'FR', 'FR', 'IT', 'ES', 'NL', 'US', 'US'])[pg_temp.draw_int('country', n, 1, 10)] AS country
  FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM payments.payment_methods) AS numbered
  OFFSET 0
) AS payer (n, customer_id, method_id, opened_at, country) ON payer.n = drawn.customer
CROSS JOIN LATERAL (
  SELECT CASE WHEN drawn.n <= 1000 * pg_temp.scale() THEN opened_at ELSE greatest(
    opened_at + interval '10 minutes',
    pg_temp.draw_time('paid', drawn.n, pg_temp.until() - interval '180 days', pg_temp.until())
  ) END
  OFFSET 0
) AS moment (made_at)
CROSS JOIN LATERAL (SELECT
  CASE
    -- All wallets begin with enough for what they pay later.
    WHEN drawn.n <= 1000 * pg_temp.scale() THEN 'captured'
    WHEN fate < 0.04 THEN 'failed'
    WHEN fate < 0.06 THEN 'canceled'
    WHEN fate < 0.07 THEN 'refunded'
    WHEN fate < 0.073 THEN 'disputed'
    WHEN made_at > pg_temp.until() - interval '2 days' AND fate < 0.3 THEN CASE WHEN fate < 0.2 THEN 'authorized' ELSE 'pending' END
    ELSE 'captured'
  END,
  pg_temp.draw_int('cents', drawn.n,
    CASE WHEN drawn.n <= 1000 * pg_temp.scale() THEN 100000 WHEN is_large THEN 900000 ELSE 500 END,
    CASE WHEN drawn.n <= 1000 * pg_temp.scale() THEN 500000 WHEN is_large THEN 2500000 ELSE 50000 END) / 100.00
  OFFSET 0
) AS outcome (status, amount)
ORDER BY made_at;
