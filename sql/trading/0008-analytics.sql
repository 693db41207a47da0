-- Performance figures, computed ahead so that dashboards do not read the executions. Days are those of UTC.

CREATE MATERIALIZED VIEW analytics.daily_pnl AS
SELECT
  account_id,
  (executed_at AT TIME ZONE 'UTC')::date AS day,
  instrument_id,
  currency,
  sum(realised_pnl) AS realised_pnl,
  sum(fee) AS fees,
  sum(realised_pnl) - sum(fee) AS net_pnl,
  coalesce(sum(round(quantity * price, 8)) FILTER (WHERE side = 'buy'), 0) AS bought,
  coalesce(sum(round(quantity * price, 8)) FILTER (WHERE side = 'sell'), 0) AS sold,
  count(*) AS executions
FROM trading.executions
GROUP BY 1, 2, 3, 4;
COMMENT ON MATERIALIZED VIEW analytics.daily_pnl IS
  'What each account realised by average cost, and its turnover, by day and instrument; what it holds is not marked to market here';
CREATE UNIQUE INDEX daily_pnl_key ON analytics.daily_pnl (account_id, day, instrument_id);
COMMENT ON INDEX analytics.daily_pnl_key IS 'P&L of an account over days; the concurrent refresh';

CREATE MATERIALIZED VIEW analytics.daily_fill_rate AS
SELECT
  (placed_at AT TIME ZONE 'UTC')::date AS day,
  instrument_id,
  count(*) AS orders,
  count(*) FILTER (WHERE status = 'filled') AS filled,
  count(*) FILTER (WHERE status <> 'filled' AND filled_quantity > 0) AS partially_filled,
  count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
  count(*) FILTER (WHERE status = 'expired') AS expired,
  count(*) FILTER (WHERE status = 'rejected') AS rejected,
  sum(quantity) AS ordered_quantity,
  sum(filled_quantity) AS filled_quantity,
  round(sum(filled_quantity) / sum(quantity), 6) AS fill_rate
FROM trading.orders
GROUP BY 1, 2;
COMMENT ON MATERIALIZED VIEW analytics.daily_fill_rate IS 'What became of the orders of a day, by instrument; the fill rate is by quantity';
CREATE UNIQUE INDEX daily_fill_rate_key ON analytics.daily_fill_rate (day, instrument_id);
COMMENT ON INDEX analytics.daily_fill_rate_key IS 'Fill rates of days; the concurrent refresh';

-- Percentiles that are values that occurred: an average of two would hide how the worst orders fared.
CREATE MATERIALIZED VIEW analytics.daily_latency AS
SELECT
  (o.placed_at AT TIME ZONE 'UTC')::date AS day,
  o.instrument_id,
  count(*) AS acknowledged,
  percentile_disc(0.5) WITHIN GROUP (ORDER BY o.acknowledged_at - o.placed_at) AS acknowledged_p50,
  percentile_disc(0.95) WITHIN GROUP (ORDER BY o.acknowledged_at - o.placed_at) AS acknowledged_p95,
  percentile_disc(0.99) WITHIN GROUP (ORDER BY o.acknowledged_at - o.placed_at) AS acknowledged_p99,
  count(e.first_at) AS executed,
  percentile_disc(0.5) WITHIN GROUP (ORDER BY e.first_at - o.placed_at) AS first_execution_p50,
  percentile_disc(0.95) WITHIN GROUP (ORDER BY e.first_at - o.placed_at) AS first_execution_p95,
  percentile_disc(0.99) WITHIN GROUP (ORDER BY e.first_at - o.placed_at) AS first_execution_p99
FROM trading.orders AS o
LEFT JOIN (SELECT order_id, min(executed_at) AS first_at FROM trading.executions GROUP BY order_id) AS e ON e.order_id = o.id
WHERE o.acknowledged_at IS NOT NULL
GROUP BY 1, 2;
COMMENT ON MATERIALIZED VIEW analytics.daily_latency IS
  'How long venues took to acknowledge the orders of a day, and to execute something of them, by instrument';
CREATE UNIQUE INDEX daily_latency_key ON analytics.daily_latency (day, instrument_id);
COMMENT ON INDEX analytics.daily_latency_key IS 'Latencies of days; the concurrent refresh';

CREATE PROCEDURE analytics.refresh_daily_pnl()
LANGUAGE sql SET search_path = '' AS $$ REFRESH MATERIALIZED VIEW CONCURRENTLY analytics.daily_pnl $$;
COMMENT ON PROCEDURE analytics.refresh_daily_pnl() IS 'Job: computes analytics.daily_pnl anew, while it is read';

CREATE PROCEDURE analytics.refresh_daily_fill_rate()
LANGUAGE sql SET search_path = '' AS $$ REFRESH MATERIALIZED VIEW CONCURRENTLY analytics.daily_fill_rate $$;
COMMENT ON PROCEDURE analytics.refresh_daily_fill_rate() IS 'Job: computes analytics.daily_fill_rate anew, while it is read';

CREATE PROCEDURE analytics.refresh_daily_latency()
LANGUAGE sql SET search_path = '' AS $$ REFRESH MATERIALIZED VIEW CONCURRENTLY analytics.daily_latency $$;
COMMENT ON PROCEDURE analytics.refresh_daily_latency() IS 'Job: computes analytics.daily_latency anew, while it is read';
