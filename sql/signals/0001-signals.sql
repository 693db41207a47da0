-- Strategies, and the signals they give.

CREATE TABLE signals.strategies (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name       text NOT NULL UNIQUE,
  parameters jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(parameters) = 'object'),
  active     boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE signals.strategies IS 'Strategies that give signals; changed parameters are a new strategy';

CREATE TABLE signals.signals (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  strategy_id     uuid NOT NULL REFERENCES signals.strategies,
  symbol          text NOT NULL,
  direction       text NOT NULL CHECK (direction IN ('long', 'short')),
  confidence      numeric(4, 3) NOT NULL CHECK (confidence BETWEEN 0 AND 1),
  issued_at       timestamptz NOT NULL DEFAULT now(),
  closed_at       timestamptz CHECK (closed_at >= issued_at),
  realized_return numeric(12, 6),
  CHECK ((closed_at IS NULL) = (realized_return IS NULL))
);
COMMENT ON TABLE signals.signals IS 'Signals as they were given, and how they ended';
COMMENT ON COLUMN signals.signals.realized_return IS 'Return as a fraction: 0.05 is five percent; known once the signal is closed';

CREATE INDEX signals_open_idx ON signals.signals (symbol, issued_at DESC) WHERE closed_at IS NULL;
COMMENT ON INDEX signals.signals_open_idx IS 'The open signals of a symbol, newest first';
-- Serves the foreign key, and the ranking by what a signal was worth at the confidence it claimed.
CREATE INDEX signals_strategy_id_weighted_idx ON signals.signals (strategy_id, (realized_return * confidence));
COMMENT ON INDEX signals.signals_strategy_id_weighted_idx IS 'The best and worst signals of a strategy, by return weighted with the confidence claimed';

CREATE TABLE signals.market_regimes (
  symbol     text NOT NULL,
  started_at timestamptz NOT NULL,
  regime     text NOT NULL CHECK (regime IN ('bull', 'bear', 'sideways', 'volatile')),
  PRIMARY KEY (symbol, started_at)
);
COMMENT ON TABLE signals.market_regimes IS 'Changes of the market regime; one holds until the next';

CREATE FUNCTION signals.market_regime(of_symbol text, moment timestamptz DEFAULT now()) RETURNS text
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT change.regime
  FROM signals.market_regimes AS change
  WHERE change.symbol = of_symbol AND change.started_at <= moment
  ORDER BY change.started_at DESC
  LIMIT 1;
$$;
COMMENT ON FUNCTION signals.market_regime(text, timestamptz) IS 'The regime of a symbol at a moment, null before the first is known';
