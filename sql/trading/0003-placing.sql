-- What clients and venues do with orders but for fills: place, acknowledge, reject, cancel, expire; and the open ones in priority.
--
-- The functions are SECURITY DEFINER because the application has no right to write orders: each change is one that the state machine knows.

CREATE FUNCTION trading.place_order(
  account_id uuid,
  client_order_id text,
  instrument_id integer,
  side text,
  quantity numeric,
  limit_price numeric DEFAULT NULL,
  time_in_force text DEFAULT 'day',
  expires_at timestamptz DEFAULT NULL
) RETURNS trading.orders
-- Days are those of UTC: elsewhere some have 23 hours.
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  placed trading.orders;
  instrument trading.instruments;
  moment constant timestamptz := clock_timestamp();
BEGIN
  SELECT * INTO placed FROM trading.orders AS o
  WHERE o.account_id = place_order.account_id AND o.client_order_id = place_order.client_order_id;

  IF NOT FOUND THEN
    SELECT * INTO instrument FROM trading.instruments WHERE id = place_order.instrument_id;
    IF NOT FOUND THEN
      RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('there is no instrument %s', instrument_id);
    ELSIF NOT instrument.tradable THEN
      RAISE EXCEPTION USING ERRCODE = 'TR006', MESSAGE = format('%s is not traded', instrument.symbol);
    ELSIF quantity % instrument.lot_size <> 0 THEN
      RAISE EXCEPTION USING ERRCODE = 'TR006', MESSAGE = format('%s is traded in multiples of %s', instrument.symbol, instrument.lot_size);
    ELSIF limit_price % instrument.tick_size <> 0 THEN
      RAISE EXCEPTION USING ERRCODE = 'TR006', MESSAGE = format('prices of %s are multiples of %s', instrument.symbol, instrument.tick_size);
    ELSIF (time_in_force = 'gtd') <> (expires_at IS NOT NULL) THEN
      RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'an order says when it expires if it is good till date, and only then';
    END IF;

    INSERT INTO trading.orders (
      account_id, client_order_id, instrument_id, side, quantity, limit_price, currency, time_in_force, placed_at, expires_at
    )
    VALUES (
      account_id, client_order_id, instrument_id, side, quantity, limit_price, instrument.currency, time_in_force, moment,
      CASE time_in_force
        WHEN 'gtd' THEN expires_at
        WHEN 'gtc' THEN moment + interval '90 days'
        WHEN 'day' THEN date_trunc('day', moment, 'UTC') + interval '1 day'
        ELSE moment + interval '1 minute'
      END
    )
    ON CONFLICT ON CONSTRAINT orders_client_order_id_key DO NOTHING
    RETURNING * INTO placed;
    IF FOUND THEN
      RETURN placed;
    END IF;
    -- The same order has been placed meanwhile.
    SELECT * INTO STRICT placed FROM trading.orders AS o
    WHERE o.account_id = place_order.account_id AND o.client_order_id = place_order.client_order_id;
  END IF;

  IF (
    placed.instrument_id, placed.side, placed.quantity, placed.limit_price, placed.time_in_force,
    CASE placed.time_in_force WHEN 'gtd' THEN placed.expires_at END
  ) IS DISTINCT FROM (instrument_id, side, quantity, limit_price, time_in_force, expires_at) THEN
    RAISE EXCEPTION USING
      ERRCODE = 'TR003',
      MESSAGE = format('client_order_id %s is that of another order', client_order_id),
      DETAIL = format('Order %s, placed at %s.', placed.id, placed.placed_at);
  END IF;
  RETURN placed;
END
$$;
COMMENT ON FUNCTION trading.place_order(uuid, text, integer, text, numeric, numeric, text, timestamptz) IS
  'Places an order, once per account and client_order_id: whoever repeats it gets the order that is there, in the state it is in';

CREATE FUNCTION trading.set_order_status(order_id uuid, status text, reason text DEFAULT NULL) RETURNS trading.orders
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  changed trading.orders;
BEGIN
  UPDATE trading.orders AS o SET status = set_order_status.status, status_reason = reason WHERE o.id = order_id RETURNING * INTO changed;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('there is no order %s', order_id);
  END IF;
  RETURN changed;
END
$$;
COMMENT ON FUNCTION trading.set_order_status(uuid, text, text) IS
  'Brings an order into a state that may follow; used by the functions that have a name for it';

CREATE FUNCTION trading.acknowledge_order(
  order_id uuid, venue_order_id text DEFAULT NULL, acknowledged_at timestamptz DEFAULT clock_timestamp()
) RETURNS trading.orders
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  changed trading.orders;
BEGIN
  -- The clock of the venue may be behind ours, or ahead.
  UPDATE trading.orders AS o
  SET
    status = 'new',
    venue_order_id = acknowledge_order.venue_order_id,
    acknowledged_at = greatest(least(acknowledge_order.acknowledged_at, clock_timestamp()), o.placed_at)
  WHERE o.id = order_id
  RETURNING * INTO changed;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('there is no order %s', order_id);
  END IF;
  RETURN changed;
END
$$;
COMMENT ON FUNCTION trading.acknowledge_order(uuid, text, timestamptz) IS 'The venue has the order: it is new, and may be filled';

CREATE FUNCTION trading.reject_order(order_id uuid, reason text) RETURNS trading.orders
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ SELECT * FROM trading.set_order_status(order_id, 'rejected', reason) $$;
COMMENT ON FUNCTION trading.reject_order(uuid, text) IS 'The venue does not take the order';

CREATE FUNCTION trading.cancel_order(order_id uuid, reason text DEFAULT NULL) RETURNS trading.orders
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ SELECT * FROM trading.set_order_status(order_id, 'cancelled', reason) $$;
COMMENT ON FUNCTION trading.cancel_order(uuid, text) IS 'Ends an open order; what was filled stays filled';

CREATE FUNCTION trading.expire_order(order_id uuid) RETURNS trading.orders
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ SELECT * FROM trading.set_order_status(order_id, 'expired') $$;
COMMENT ON FUNCTION trading.expire_order(uuid) IS 'Ends an open order because its time is up';

CREATE PROCEDURE trading.expire_orders(batch integer DEFAULT 1000)
LANGUAGE plpgsql AS $$
DECLARE
  expired bigint;
BEGIN
  LOOP
    -- An order that somebody changes just now is left for the next run.
    UPDATE trading.orders SET status = 'expired' WHERE id IN (
      SELECT id FROM trading.orders
      WHERE expires_at <= now() AND status IN ('pending_new', 'new', 'partially_filled')
      ORDER BY expires_at LIMIT batch FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS expired = ROW_COUNT;
    COMMIT;
    EXIT WHEN expired = 0;
  END LOOP;
END
$$;
COMMENT ON PROCEDURE trading.expire_orders(integer) IS
  'Job: ends the open orders whose time is up, batch by batch; a procedure that commits can have no search_path of its own';

CREATE FUNCTION trading.open_orders(instrument_id integer, side text, depth integer DEFAULT 50) RETURNS SETOF trading.orders
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
BEGIN
  IF side = 'buy' THEN
    RETURN QUERY
      SELECT * FROM trading.orders AS o
      WHERE o.instrument_id = open_orders.instrument_id AND o.side = 'buy' AND o.status IN ('new', 'partially_filled')
      ORDER BY o.limit_price DESC NULLS FIRST, o.placed_at, o.id LIMIT depth;
  ELSE
    RETURN QUERY
      SELECT * FROM trading.orders AS o
      WHERE o.instrument_id = open_orders.instrument_id AND o.side = 'sell' AND o.status IN ('new', 'partially_filled')
      ORDER BY o.limit_price NULLS FIRST, o.placed_at, o.id LIMIT depth;
  END IF;
END
$$;
COMMENT ON FUNCTION trading.open_orders(integer, text, integer) IS
  'One side of the book: best price first, at a price who came first, market orders before all';

CREATE FUNCTION trading.find_orders(client_order_id text) RETURNS SETOF trading.orders
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT * FROM trading.orders AS o WHERE o.client_order_id = find_orders.client_order_id ORDER BY o.placed_at DESC
$$;
COMMENT ON FUNCTION trading.find_orders(text) IS 'Orders of whichever account that have this client_order_id, latest first';
