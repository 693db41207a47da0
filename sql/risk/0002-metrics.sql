-- Risk figures over time.

CREATE TABLE metrics.measurements (
  portfolio_id uuid NOT NULL REFERENCES risk.portfolios ON DELETE CASCADE,
  metric       text NOT NULL CHECK (metric IN ('exposure', 'var_95')),
  measured_at  timestamptz NOT NULL DEFAULT now(),
  value        numeric(20, 4) NOT NULL,
  PRIMARY KEY (portfolio_id, metric, measured_at)
);
COMMENT ON TABLE metrics.measurements IS 'Risk figures of portfolios over time, in the currency of the portfolio';
COMMENT ON COLUMN metrics.measurements.metric IS 'exposure: sum of the absolute values; var_95: one-day value at risk at 95 percent';

CREATE PROCEDURE metrics.measure()
LANGUAGE sql SET search_path = '' AS $$
  INSERT INTO metrics.measurements (portfolio_id, metric, value)
  SELECT held.portfolio_id, figure.metric, figure.value
  FROM (
    SELECT
      pos.portfolio_id,
      sum(abs(pos.quantity * pos.price)) AS exposure,
      sqrt(sum((pos.quantity * pos.price * pos.volatility) ^ 2)) AS deviation
    FROM risk.positions AS pos
    GROUP BY pos.portfolio_id
  ) AS held
  -- 1.645: the 95 percent quantile of the normal distribution. Positions count as independent.
  CROSS JOIN LATERAL (VALUES ('exposure', held.exposure), ('var_95', 1.645 * held.deviation)) AS figure (metric, value)
  ON CONFLICT DO NOTHING;
$$;
COMMENT ON PROCEDURE metrics.measure() IS 'Measures all portfolios now';

CREATE MATERIALIZED VIEW metrics.daily_peaks AS
SELECT portfolio_id, metric, (measured_at AT TIME ZONE 'UTC')::date AS day, max(value) AS peak
FROM metrics.measurements
GROUP BY 1, 2, 3;
COMMENT ON MATERIALIZED VIEW metrics.daily_peaks IS 'Highest value of each figure by day (UTC)';

CREATE UNIQUE INDEX daily_peaks_key ON metrics.daily_peaks (portfolio_id, metric, day);

CREATE PROCEDURE metrics.refresh_daily_peaks()
LANGUAGE sql SET search_path = '' AS $$
  REFRESH MATERIALIZED VIEW metrics.daily_peaks;
$$;
COMMENT ON PROCEDURE metrics.refresh_daily_peaks() IS 'Computes metrics.daily_peaks anew';
