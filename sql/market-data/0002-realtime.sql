-- What is coming in: every trade, and the best prices of this moment.

CREATE TABLE realtime.ticks (
  instrument_id integer NOT NULL REFERENCES market.instruments,
  traded_at     timestamptz NOT NULL,
  sequence      bigint NOT NULL,
  price         numeric(20, 8) NOT NULL CHECK (price > 0),
  size          numeric(20, 8) NOT NULL CHECK (size > 0),
  PRIMARY KEY (instrument_id, traded_at, sequence)
);
COMMENT ON TABLE realtime.ticks IS 'Trades as the venues report them';
COMMENT ON COLUMN realtime.ticks.sequence IS 'Number given by the feed: tells trades of the same microsecond apart';

-- Rewritten all the time: free space in each page keeps the new version of a row in place.
CREATE TABLE realtime.quotes (
  instrument_id integer PRIMARY KEY REFERENCES market.instruments,
  bid           numeric(20, 8) NOT NULL CHECK (bid > 0),
  ask           numeric(20, 8) NOT NULL CHECK (ask > 0),
  quoted_at     timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE realtime.quotes IS 'The last best bid and ask of each instrument';

CREATE PROCEDURE realtime.remove_stale_quotes(older_than interval DEFAULT '1 day')
LANGUAGE sql SET search_path = '' AS $$
  DELETE FROM realtime.quotes WHERE quoted_at < now() - older_than;
$$;
COMMENT ON PROCEDURE realtime.remove_stale_quotes(interval) IS 'Deletes quotes that nobody has renewed: a missing price is safer than an old one';
