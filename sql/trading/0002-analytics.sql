-- Performance figures, computed ahead so that dashboards do not read the executions.

CREATE MATERIALIZED VIEW analytics.daily_turnover AS
SELECT
  (execution.executed_at AT TIME ZONE 'UTC')::date AS day,
  o.account_id,
  o.symbol,
  o.currency,
  sum(execution.quantity * execution.price) FILTER (WHERE o.side = 'buy') AS bought,
  sum(execution.quantity * execution.price) FILTER (WHERE o.side = 'sell') AS sold,
  sum(execution.fee) AS fees,
  count(*) AS executions
FROM trading.executions AS execution
JOIN trading.orders AS o ON o.id = execution.order_id
GROUP BY 1, 2, 3, 4;
COMMENT ON MATERIALIZED VIEW analytics.daily_turnover IS 'What each account bought and sold, by day (UTC), symbol and currency';

CREATE UNIQUE INDEX daily_turnover_key ON analytics.daily_turnover (day, account_id, symbol, currency);

CREATE PROCEDURE analytics.refresh_daily_turnover()
LANGUAGE sql SET search_path = '' AS $$
  REFRESH MATERIALIZED VIEW analytics.daily_turnover;
$$;
COMMENT ON PROCEDURE analytics.refresh_daily_turnover() IS 'Computes analytics.daily_turnover anew';
