-- A hundred instruments, as in every service, and their last quotes.
INSERT INTO market.instruments (id, symbol, isin, name, asset_class, currency)
SELECT
  n,
  'TR' || lpad(n::text, 4, '0'),
  CASE WHEN n <= 70 THEN 'US' ELSE 'DE' END || lpad(n::text, 9, '0') || n % 10,
  'Instrument ' || n,
  (ARRAY['equity', 'equity', 'equity', 'fund'])[1 + n % 4],
  CASE WHEN n <= 70 THEN 'USD' ELSE 'EUR' END
FROM generate_series(1, 100) AS n;

SELECT setval(pg_get_serial_sequence('market.instruments', 'id'), 100);

INSERT INTO realtime.quotes (instrument_id, bid, bid_size, ask, ask_size, quoted_at, sequence)
SELECT
  n,
  20 + 5 * n - 0.01 * pg_temp.draw_int('bid', n, 1, 5),
  pg_temp.draw_int('bid size', n, 1, 500),
  20 + 5 * n + 0.01 * pg_temp.draw_int('ask', n, 1, 5),
  pg_temp.draw_int('ask size', n, 1, 500),
  pg_temp.draw_time('quote', n, pg_temp.until() - interval '1 minute', pg_temp.until()),
  n
FROM generate_series(1, 100) AS n;
