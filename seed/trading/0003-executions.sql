-- Executions, in order of time: of the orders that are to be filled, every third in two parts; of the open ones, every fifth in part.
INSERT INTO trading.executions (executed_at, order_id, venue_execution_id, quantity, price, fee)
SELECT
  o.acknowledged_at + part * pg_temp.draw_int('execution.wait', n, 1000, 60000000) * interval '1 microsecond',
  o.id,
  'E' || n || '-' || part,
  CASE WHEN NOT in_parts THEN o.quantity WHEN part = 1 THEN floor(o.quantity / 2) ELSE o.quantity - floor(o.quantity / 2) END,
  o.limit_price,
  round(o.quantity * o.limit_price * 0.0002, 2)
FROM generate_series(1, 10000 * pg_temp.scale()) AS n
JOIN trading.orders AS o ON o.id = pg_temp.key('order', n) AND o.status = 'new'
CROSS JOIN LATERAL (SELECT n > 9700 * pg_temp.scale() AS is_open) AS a
CROSS JOIN LATERAL (SELECT is_open OR n % 3 = 0 AS in_parts) AS b
CROSS JOIN generate_series(1, 2) AS part
WHERE CASE WHEN is_open THEN part = 1 AND n % 5 = 0 ELSE part = 1 OR in_parts END
ORDER BY 1, n, part;
