-- The instruments that market-data has, too.
INSERT INTO trading.instruments (id, symbol, currency, venue, changed_at)
SELECT
  n,
  'TR' || lpad(n::text, 4, '0'),
  CASE WHEN n <= 70 THEN 'USD' ELSE 'EUR' END,
  CASE WHEN n <= 70 THEN 'XNAS' ELSE 'XETR' END,
  pg_temp.until() - interval '2 years'
FROM generate_series(1, 100) AS n;
