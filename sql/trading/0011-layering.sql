-- The screen for layering and spoofing, and what it needs to know: when an order ended. For orders that have ended already, executions and the
-- trail tell.

ALTER TABLE trading.orders ADD COLUMN closed_at timestamptz;
COMMENT ON COLUMN trading.orders.closed_at IS 'When it was filled, cancelled, rejected or expired; none while it may still be executed';

-- What has ended never changes again, which is what the trigger sees to. The trail records this as it records everything.
ALTER TABLE trading.orders DISABLE TRIGGER check_change;
UPDATE trading.orders AS o
SET closed_at = coalesce(
  CASE WHEN status = 'filled' THEN last_executed_at END,
  (SELECT min(occurred_at) FROM compliance.audit_trail WHERE order_id = o.id AND table_name = 'trading.orders' AND after ->> 'status' = o.status),
  o.expires_at
)
WHERE status IN ('filled', 'cancelled', 'rejected', 'expired');
ALTER TABLE trading.orders ENABLE TRIGGER check_change;

ALTER TABLE trading.orders ADD CONSTRAINT orders_closed
CHECK ((closed_at IS NOT NULL) = (status IN ('filled', 'cancelled', 'rejected', 'expired')));

CREATE FUNCTION trading.close_order() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  NEW.closed_at := coalesce(NEW.closed_at, CASE WHEN NEW.status = 'filled' THEN NEW.last_executed_at END, clock_timestamp());
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION trading.close_order() IS
  'Trigger: notes when an order ends: with its last execution, or now, unless whoever ends it says so';

CREATE TRIGGER close BEFORE INSERT OR UPDATE OF status ON trading.orders
FOR EACH ROW WHEN (NEW.status IN ('filled', 'cancelled', 'rejected', 'expired')) EXECUTE FUNCTION trading.close_order();

CREATE INDEX orders_withdrawn_idx ON trading.orders (placed_at, account_id, instrument_id)
WHERE status = 'cancelled' AND filled_quantity = 0;
COMMENT ON INDEX trading.orders_withdrawn_idx IS 'Orders that were withdrawn with nothing filled, by time: compliance.layering()';

CREATE FUNCTION compliance.layering(
  since timestamptz, until timestamptz, within interval DEFAULT '1 minute', levels integer DEFAULT 3
) RETURNS TABLE (
  account_id uuid, instrument_id integer, side text, started_at timestamptz, ended_at timestamptz,
  prices bigint, quantity numeric, executed numeric
)
LANGUAGE sql STABLE SET search_path = '' AS $$
  WITH withdrawn AS (
    SELECT *, o.placed_at - lag(o.placed_at) OVER burst AS after_last
    FROM trading.orders AS o
    WHERE o.status = 'cancelled' AND o.filled_quantity = 0 AND o.placed_at >= since AND o.placed_at < until
      AND o.limit_price IS NOT NULL AND o.closed_at <= o.placed_at + within
    WINDOW burst AS (PARTITION BY o.account_id, o.instrument_id, o.side ORDER BY o.placed_at)
  ), numbered AS (
    -- A burst goes on as long as the next order comes soon enough.
    SELECT *, count(*) FILTER (WHERE w.after_last > within) OVER burst AS burst
    FROM withdrawn AS w
    WINDOW burst AS (PARTITION BY w.account_id, w.instrument_id, w.side ORDER BY w.placed_at)
  ), layer AS (
    SELECT
      n.account_id, n.instrument_id, n.side, min(n.placed_at) AS started_at, max(n.closed_at) AS ended_at,
      count(DISTINCT n.limit_price) AS prices, sum(n.quantity) AS quantity
    FROM numbered AS n
    GROUP BY n.account_id, n.instrument_id, n.side, n.burst
    HAVING count(DISTINCT n.limit_price) >= levels
  )
  SELECT layer.account_id, layer.instrument_id, layer.side, layer.started_at, layer.ended_at, layer.prices, layer.quantity, other.executed
  FROM layer
  CROSS JOIN LATERAL (
    SELECT sum(e.quantity) AS executed FROM trading.executions AS e
    WHERE e.account_id = layer.account_id AND e.instrument_id = layer.instrument_id AND e.side <> layer.side
      AND e.executed_at BETWEEN layer.started_at AND layer.ended_at
  ) AS other
  WHERE other.executed > 0
$$;
COMMENT ON FUNCTION compliance.layering(timestamptz, timestamptz, interval, integer) IS
  'Orders of an account at several prices on one side, withdrawn soon and unfilled, while it traded on the other side: the book was moved by orders not meant to trade';

CREATE PROCEDURE compliance.screen_layering(
  since timestamptz DEFAULT date_trunc('day', now(), 'UTC') - interval '1 day', until timestamptz DEFAULT now()
)
LANGUAGE sql SET search_path = '' AS $$
  INSERT INTO compliance.alerts (screen, account_id, instrument_id, started_at, ended_at, evidence)
  SELECT 'layering', account_id, instrument_id, started_at, ended_at, to_jsonb(found) - '{account_id,instrument_id}'::text[]
  -- What began before is looked at but not written down: the run before has done that, and its rest is not another finding.
  FROM compliance.layering(since - interval '1 hour', until) AS found
  WHERE started_at >= since
  ON CONFLICT ON CONSTRAINT alerts_once DO NOTHING
$$;
COMMENT ON PROCEDURE compliance.screen_layering(timestamptz, timestamptz) IS
  'Job: writes layering down as alerts, each once however often it runs';
