-- Every trade, as the venues report them, and the ways in which they come. Errors: 23503 unknown instrument, 23514 what is no price, size or
-- time of a trade, 2202E arrays of different lengths.

-- No foreign key to instruments: it would be a trigger for each row that comes in, and each new chunk of a hypertable, as each one dropped,
-- would lock the instruments. Those who write through the functions below name instruments that are there.
CREATE TABLE historical.ticks (
  instrument_id integer NOT NULL,
  traded_at     timestamptz NOT NULL,
  sequence      bigint NOT NULL,
  price         market.price NOT NULL,
  size          market.size NOT NULL,
  arrived       bigint NOT NULL DEFAULT txid_current(),
  PRIMARY KEY (instrument_id, traded_at, sequence),
  -- Far enough from the ends of time that every candle has an end.
  CONSTRAINT ticks_of_our_time CHECK (traded_at >= '1970-01-01 00:00:00+00' AND traded_at < '2200-01-01 00:00:00+00')
);
COMMENT ON TABLE historical.ticks IS
  'Trades as the venues report them. They come through ingest_ticks() or by COPY into staged_ticks, never by COPY into this: into a hypertable it ends the whole server where pgaudit is loaded, too (https://github.com/timescale/timescaledb/issues/7667), so that the application has no INSERT here';
COMMENT ON COLUMN historical.ticks.sequence IS 'Number given by the feed: rises by one with each trade of an instrument';
COMMENT ON COLUMN historical.ticks.arrived IS
  'Transaction that brought the row; leave it to its default: by it the roll-up finds what has been committed since it looked last, however late';

CREATE INDEX ticks_arrived_idx ON historical.ticks USING brin (arrived) WITH (pages_per_range = 16, autosummarize = on);
COMMENT ON INDEX historical.ticks_arrived_idx IS 'historical.note_arrivals(): ticks that have arrived since the last roll-up';

-- Unlogged: each row is here for a moment, and written again where it stays.
CREATE UNLOGGED TABLE historical.staged_ticks (
  instrument_id integer NOT NULL,
  traded_at     timestamptz NOT NULL,
  sequence      bigint NOT NULL,
  price         market.price NOT NULL,
  size          market.size NOT NULL,
  CONSTRAINT staged_ticks_of_our_time CHECK (traded_at >= '1970-01-01 00:00:00+00' AND traded_at < '2200-01-01 00:00:00+00')
);
COMMENT ON TABLE historical.staged_ticks IS
  'Where feeds COPY to, also those that repeat themselves: move_staged_ticks() takes only what is new from here. After a crash it is empty: what was not moved must be sent again';

CREATE FUNCTION historical.ingest_ticks(
  instrument_ids integer[],
  traded_ats     timestamptz[],
  sequences      bigint[],
  prices         numeric[],
  sizes          numeric[]
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  inserted bigint;
  unknown  integer;
BEGIN
  IF (SELECT count(DISTINCT length) > 1 FROM unnest(ARRAY[cardinality(instrument_ids), cardinality(traded_ats),
    cardinality(sequences), cardinality(prices), cardinality(sizes)]) AS length)
  THEN
    RAISE EXCEPTION USING ERRCODE = '2202E', MESSAGE = 'the arrays have different lengths';
  END IF;
  SELECT named INTO unknown
  FROM (SELECT DISTINCT named FROM unnest(instrument_ids) AS named) AS distinctly
  WHERE NOT EXISTS (SELECT FROM market.instruments WHERE id = named)
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = '23503', MESSAGE = 'no such instrument', DETAIL = format('instrument %s', unknown);
  END IF;
  -- In the order of their keys: two that bring the same trades then wait for each other, and never in a circle.
  INSERT INTO historical.ticks (instrument_id, traded_at, sequence, price, size)
  SELECT * FROM unnest(instrument_ids, traded_ats, sequences, prices, sizes) ORDER BY 1, 2, 3
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS inserted = ROW_COUNT;
  RETURN inserted;
END
$$;
COMMENT ON FUNCTION historical.ingest_ticks(integer[], timestamptz[], bigint[], numeric[], numeric[]) IS
  'Stores trades given as columns; those that are there already are passed over. Returns how many are new. With the rights of its owner: nobody else writes ticks';

CREATE FUNCTION historical.move_staged_ticks(batch bigint DEFAULT 100000) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  taken bigint;
BEGIN
  WITH staged AS (
    DELETE FROM historical.staged_ticks
    WHERE ctid = ANY (ARRAY(
      SELECT tick.ctid FROM historical.staged_ticks AS tick
      WHERE tick.instrument_id IN (SELECT id FROM market.instruments)
      LIMIT batch
      FOR UPDATE SKIP LOCKED
    ))
    RETURNING instrument_id, traded_at, sequence, price, size
  ), moved AS (
    INSERT INTO historical.ticks (instrument_id, traded_at, sequence, price, size)
    SELECT instrument_id, traded_at, sequence, price, size FROM staged ORDER BY instrument_id, traded_at, sequence
    ON CONFLICT DO NOTHING
  )
  SELECT count(*) INTO taken FROM staged;
  RETURN taken;
END
$$;
COMMENT ON FUNCTION historical.move_staged_ticks(bigint) IS
  'Moves staged ticks where they stay; returns how many it took, repeated ones included. Call it in the transaction of the COPY, or leave it to the roll-up. Ticks of unknown instruments wait for these. It has the rights of its owner, so that nobody else deletes here';
