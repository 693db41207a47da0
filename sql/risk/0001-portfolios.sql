-- What is held, and what it could lose.

CREATE TABLE risk.portfolios (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  account_id uuid NOT NULL UNIQUE,
  currency   text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE risk.portfolios IS 'Portfolios, one per account of the users database; all amounts of one are in its currency';

CREATE TABLE risk.positions (
  portfolio_id uuid NOT NULL REFERENCES risk.portfolios ON DELETE CASCADE,
  symbol       text NOT NULL,
  quantity     numeric(20, 8) NOT NULL,
  price        numeric(20, 8) NOT NULL CHECK (price >= 0),
  volatility   numeric(12, 8) NOT NULL CHECK (volatility >= 0),
  valued_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (portfolio_id, symbol)
);
COMMENT ON TABLE risk.positions IS 'Positions with their last price; short ones have a negative quantity';
COMMENT ON COLUMN risk.positions.volatility IS 'Standard deviation of the daily return, as a fraction';

CREATE INDEX positions_symbol_value_idx ON risk.positions (symbol, (quantity * price));
COMMENT ON INDEX risk.positions_symbol_value_idx IS 'The largest positions in a symbol, by value';

CREATE TABLE risk.stress_scenarios (
  name   text NOT NULL,
  symbol text NOT NULL,
  shock  numeric(6, 4) NOT NULL CHECK (shock >= -1),
  PRIMARY KEY (name, symbol)
);
COMMENT ON TABLE risk.stress_scenarios IS 'Sudden changes of prices, as fractions: -0.2 is a fall by twenty percent';

CREATE FUNCTION risk.stress_result(portfolio uuid, scenario text) RETURNS numeric
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT coalesce(sum(pos.quantity * pos.price * stress.shock), 0)
  FROM risk.positions AS pos
  JOIN risk.stress_scenarios AS stress ON stress.symbol = pos.symbol
  WHERE pos.portfolio_id = portfolio AND stress.name = scenario;
$$;
COMMENT ON FUNCTION risk.stress_result(uuid, text) IS 'What a portfolio would gain (or, negative, lose) in a scenario, in its currency';
