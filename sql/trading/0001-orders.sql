-- Orders and what was executed of them.

CREATE TABLE trading.orders (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  account_id  uuid NOT NULL,
  symbol      text NOT NULL,
  side        text NOT NULL CHECK (side IN ('buy', 'sell')),
  quantity    numeric(20, 8) NOT NULL CHECK (quantity > 0),
  limit_price numeric(20, 8) CHECK (limit_price > 0),
  currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  status      text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'filled', 'cancelled', 'rejected')),
  venue_ref   text,
  placed_at   timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE trading.orders IS 'Orders of customers';
COMMENT ON COLUMN trading.orders.account_id IS 'Account in the users database';
COMMENT ON COLUMN trading.orders.limit_price IS 'Worst acceptable price; none for a market order';
COMMENT ON COLUMN trading.orders.venue_ref IS 'Name of the order at the venue, once it is there';

-- Matching reads open orders only, and they are few; venues report by their own reference.
CREATE INDEX orders_open_idx ON trading.orders (symbol, side, limit_price) WHERE status = 'open';
CREATE INDEX orders_account_id_placed_at_idx ON trading.orders (account_id, placed_at DESC);
CREATE INDEX orders_venue_ref_idx ON trading.orders USING hash (venue_ref);

-- The time is part of the key because a hypertable is unique only within its time ranges.
CREATE TABLE trading.executions (
  id          bigint GENERATED ALWAYS AS IDENTITY,
  executed_at timestamptz NOT NULL,
  order_id    uuid NOT NULL REFERENCES trading.orders,
  quantity    numeric(20, 8) NOT NULL CHECK (quantity > 0),
  price       numeric(20, 8) NOT NULL CHECK (price > 0),
  fee         numeric(20, 8) NOT NULL DEFAULT 0,
  PRIMARY KEY (id, executed_at)
);
COMMENT ON TABLE trading.executions IS 'Fills of orders; price and fee are in the currency of the order';

CREATE INDEX executions_order_id_executed_at_idx ON trading.executions (order_id, executed_at DESC);
