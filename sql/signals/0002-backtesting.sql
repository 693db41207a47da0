-- What strategies would have earned in the past.

CREATE TABLE backtesting.runs (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  strategy_id uuid NOT NULL REFERENCES signals.strategies,
  period      daterange NOT NULL CHECK (NOT isempty(period) AND NOT lower_inf(period) AND NOT upper_inf(period)),
  capital     numeric(20, 4) NOT NULL CHECK (capital > 0),
  currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  started_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE backtesting.runs IS 'Runs of a strategy over past prices';
COMMENT ON COLUMN backtesting.runs.capital IS 'What the run starts with';

CREATE INDEX runs_strategy_id_started_at_idx ON backtesting.runs (strategy_id, started_at DESC);

CREATE TABLE backtesting.results (
  run_id       uuid PRIMARY KEY REFERENCES backtesting.runs ON DELETE CASCADE,
  total_return numeric(12, 6) NOT NULL,
  max_drawdown numeric(12, 6) NOT NULL CHECK (max_drawdown BETWEEN 0 AND 1),
  sharpe_ratio numeric(12, 6),
  trades       integer NOT NULL CHECK (trades >= 0),
  finished_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE backtesting.results IS 'Outcome of each finished run; returns and drawdowns are fractions';
COMMENT ON COLUMN backtesting.results.sharpe_ratio IS 'Annualised; none where the returns do not vary';
