-- Executions, and the positions that they make.

-- Nobody chooses an id: a row that ON CONFLICT leaves out would have changed the position already.
-- The time is part of the key because a hypertable is unique only within its chunks. order_id has no foreign key: TimescaleDB copies it to
-- each chunk, and each puts two triggers on the orders, which every change of an order would ask. apply_execution() checks it instead.
CREATE TABLE trading.executions (
  id                 bigint GENERATED ALWAYS AS IDENTITY,
  executed_at        timestamptz NOT NULL,
  order_id           uuid NOT NULL,
  venue_execution_id text NOT NULL CHECK (venue_execution_id ~ '^[!-~]{1,64}$'),
  quantity           trading.positive_amount NOT NULL,
  price              trading.positive_amount NOT NULL,
  fee                numeric(20, 8) NOT NULL DEFAULT 0 CHECK (fee <> 'NaN'),
  account_id         uuid NOT NULL,
  instrument_id      integer NOT NULL,
  side               trading.order_side NOT NULL,
  currency           trading.currency_code NOT NULL,
  position_sequence  bigint NOT NULL,
  realised_pnl       numeric(28, 8) NOT NULL,
  PRIMARY KEY (id, executed_at)
);
COMMENT ON TABLE trading.executions IS 'Fills of orders as the venues report them; append-only';
COMMENT ON COLUMN trading.executions.venue_execution_id IS
  'What the venue calls it (FIX tag 17): reported twice it counts once, see trading.venue_executions';
COMMENT ON COLUMN trading.executions.fee IS 'In the currency of the execution, not in its price; negative for a rebate';
COMMENT ON COLUMN trading.executions.account_id IS 'Copied from the order by a trigger, as are instrument, side and currency';
COMMENT ON COLUMN trading.executions.position_sequence IS
  'Its number among the executions of the account in the instrument: the order in which they made the position';
COMMENT ON COLUMN trading.executions.realised_pnl IS 'What it realised by average cost, without fees';

CREATE INDEX executions_account_id_instrument_id_executed_at_idx ON trading.executions (account_id, instrument_id, executed_at)
INCLUDE (side, quantity, price);
COMMENT ON INDEX trading.executions_account_id_instrument_id_executed_at_idx IS
  'What an account did in an instrument in a time, from the index alone: compliance.wash_trades()';

CREATE INDEX executions_order_id_executed_at_idx ON trading.executions (order_id, executed_at);

CREATE TABLE trading.venue_executions (
  order_id           uuid REFERENCES trading.orders ON DELETE CASCADE,
  venue_execution_id text,
  execution_id       bigint NOT NULL,
  executed_at        timestamptz NOT NULL,
  PRIMARY KEY (order_id, venue_execution_id)
);
COMMENT ON TABLE trading.venue_executions IS
  'Executions by the names of the venues: a hypertable could hold one twice, with different times, and would be searched chunk by chunk; goes with the order';

CREATE TABLE trading.positions (
  account_id       uuid,
  instrument_id    integer REFERENCES trading.instruments,
  currency         trading.currency_code NOT NULL,
  quantity         numeric(20, 8) NOT NULL,
  cost_basis       numeric(28, 8) NOT NULL,
  average_cost     numeric(20, 8) GENERATED ALWAYS AS (CASE WHEN quantity <> 0 THEN cost_basis / quantity END) STORED,
  realised_pnl     numeric(28, 8) NOT NULL,
  fees             numeric(28, 8) NOT NULL,
  executions       bigint NOT NULL,
  last_executed_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, instrument_id),
  CONSTRAINT positions_flat_costs_nothing CHECK (quantity <> 0 OR cost_basis = 0),
  CONSTRAINT positions_cost_has_sign_of_quantity CHECK (cost_basis * quantity >= 0)
)
WITH (fillfactor = 70);
COMMENT ON TABLE trading.positions IS 'What each account holds, kept by executions: nobody else may write it';
COMMENT ON COLUMN trading.positions.quantity IS 'Negative is short';
COMMENT ON COLUMN trading.positions.cost_basis IS 'What was paid for the quantity held; negative is what a short sale brought';
COMMENT ON COLUMN trading.positions.realised_pnl IS
  'By average cost, without fees; less the cost basis it is exactly what executions brought in cash';

-- With the account it is as good as the primary key to find a position, which matters while there are no statistics.
CREATE INDEX positions_instrument_id_account_id_idx ON trading.positions (instrument_id, account_id);

CREATE FUNCTION trading.apply_to_position(
  INOUT quantity numeric, INOUT cost_basis numeric, bought numeric, price numeric, OUT realised_pnl numeric
)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = '' AS $$
DECLARE
  -- What the execution costs; negative when it sells. The rest is made of it by differences, so that nothing is lost by rounding.
  paid constant numeric := round(bought * price, 8);
  closed numeric := 0;
  closed_paid numeric := 0;
  closed_cost numeric := 0;
BEGIN
  IF sign(quantity) = -sign(bought) THEN
    closed := least(abs(quantity), abs(bought));
    closed_paid := CASE WHEN closed = abs(bought) THEN paid ELSE round(paid * closed / abs(bought), 8) END;
    closed_cost := CASE WHEN closed = abs(quantity) THEN cost_basis ELSE round(cost_basis * closed / abs(quantity), 8) END;
  END IF;
  realised_pnl := -closed_paid - closed_cost;
  quantity := quantity + bought;
  cost_basis := cost_basis - closed_cost + paid - closed_paid;
END
$$;
COMMENT ON FUNCTION trading.apply_to_position(numeric, numeric, numeric, numeric) IS
  'A position after an execution, and what that realised: what closes is taken out at average cost, what goes beyond zero opens at its price. Bought is negative for a sale.';

CREATE FUNCTION trading.apply_execution() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  placed record;
  held record;
  is_held boolean;
  after record;
BEGIN
  -- First the order, then the position: all who take both take them so.
  SELECT account_id, instrument_id, side, currency, placed_at, expires_at INTO placed
  FROM trading.orders WHERE id = NEW.order_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('there is no order %s', NEW.order_id);
  ELSIF NEW.executed_at NOT BETWEEN placed.placed_at - interval '1 minute' AND placed.expires_at + interval '1 day' THEN
    RAISE EXCEPTION USING
      ERRCODE = 'check_violation',
      MESSAGE = format('an execution of order %s cannot be of %s', NEW.order_id, NEW.executed_at),
      DETAIL = format('The order was placed at %s and expires at %s.', placed.placed_at, placed.expires_at);
  END IF;
  INSERT INTO trading.venue_executions (order_id, venue_execution_id, execution_id, executed_at)
  VALUES (NEW.order_id, NEW.venue_execution_id, NEW.id, NEW.executed_at);

  LOOP
    SELECT quantity, cost_basis, executions INTO held FROM trading.positions
    WHERE account_id = placed.account_id AND instrument_id = placed.instrument_id FOR NO KEY UPDATE;
    is_held := FOUND;
    SELECT * INTO after FROM trading.apply_to_position(
      coalesce(held.quantity, 0), coalesce(held.cost_basis, 0), CASE placed.side WHEN 'buy' THEN NEW.quantity ELSE -NEW.quantity END, NEW.price
    );
    NEW.position_sequence := coalesce(held.executions, 0) + 1;
    IF is_held THEN
      UPDATE trading.positions SET
        quantity = after.quantity,
        cost_basis = after.cost_basis,
        realised_pnl = realised_pnl + after.realised_pnl,
        fees = fees + NEW.fee,
        executions = NEW.position_sequence,
        last_executed_at = greatest(last_executed_at, NEW.executed_at)
      WHERE account_id = placed.account_id AND instrument_id = placed.instrument_id;
    ELSE
      INSERT INTO trading.positions (
        account_id, instrument_id, currency, quantity, cost_basis, realised_pnl, fees, executions, last_executed_at
      )
      VALUES (
        placed.account_id, placed.instrument_id, placed.currency, after.quantity, after.cost_basis, after.realised_pnl, NEW.fee, 1, NEW.executed_at
      )
      ON CONFLICT DO NOTHING;
    END IF;
    -- Otherwise another execution has opened it meanwhile.
    EXIT WHEN FOUND;
  END LOOP;

  NEW.account_id := placed.account_id;
  NEW.instrument_id := placed.instrument_id;
  NEW.side := placed.side;
  NEW.currency := placed.currency;
  NEW.realised_pnl := after.realised_pnl;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION trading.apply_execution() IS
  'Trigger: an execution changes the position of its account, under locks of its order and of the position; SECURITY DEFINER because nobody may write positions';

CREATE TRIGGER apply BEFORE INSERT ON trading.executions
FOR EACH ROW EXECUTE FUNCTION trading.apply_execution();

CREATE FUNCTION trading.fill_orders() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Too much of it becomes filled, too: the order itself refuses it.
  UPDATE trading.orders AS o SET
    filled_quantity = o.filled_quantity + filled.quantity,
    last_executed_at = greatest(o.last_executed_at, filled.last_at),
    status = CASE WHEN o.filled_quantity + filled.quantity < o.quantity THEN 'partially_filled' ELSE 'filled' END
  FROM (SELECT order_id, sum(quantity) AS quantity, max(executed_at) AS last_at FROM inserted GROUP BY order_id) AS filled
  WHERE o.id = filled.order_id;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION trading.fill_orders() IS 'Trigger: executions fill their orders; SECURITY DEFINER because nobody may write orders';

CREATE TRIGGER fill AFTER INSERT ON trading.executions REFERENCING NEW TABLE AS inserted
FOR EACH STATEMENT EXECUTE FUNCTION trading.fill_orders();

CREATE TRIGGER keep_content BEFORE UPDATE OR TRUNCATE ON trading.executions
FOR EACH STATEMENT EXECUTE FUNCTION trading.refuse_change('an execution has happened; what a venue corrects is another execution');
CREATE TRIGGER keep_in_step BEFORE INSERT OR UPDATE OR DELETE ON trading.venue_executions
FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
EXECUTE FUNCTION trading.refuse_change('executions make these rows');
CREATE TRIGGER keep_all BEFORE TRUNCATE ON trading.venue_executions
FOR EACH STATEMENT EXECUTE FUNCTION trading.refuse_change('executions make these rows');
CREATE TRIGGER keep_records BEFORE DELETE ON trading.executions
FOR EACH ROW WHEN (OLD.executed_at > now() - interval '5 years')
EXECUTE FUNCTION trading.refuse_change('executions are kept for at least five years');

-- Depth 0 is a statement of somebody; executions come from their own trigger.
CREATE TRIGGER keep_in_step BEFORE INSERT OR UPDATE OR DELETE ON trading.positions
FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
EXECUTE FUNCTION trading.refuse_change('positions are made by executions');
CREATE TRIGGER keep_all BEFORE TRUNCATE ON trading.positions
FOR EACH STATEMENT EXECUTE FUNCTION trading.refuse_change('positions are made by executions');
