-- Ticks become candles: newly arrived ones mark minutes, minutes that change mark hours, hours mark days, and what is marked is computed anew.

-- Marked twice is as good as once, so nothing is unique here: who marks never waits for anybody.
CREATE TABLE historical.marks (
  id            bigint GENERATED ALWAYS AS IDENTITY,
  width         historical.width NOT NULL,
  opened_at     timestamptz NOT NULL,
  instrument_id integer NOT NULL,
  PRIMARY KEY (width, id)
);
COMMENT ON TABLE historical.marks IS 'Candles that must be computed again';

CREATE TABLE historical.roll_up_state (
  single  boolean PRIMARY KEY DEFAULT true CHECK (single),
  seen    txid_snapshot NOT NULL,
  cluster bigint NOT NULL
);
COMMENT ON TABLE historical.roll_up_state IS 'One row, whose lock lets one roll-up work at a time';
COMMENT ON COLUMN historical.roll_up_state.seen IS 'What the last roll-up saw: transactions that are not in it have been committed since';
COMMENT ON COLUMN historical.roll_up_state.cluster IS 'System identifier of the cluster whose transactions these are; another one after a restore from a dump';

INSERT INTO historical.roll_up_state (seen, cluster) SELECT txid_current_snapshot(), system_identifier FROM pg_control_system();

CREATE FUNCTION historical.deleted_before(name text) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
DECLARE
  moment timestamptz;
BEGIN
  IF to_regclass('pgfleet.retention') IS NOT NULL THEN
    EXECUTE 'SELECT deleted_before FROM pgfleet.retention WHERE table_name = $1' INTO moment USING name;
  END IF;
  RETURN coalesce(moment, '-infinity');
END
$$;
COMMENT ON FUNCTION historical.deleted_before(text) IS 'Before when rows of a table may be gone by retention';

CREATE FUNCTION historical.note_arrivals() RETURNS bigint
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  state     historical.roll_up_state;
  here      constant bigint := (SELECT system_identifier FROM pg_control_system());
  elsewhere boolean;
  noted     bigint;
BEGIN
  SELECT * INTO STRICT state FROM historical.roll_up_state FOR UPDATE;
  -- After a restore from a dump the numbers are those of another cluster: everything is new, once.
  elsewhere := state.cluster <> here OR txid_snapshot_xmax(state.seen) > txid_snapshot_xmax(txid_current_snapshot());
  IF elsewhere THEN
    state.seen := '1:1:';
  END IF;
  -- One statement, hence one snapshot: what it sees is what it notes as seen.
  WITH looked AS (
    UPDATE historical.roll_up_state SET seen = txid_current_snapshot(), cluster = here
  ), marked AS (
    INSERT INTO historical.marks (width, opened_at, instrument_id)
    SELECT DISTINCT historical.width '1m', date_bin('1 minute', tick.traded_at, '2000-01-01 00:00:00+00'), tick.instrument_id
    FROM historical.ticks AS tick
    WHERE tick.arrived >= txid_snapshot_xmin(state.seen)
      AND (elsewhere OR tick.arrived < txid_snapshot_xmax(txid_current_snapshot()))
      AND NOT txid_visible_in_snapshot(tick.arrived, state.seen)
    -- Minutes of an hour stand together, so that few steps compute it more than once.
    ORDER BY 2, 3
    RETURNING 1
  )
  SELECT count(*) INTO noted FROM marked;
  RETURN noted;
END
$$;
COMMENT ON FUNCTION historical.note_arrivals() IS
  'Marks the minutes of all ticks that have been committed since it was called last, and returns how many; late ones and those of long transactions are just ticks';

CREATE FUNCTION historical.mark(instrument integer, since timestamptz, until timestamptz) RETURNS bigint
LANGUAGE sql SET search_path = '' AS $$
  WITH marked AS (
    INSERT INTO historical.marks (width, opened_at, instrument_id)
    SELECT historical.width '1m', date_bin('1 minute', traded_at, '2000-01-01 00:00:00+00'), instrument
    FROM historical.ticks WHERE instrument_id = instrument AND traded_at >= since AND traded_at < until
    UNION
    SELECT '1m', opened_at, instrument
    FROM historical.candles_1m WHERE instrument_id = instrument AND opened_at >= since AND opened_at < until
    UNION
    SELECT '1h', opened_at, instrument
    FROM historical.candles_1h WHERE instrument_id = instrument AND opened_at >= since AND opened_at < until
    UNION
    SELECT '1d', opened_at, instrument
    FROM historical.candles_1d WHERE instrument_id = instrument AND opened_at >= since AND opened_at < until
    RETURNING 1
  )
  SELECT count(*) FROM marked;
$$;
COMMENT ON FUNCTION historical.mark(integer, timestamptz, timestamptz) IS 'For repairs: what must be rolled up again though no tick has arrived';

CREATE FUNCTION historical.cancel_trade(instrument integer, traded timestamptz, number bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM historical.ticks WHERE instrument_id = instrument AND traded_at = traded AND sequence = number;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO historical.marks (width, opened_at, instrument_id)
  VALUES ('1m', date_bin('1 minute', traded, '2000-01-01 00:00:00+00'), instrument);
  RETURN true;
END
$$;
COMMENT ON FUNCTION historical.cancel_trade(integer, timestamptz, bigint) IS
  'Deletes a trade that the venue has cancelled; the candles follow. Says whether it was there. With the rights of its owner, so that ticks are not deleted otherwise';
