-- Limits, and when they were broken.

CREATE TABLE alerts.thresholds (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  portfolio_id uuid NOT NULL REFERENCES risk.portfolios ON DELETE CASCADE,
  metric       text NOT NULL CHECK (metric IN ('exposure', 'var_95')),
  upper_limit  numeric(20, 4) NOT NULL CHECK (upper_limit >= 0),
  UNIQUE (portfolio_id, metric)
);
COMMENT ON TABLE alerts.thresholds IS 'Highest allowed value of a figure of a portfolio, in its currency';

CREATE TABLE alerts.breaches (
  threshold_id    uuid NOT NULL REFERENCES alerts.thresholds ON DELETE CASCADE,
  measured_at     timestamptz NOT NULL,
  value           numeric(20, 4) NOT NULL,
  acknowledged_at timestamptz,
  PRIMARY KEY (threshold_id, measured_at)
);
COMMENT ON TABLE alerts.breaches IS 'Measurements above their threshold; open until somebody acknowledges them';

CREATE INDEX breaches_open_idx ON alerts.breaches (measured_at) WHERE acknowledged_at IS NULL;
COMMENT ON INDEX alerts.breaches_open_idx IS 'Breaches that nobody has acknowledged, oldest first';
CREATE INDEX breaches_measured_at_idx ON alerts.breaches (measured_at);

CREATE PROCEDURE alerts.raise_breaches(period interval DEFAULT '10 minutes')
LANGUAGE sql SET search_path = '' AS $$
  INSERT INTO alerts.breaches (threshold_id, measured_at, value)
  SELECT threshold.id, measurement.measured_at, measurement.value
  FROM alerts.thresholds AS threshold
  JOIN metrics.measurements AS measurement USING (portfolio_id, metric)
  WHERE measurement.measured_at > now() - period AND measurement.value > threshold.upper_limit
  ON CONFLICT DO NOTHING;
$$;
COMMENT ON PROCEDURE alerts.raise_breaches(interval) IS 'Looks through the last measurements for broken limits; each is raised once';
