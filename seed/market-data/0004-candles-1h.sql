-- Candles of the hours of the days before the minutes.
INSERT INTO historical.candles_1h (instrument_id, opened_at, open, high, low, close, volume, trades)
SELECT
  instrument,
  opened_at,
  open * 0.01,
  (greatest(open, close) + pg_temp.draw_int('high', n, 0, 20)) * 0.01,
  (least(open, close) - pg_temp.draw_int('low', n, 0, 20)) * 0.01,
  close * 0.01,
  pg_temp.draw_int('volume', n, 1, 50000),
  pg_temp.draw_int('trades', n, 1, 100)
FROM generate_series(0, 10000 * pg_temp.scale() - 1) AS n
CROSS JOIN LATERAL (
  SELECT
    1 + n % 100 AS instrument,
    (SELECT date_bin('1 day', min(opened_at), '2000-01-01 00:00:00+00') FROM historical.candles_1m) - interval '1 hour' * (100 * pg_temp.scale() - n / 100) AS opened_at,
    ((2000 + 500 * (1 + n % 100)) * (1 + 0.05 * sin(n / 3000.0::double precision)))::bigint AS open,
    ((2000 + 500 * (1 + n % 100)) * (1 + 0.05 * sin((n + 100) / 3000.0::double precision)))::bigint AS close
  OFFSET 0 -- so that each is computed but once
) AS candle;
