-- Orders of half a year, one after the other. Of the first 97 in 100, three in 100 are rejected, fifteen cancelled, five expired, and the
-- others filled by their executions; the latest are open.
INSERT INTO trading.orders (
  id, account_id, client_order_id, instrument_id, side, quantity, limit_price, currency, time_in_force,
  placed_at, expires_at, status, status_reason, acknowledged_at, venue_order_id, closed_at
)
SELECT
  pg_temp.key('order', n),
  pg_temp.key('account', account),
  'C' || n,
  instrument,
  CASE WHEN pg_temp.draw('order.side', n) < 0.55 THEN 'buy' ELSE 'sell' END,
  pg_temp.draw_int('order.quantity', n, 2, 200),
  round((20 + 5 * instrument) * (0.97 + 0.06 * pg_temp.draw('order.price', n))::numeric, 2),
  CASE WHEN instrument <= 70 THEN 'USD' ELSE 'EUR' END,
  CASE WHEN is_open THEN 'gtc' ELSE 'day' END,
  placed_at,
  expires_at,
  status,
  CASE WHEN status = 'rejected' THEN 'unknown to the venue' END,
  CASE WHEN status NOT IN ('pending_new', 'rejected') THEN placed_at + pg_temp.draw_int('order.latency', n, 200, 40000) * interval '1 microsecond' END,
  CASE WHEN status NOT IN ('pending_new', 'rejected') THEN 'V' || n END,
  CASE status
    WHEN 'rejected' THEN placed_at + interval '2 milliseconds'
    WHEN 'cancelled' THEN least(placed_at + pg_temp.draw_int('order.patience', n, 1, 7200) * interval '1 second', expires_at)
    WHEN 'expired' THEN expires_at
  END
FROM generate_series(1, 10000 * pg_temp.scale()) AS n
CROSS JOIN LATERAL (
  SELECT
    pg_temp.draw_int('order.account', n, 1, 1000 * pg_temp.scale()) AS account,
    pg_temp.draw_int('order.instrument', n, 1, 100)::integer AS instrument,
    pg_temp.draw('order.fate', n) AS fate,
    pg_temp.until() - (10000 * pg_temp.scale() - n + 1) * (interval '180 days' / (10000 * pg_temp.scale())) AS placed_at,
    n > 9700 * pg_temp.scale() AS is_open
) AS o
CROSS JOIN LATERAL (
  SELECT
    CASE
      WHEN is_open THEN CASE WHEN fate < 0.1 THEN 'pending_new' ELSE 'new' END
      WHEN fate < 0.03 THEN 'rejected'
      WHEN fate < 0.18 THEN 'cancelled'
      WHEN fate < 0.23 THEN 'expired'
      ELSE 'new'
    END AS status,
    CASE WHEN is_open THEN placed_at + interval '90 days' ELSE date_trunc('day', placed_at, 'UTC') + interval '1 day' END AS expires_at
) AS life;
