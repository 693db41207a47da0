-- How executions are recorded, and how positions are held against them.

CREATE FUNCTION trading.record_execution(
  order_id uuid, venue_execution_id text, quantity numeric, price numeric, executed_at timestamptz, fee numeric DEFAULT 0
) RETURNS trading.executions
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  known trading.venue_executions;
  recorded trading.executions;
BEGIN
  -- Whoever reports the same execution at the same time waits here.
  PERFORM FROM trading.orders AS o WHERE o.id = order_id FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('there is no order %s', order_id);
  END IF;

  SELECT * INTO known FROM trading.venue_executions AS v
  WHERE v.order_id = record_execution.order_id AND v.venue_execution_id = record_execution.venue_execution_id;
  IF FOUND THEN
    SELECT * INTO STRICT recorded FROM trading.executions AS e WHERE e.id = known.execution_id AND e.executed_at = known.executed_at;
    -- As they were rounded when they were written.
    IF (recorded.quantity, recorded.price, recorded.executed_at, recorded.fee)
      IS DISTINCT FROM (round(quantity, 8), round(price, 8), executed_at, round(fee, 8))
    THEN
      RAISE EXCEPTION USING
        ERRCODE = 'TR004',
        MESSAGE = format('execution %s of order %s has been reported with other content', venue_execution_id, order_id),
        DETAIL = format('%s at %s, executed at %s, fee %s.', recorded.quantity, recorded.price, recorded.executed_at, recorded.fee);
    END IF;
    RETURN recorded;
  END IF;

  INSERT INTO trading.executions (order_id, venue_execution_id, quantity, price, executed_at, fee)
  VALUES (order_id, venue_execution_id, quantity, price, executed_at, fee)
  RETURNING * INTO recorded;
  RETURN recorded;
END
$$;
COMMENT ON FUNCTION trading.record_execution(uuid, text, numeric, numeric, timestamptz, numeric) IS
  'Records a fill that a venue reports, once per venue_execution_id; it fills the order and changes the position. A venue may report again what a crash has lost.';

CREATE FUNCTION trading.position_discrepancies() RETURNS TABLE (
  account_id uuid, instrument_id integer, what text, kept numeric, executed numeric
)
LANGUAGE sql STABLE SET search_path = '' AS $$
  WITH executed AS (
    SELECT
      e.account_id, e.instrument_id, count(*) AS executions,
      min(e.position_sequence) AS first, max(e.position_sequence) AS last,
      sum(CASE e.side WHEN 'buy' THEN e.quantity ELSE -e.quantity END) AS quantity,
      sum(round(CASE e.side WHEN 'buy' THEN -e.quantity ELSE e.quantity END * e.price, 8)) AS cash,
      sum(e.realised_pnl) AS realised_pnl,
      sum(e.fee) AS fees
    FROM trading.executions AS e
    GROUP BY e.account_id, e.instrument_id
  )
  SELECT account_id, instrument_id, difference.what, difference.kept, difference.executed
  FROM trading.positions AS p FULL JOIN executed AS e USING (account_id, instrument_id)
  CROSS JOIN LATERAL (VALUES
    -- Of a position whose first executions are gone by age, only that none is missing since is known.
    ('last execution', p.executions::numeric, e.last::numeric, true),
    ('executions', (p.executions - e.first + 1)::numeric, e.executions::numeric, true),
    ('quantity', p.quantity, e.quantity, e.first = 1),
    ('cash', p.realised_pnl - p.cost_basis, e.cash, e.first = 1),
    ('realised P&L', p.realised_pnl, e.realised_pnl, e.first = 1),
    ('fees', p.fees, e.fees, e.first = 1)
  ) AS difference (what, kept, executed, known)
  WHERE difference.kept IS DISTINCT FROM difference.executed
    -- All executions of a position may be gone by age.
    AND CASE WHEN e.first IS NULL THEN p.last_executed_at > now() - interval '5 years' ELSE difference.known END
$$;
COMMENT ON FUNCTION trading.position_discrepancies() IS 'Positions that are not what their executions make of them: none, ever';
