-- The trades of two days, in the order of time, of all instruments in turn. Prices swing about the level of the instrument.
INSERT INTO historical.ticks (instrument_id, traded_at, sequence, price, size)
SELECT
  1 + n % 100,
  pg_temp.until() + interval '2 days' * ((n + pg_temp.draw('tick', n)) / (10000.0::double precision * pg_temp.scale()) - 1),
  n / 100,
  ((2000 + 500 * (1 + n % 100)) * (1 + 0.05 * sin(n / 30000.0::double precision) + 0.002 * pg_temp.draw('price', n)))::bigint * 0.01,
  pg_temp.draw_int('size', n, 1, 500)
FROM generate_series(0, 10000 * pg_temp.scale() - 1) AS n;
