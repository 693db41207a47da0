-- One step of a roll-up is one transaction: it takes some marks, computes their candles anew, and marks the longer ones that hold them.
-- What is marked twice is computed twice and comes out the same; what is not computed any more is what retention has taken the grounds of.

CREATE FUNCTION historical.take_marks(wanted historical.width, batch integer, OUT taken bigint, OUT instrument_ids integer[], OUT openings timestamptz[])
LANGUAGE sql SET search_path = '' AS $$
  -- A statement of its own, so that the next one sees all that was committed with these marks.
  WITH removed AS (
    DELETE FROM historical.marks
    WHERE width = wanted AND id = ANY (ARRAY(SELECT id FROM historical.marks WHERE width = wanted ORDER BY id LIMIT batch))
    RETURNING instrument_id, opened_at
  ), once AS (
    SELECT instrument_id, opened_at, count(*) AS times FROM removed GROUP BY instrument_id, opened_at
  )
  SELECT
    coalesce(sum(times), 0)::bigint,
    array_agg(instrument_id ORDER BY instrument_id, opened_at),
    array_agg(opened_at ORDER BY instrument_id, opened_at)
  FROM once;
$$;
COMMENT ON FUNCTION historical.take_marks(historical.width, integer) IS 'Takes the oldest marks of a width off the list; each candle is named once';

CREATE FUNCTION historical.roll_up_minutes(batch integer) RETURNS bigint
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  marks record;
BEGIN
  PERFORM FROM historical.roll_up_state FOR UPDATE;
  SELECT * INTO marks FROM historical.take_marks('1m', batch);
  WITH marked AS MATERIALIZED (
    SELECT * FROM unnest(marks.instrument_ids, marks.openings) AS mark (instrument_id, opened_at)
    -- Asked in the same snapshot in which the ticks are read.
    WHERE mark.opened_at >= (SELECT historical.deleted_before('historical.ticks'))
  ), computed AS MATERIALIZED (
    SELECT marked.instrument_id, marked.opened_at, candle.*
    FROM marked CROSS JOIN LATERAL (
      SELECT
        (array_agg(tick.price ORDER BY tick.traded_at, tick.sequence))[1] AS open,
        max(tick.price) AS high,
        min(tick.price) AS low,
        (array_agg(tick.price ORDER BY tick.traded_at DESC, tick.sequence DESC))[1] AS close,
        sum(tick.size) AS volume,
        count(*) AS trades
      FROM historical.ticks AS tick
      WHERE tick.instrument_id = marked.instrument_id
        AND tick.traded_at >= marked.opened_at AND tick.traded_at < marked.opened_at + interval '1 minute'
    ) AS candle
    WHERE candle.trades > 0
  ), written AS (
    INSERT INTO historical.candles_1m AS candle (instrument_id, opened_at, open, high, low, close, volume, trades)
    SELECT * FROM computed
    ON CONFLICT (instrument_id, opened_at) DO UPDATE
    SET open = EXCLUDED.open, high = EXCLUDED.high, low = EXCLUDED.low, close = EXCLUDED.close,
      volume = EXCLUDED.volume, trades = EXCLUDED.trades
    WHERE (candle.open, candle.high, candle.low, candle.close, candle.volume, candle.trades)
      IS DISTINCT FROM (EXCLUDED.open, EXCLUDED.high, EXCLUDED.low, EXCLUDED.close, EXCLUDED.volume, EXCLUDED.trades)
    RETURNING candle.instrument_id, candle.opened_at
  ), emptied AS (
    DELETE FROM historical.candles_1m AS candle USING marked
    WHERE candle.instrument_id = marked.instrument_id AND candle.opened_at = marked.opened_at
      AND NOT EXISTS (SELECT FROM computed WHERE computed.instrument_id = marked.instrument_id AND computed.opened_at = marked.opened_at)
    RETURNING candle.instrument_id, candle.opened_at
  )
  INSERT INTO historical.marks (width, opened_at, instrument_id)
  SELECT historical.width '1h', date_bin('1 hour', opened_at, '2000-01-01 00:00:00+00'), instrument_id FROM written
  UNION
  SELECT '1h', date_bin('1 hour', opened_at, '2000-01-01 00:00:00+00'), instrument_id FROM emptied;
  RETURN marks.taken;
END
$$;
COMMENT ON FUNCTION historical.roll_up_minutes(integer) IS 'Computes so many marked minutes from their ticks; returns how many marks it took';

CREATE FUNCTION historical.roll_up_candles(wanted historical.width, batch integer) RETURNS bigint
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  marks  record;
  finer  constant historical.width := CASE wanted WHEN '1h' THEN '1m' WHEN '1d' THEN '1h' END;
  longer constant historical.width := CASE wanted WHEN '1h' THEN '1d' END;
  source constant text := 'candles_' || finer;
BEGIN
  PERFORM FROM historical.roll_up_state FOR UPDATE;
  SELECT * INTO marks FROM historical.take_marks(wanted, batch);
  -- The same statement for hours and days: only the names of the tables differ.
  EXECUTE format($statement$
    WITH marked AS MATERIALIZED (
      SELECT * FROM unnest($1, $2) AS mark (instrument_id, opened_at)
      WHERE mark.opened_at >= (SELECT historical.deleted_before($3))
    ), computed AS MATERIALIZED (
      SELECT marked.instrument_id, marked.opened_at, candle.*
      FROM marked CROSS JOIN LATERAL (
        SELECT
          (array_agg(part.open ORDER BY part.opened_at))[1] AS open,
          max(part.high) AS high,
          min(part.low) AS low,
          (array_agg(part.close ORDER BY part.opened_at DESC))[1] AS close,
          sum(part.volume) AS volume,
          sum(part.trades)::bigint AS trades
        FROM historical.%1$I AS part
        WHERE part.instrument_id = marked.instrument_id
          AND part.opened_at >= marked.opened_at AND part.opened_at < marked.opened_at + $4
      ) AS candle
      WHERE candle.trades > 0
    ), written AS (
      INSERT INTO historical.%2$I AS candle (instrument_id, opened_at, open, high, low, close, volume, trades)
      SELECT * FROM computed
      ON CONFLICT (instrument_id, opened_at) DO UPDATE
      SET open = EXCLUDED.open, high = EXCLUDED.high, low = EXCLUDED.low, close = EXCLUDED.close,
        volume = EXCLUDED.volume, trades = EXCLUDED.trades
      WHERE (candle.open, candle.high, candle.low, candle.close, candle.volume, candle.trades)
        IS DISTINCT FROM (EXCLUDED.open, EXCLUDED.high, EXCLUDED.low, EXCLUDED.close, EXCLUDED.volume, EXCLUDED.trades)
      RETURNING candle.instrument_id, candle.opened_at
    ), emptied AS (
      DELETE FROM historical.%2$I AS candle USING marked
      WHERE candle.instrument_id = marked.instrument_id AND candle.opened_at = marked.opened_at
        AND NOT EXISTS (SELECT FROM computed WHERE computed.instrument_id = marked.instrument_id AND computed.opened_at = marked.opened_at)
      RETURNING candle.instrument_id, candle.opened_at
    )
    INSERT INTO historical.marks (width, opened_at, instrument_id)
    SELECT $5, date_bin('1 day', opened_at, '2000-01-01 00:00:00+00'), instrument_id FROM written WHERE $5 IS NOT NULL
    UNION
    SELECT $5, date_bin('1 day', opened_at, '2000-01-01 00:00:00+00'), instrument_id FROM emptied WHERE $5 IS NOT NULL
    $statement$, source, 'candles_' || wanted)
  USING marks.instrument_ids, marks.openings, 'historical.' || source, historical.length(wanted), longer;
  RETURN marks.taken;
END
$$;
COMMENT ON FUNCTION historical.roll_up_candles(historical.width, integer) IS
  'Computes so many marked hours from their minutes, or days from their hours; returns how many marks it took';

-- No SET search_path: a procedure that has one cannot commit. It names everything by its schema, and what it calls has one.
CREATE PROCEDURE historical.roll_up(batch integer DEFAULT 10000)
LANGUAGE plpgsql AS $$
BEGIN
  WHILE historical.move_staged_ticks() > 0 LOOP
    COMMIT;
  END LOOP;
  PERFORM historical.note_arrivals();
  COMMIT;
  WHILE historical.roll_up_minutes(batch) > 0 LOOP
    COMMIT;
  END LOOP;
  WHILE historical.roll_up_candles('1h', batch) > 0 LOOP
    COMMIT;
  END LOOP;
  WHILE historical.roll_up_candles('1d', batch) > 0 LOOP
    COMMIT;
  END LOOP;
END
$$;
COMMENT ON PROCEDURE historical.roll_up(integer) IS
  'Brings all candles up to date with the ticks that are committed; so many candles per transaction. It can be stopped anywhere, called again, and called twice at once';
