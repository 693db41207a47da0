-- What customers pay with: one card or bank account each, as the token of a provider. Letters only, so that none looks like a card number.

INSERT INTO payments.payment_methods (id, customer_id, token, brand, last_four, expires_on, created_at)
SELECT
  pg_temp.key('payment_method', n),
  pg_temp.key('account', n),
  'tok_' || translate(md5('token' || n), '0123456789', 'ghijklmnop'),
  brand,
  lpad(pg_temp.draw_int('last four', n, 0, 9999)::text, 4, '0'),
  CASE WHEN brand <> 'sepa' THEN
    (date_trunc('month', pg_temp.until() AT TIME ZONE 'UTC') + pg_temp.draw_int('expiry', n, 1, 48) * interval '1 month')::date - 1
  END,
  pg_temp.draw_time('account created', n, pg_temp.until() - interval '2 years', pg_temp.until())
FROM generate_series(1, 1000 * pg_temp.scale()) AS n
CROSS JOIN LATERAL (
  SELECT (ARRAY['visa', 'visa', 'mastercard', 'mastercard', 'amex', 'sepa'])[pg_temp.draw_int('brand', n, 1, 6)]
) AS card (brand);
