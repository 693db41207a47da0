-- Orders and their states. The functions that change them are in the files that follow; here is what no function can get around.

CREATE TABLE trading.orders (
  id               uuid PRIMARY KEY DEFAULT trading.uuid_v7(),
  account_id       uuid NOT NULL,
  client_order_id  text NOT NULL CHECK (client_order_id ~ '^[!-~]{1,64}$'),
  instrument_id    integer NOT NULL REFERENCES trading.instruments,
  side             trading.order_side NOT NULL,
  quantity         trading.positive_amount NOT NULL,
  limit_price      trading.positive_amount,
  currency         trading.currency_code NOT NULL,
  time_in_force    text NOT NULL DEFAULT 'day' CHECK (time_in_force IN ('day', 'gtc', 'gtd', 'ioc', 'fok')),
  placed_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at       timestamptz NOT NULL,
  status           text NOT NULL DEFAULT 'pending_new',
  status_reason    text,
  acknowledged_at  timestamptz,
  venue_order_id   text,
  filled_quantity  numeric(20, 8) NOT NULL DEFAULT 0,
  last_executed_at timestamptz,
  CONSTRAINT orders_client_order_id_key UNIQUE (account_id, client_order_id),
  CONSTRAINT orders_not_overfilled CHECK (filled_quantity BETWEEN 0 AND quantity),
  CONSTRAINT orders_status_fits_fills CHECK (
    CASE status
      WHEN 'pending_new' THEN filled_quantity = 0
      WHEN 'new' THEN filled_quantity = 0
      WHEN 'partially_filled' THEN filled_quantity > 0 AND filled_quantity < quantity
      WHEN 'filled' THEN filled_quantity = quantity
      WHEN 'cancelled' THEN filled_quantity < quantity
      WHEN 'expired' THEN filled_quantity < quantity
      WHEN 'rejected' THEN filled_quantity = 0
      ELSE false
    END
  ),
  CONSTRAINT orders_executed_if_filled CHECK ((last_executed_at IS NULL) = (filled_quantity = 0)),
  CONSTRAINT orders_acknowledged CHECK (acknowledged_at IS NOT NULL OR status IN ('pending_new', 'rejected', 'cancelled', 'expired')),
  CONSTRAINT orders_acknowledged_after_placed CHECK (acknowledged_at >= placed_at AND acknowledged_at < 'infinity'),
  -- A year at most, so that retention of orders never meets an execution that is kept.
  CONSTRAINT orders_expire_within_a_year CHECK (expires_at > placed_at AND expires_at <= placed_at + interval '1 year')
)
-- The next version of a row finds room beside it: fills of an order that is partially filled touch no index.
WITH (fillfactor = 80);
COMMENT ON TABLE trading.orders IS 'Orders of customers, with the state they are in; changed by functions only';
COMMENT ON COLUMN trading.orders.account_id IS 'Account in the users database';
COMMENT ON COLUMN trading.orders.client_order_id IS 'What the client calls it (FIX tag 11): placing it twice is placing it once';
COMMENT ON COLUMN trading.orders.limit_price IS 'Worst acceptable price, in the currency of the order; none for a market order';
COMMENT ON COLUMN trading.orders.time_in_force IS 'FIX tag 59: day, good till cancelled, good till date, immediate or cancel, fill or kill';
COMMENT ON COLUMN trading.orders.expires_at IS 'When the order ends, if it is still open then';
COMMENT ON COLUMN trading.orders.status IS 'FIX tag 39';
COMMENT ON COLUMN trading.orders.filled_quantity IS 'Sum of its executions, kept by them';
COMMENT ON COLUMN trading.orders.last_executed_at IS 'When its latest execution was';

CREATE INDEX orders_client_order_id_idx ON trading.orders USING hash (client_order_id);
COMMENT ON INDEX trading.orders_client_order_id_idx IS
  'Reports of a venue name an order by its client_order_id alone: trading.find_orders()';
CREATE INDEX orders_bids_idx ON trading.orders (instrument_id, limit_price DESC NULLS FIRST, placed_at, id)
WHERE side = 'buy' AND status IN ('new', 'partially_filled');
COMMENT ON INDEX trading.orders_bids_idx IS 'Open buy orders in price-time priority, market orders first: trading.open_orders()';
CREATE INDEX orders_asks_idx ON trading.orders (instrument_id, limit_price NULLS FIRST, placed_at, id)
WHERE side = 'sell' AND status IN ('new', 'partially_filled');
COMMENT ON INDEX trading.orders_asks_idx IS 'Open sell orders in price-time priority, market orders first: trading.open_orders()';
CREATE INDEX orders_expiry_idx ON trading.orders (expires_at) WHERE status IN ('pending_new', 'new', 'partially_filled');
COMMENT ON INDEX trading.orders_expiry_idx IS 'Orders whose time is up: trading.expire_orders()';
CREATE INDEX orders_account_id_placed_at_idx ON trading.orders (account_id, placed_at DESC);
CREATE INDEX orders_instrument_id_placed_at_idx ON trading.orders (instrument_id, placed_at);

CREATE FUNCTION trading.can_follow(status text, next text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (status, next) IN (
  ('pending_new', 'new'), ('pending_new', 'rejected'), ('pending_new', 'cancelled'), ('pending_new', 'expired'),
  ('new', 'partially_filled'), ('new', 'filled'), ('new', 'cancelled'), ('new', 'expired'),
  ('partially_filled', 'partially_filled'), ('partially_filled', 'filled'), ('partially_filled', 'cancelled'), ('partially_filled', 'expired')
);
COMMENT ON FUNCTION trading.can_follow(text, text) IS 'The state machine of orders; filled, cancelled, rejected and expired are final';

CREATE FUNCTION trading.check_order_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF NEW.filled_quantity > NEW.quantity THEN
    RAISE EXCEPTION USING
      ERRCODE = 'TR002',
      MESSAGE = format('order %s of %s would be filled with %s', OLD.id, OLD.quantity, NEW.filled_quantity),
      TABLE = 'orders', SCHEMA = 'trading';
  ELSIF NOT trading.can_follow(OLD.status, NEW.status) THEN
    RAISE EXCEPTION USING
      ERRCODE = 'TR001',
      MESSAGE = format('order %s is %s and cannot become %s', OLD.id, OLD.status, NEW.status),
      TABLE = 'orders', SCHEMA = 'trading';
  ELSIF (OLD.id, OLD.account_id, OLD.client_order_id, OLD.instrument_id, OLD.side, OLD.quantity, OLD.limit_price, OLD.currency,
    OLD.time_in_force, OLD.placed_at, OLD.expires_at)
    IS DISTINCT FROM
    (NEW.id, NEW.account_id, NEW.client_order_id, NEW.instrument_id, NEW.side, NEW.quantity, NEW.limit_price, NEW.currency,
    NEW.time_in_force, NEW.placed_at, NEW.expires_at)
  THEN
    RAISE EXCEPTION USING
      ERRCODE = 'TR005',
      MESSAGE = format('order %s keeps what it was placed with', OLD.id),
      HINT = 'Cancel it and place another.',
      TABLE = 'orders', SCHEMA = 'trading';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION trading.check_order_change() IS 'Trigger: an order goes from state to state only, and keeps what it was placed with';

CREATE TRIGGER check_change BEFORE UPDATE ON trading.orders
FOR EACH ROW EXECUTE FUNCTION trading.check_order_change();

-- Depth 0 is a statement of somebody; executions come from their own trigger.
CREATE TRIGGER keep_fills BEFORE UPDATE OF filled_quantity, last_executed_at ON trading.orders
FOR EACH ROW WHEN (
  pg_trigger_depth() = 0 AND (OLD.filled_quantity, OLD.last_executed_at) IS DISTINCT FROM (NEW.filled_quantity, NEW.last_executed_at)
)
EXECUTE FUNCTION trading.refuse_change('an order is filled by executions');

-- Orders of another system may come in any state, but their fills come as executions.
CREATE TRIGGER arrive_unfilled BEFORE INSERT ON trading.orders
FOR EACH ROW WHEN (NEW.filled_quantity <> 0)
EXECUTE FUNCTION trading.refuse_change('an order is filled by executions');

CREATE TRIGGER keep_records BEFORE DELETE ON trading.orders
FOR EACH ROW WHEN (OLD.placed_at > now() - interval '7 years')
EXECUTE FUNCTION trading.refuse_change('orders are kept for at least seven years');
CREATE TRIGGER keep_all BEFORE TRUNCATE ON trading.orders
FOR EACH STATEMENT EXECUTE FUNCTION trading.refuse_change();

CREATE FUNCTION trading.check_new_orders() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF EXISTS (
    SELECT FROM inserted JOIN trading.instruments ON instruments.id = inserted.instrument_id
    WHERE inserted.currency <> instruments.currency
  ) THEN
    RAISE EXCEPTION USING ERRCODE = 'TR006', MESSAGE = 'an order is in the currency of its instrument';
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION trading.check_new_orders() IS 'Trigger: the currency of orders is that of their instruments';

CREATE TRIGGER check_new AFTER INSERT ON trading.orders REFERENCING NEW TABLE AS inserted
FOR EACH STATEMENT EXECUTE FUNCTION trading.check_new_orders();
