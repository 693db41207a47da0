-- How well the strategies do, computed ahead for comparison.

CREATE MATERIALIZED VIEW signals.strategy_performance AS
SELECT
  strategy_id,
  count(*) AS closed_signals,
  avg((realized_return > 0)::integer) AS hit_rate,
  avg(realized_return) AS average_return,
  avg(realized_return * confidence) AS weighted_return,
  rank() OVER (ORDER BY avg(realized_return * confidence) DESC) AS rank
FROM signals.signals
WHERE closed_at IS NOT NULL
GROUP BY strategy_id;
COMMENT ON MATERIALIZED VIEW signals.strategy_performance IS 'Accuracy and rank of each strategy over its closed signals; the best has rank 1';

CREATE UNIQUE INDEX strategy_performance_key ON signals.strategy_performance (strategy_id);

CREATE PROCEDURE signals.refresh_strategy_performance()
LANGUAGE sql SET search_path = '' AS $$
  REFRESH MATERIALIZED VIEW signals.strategy_performance;
$$;
COMMENT ON PROCEDURE signals.refresh_strategy_performance() IS 'Computes signals.strategy_performance anew';
