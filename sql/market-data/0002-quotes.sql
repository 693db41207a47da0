-- The best prices of this moment. Errors: 22000 when a quote would go back in time, 23514 when it is of the future, 2202E when
-- arrays differ in length.

-- Rewritten all the time: free space in each page keeps the new version of a row in place (HOT), for which no index may have a column that
-- changes. So there is none on quoted_at: the job that looks for stale quotes reads a few pages.
CREATE TABLE realtime.quotes (
  instrument_id integer PRIMARY KEY REFERENCES market.instruments,
  bid           market.price NOT NULL,
  bid_size      market.size NOT NULL,
  ask           market.price NOT NULL,
  ask_size      market.size NOT NULL,
  quoted_at     timestamptz NOT NULL,
  sequence      bigint NOT NULL,
  -- It would stay, because all others are older.
  CONSTRAINT quotes_not_of_the_future CHECK (quoted_at < clock_timestamp() + interval '1 hour')
) WITH (fillfactor = 50);
COMMENT ON TABLE realtime.quotes IS 'The last best bid and ask of each instrument. They may cross for a moment, as they do on the venues';
COMMENT ON COLUMN realtime.quotes.sequence IS 'Number given by the feed: tells quotes of the same microsecond apart';

CREATE FUNCTION realtime.refuse_older_quote() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = '22000',
    MESSAGE = 'a quote cannot go back in time',
    DETAIL = format('instrument %s is at %s, number %s', OLD.instrument_id, OLD.quoted_at, OLD.sequence);
END
$$;
COMMENT ON FUNCTION realtime.refuse_older_quote() IS 'Guards quotes against whoever does not use upsert_quotes()';

-- The condition is looked at without a call of the function.
CREATE TRIGGER refuse_older_quote BEFORE UPDATE ON realtime.quotes FOR EACH ROW
WHEN ((NEW.quoted_at, NEW.sequence) < (OLD.quoted_at, OLD.sequence))
EXECUTE FUNCTION realtime.refuse_older_quote();

CREATE FUNCTION realtime.upsert_quotes(
  instrument_ids integer[],
  bids           numeric[],
  bid_sizes      numeric[],
  asks           numeric[],
  ask_sizes      numeric[],
  quoted_ats     timestamptz[],
  sequences      bigint[]
) RETURNS bigint
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  changed bigint;
BEGIN
  IF (SELECT count(DISTINCT length) > 1 FROM unnest(ARRAY[cardinality(instrument_ids), cardinality(bids), cardinality(bid_sizes),
    cardinality(asks), cardinality(ask_sizes), cardinality(quoted_ats), cardinality(sequences)]) AS length)
  THEN
    RAISE EXCEPTION USING ERRCODE = '2202E', MESSAGE = 'the arrays have different lengths';
  END IF;
  -- In the order of their keys: two batches at once then wait for each other, and never in a circle.
  INSERT INTO realtime.quotes AS quote (instrument_id, bid, bid_size, ask, ask_size, quoted_at, sequence)
  SELECT DISTINCT ON (instrument_id) instrument_id, bid, bid_size, ask, ask_size, quoted_at, sequence
  FROM unnest(instrument_ids, bids, bid_sizes, asks, ask_sizes, quoted_ats, sequences)
    AS quoted (instrument_id, bid, bid_size, ask, ask_size, quoted_at, sequence)
  ORDER BY instrument_id, quoted_at DESC, sequence DESC
  ON CONFLICT (instrument_id) DO UPDATE
  SET bid = EXCLUDED.bid, bid_size = EXCLUDED.bid_size, ask = EXCLUDED.ask, ask_size = EXCLUDED.ask_size,
    quoted_at = EXCLUDED.quoted_at, sequence = EXCLUDED.sequence
  WHERE (quote.quoted_at, quote.sequence) < (EXCLUDED.quoted_at, EXCLUDED.sequence);
  GET DIAGNOSTICS changed = ROW_COUNT;
  RETURN changed;
END
$$;
COMMENT ON FUNCTION realtime.upsert_quotes(integer[], numeric[], numeric[], numeric[], numeric[], timestamptz[], bigint[]) IS
  'Takes quotes in any order and any number per instrument, and keeps the latest; returns how many instruments have a newer quote now';

CREATE PROCEDURE realtime.remove_stale_quotes(older_than interval DEFAULT '1 day')
LANGUAGE sql SET search_path = '' AS $$
  DELETE FROM realtime.quotes WHERE quoted_at < now() - older_than;
$$;
COMMENT ON PROCEDURE realtime.remove_stale_quotes(interval) IS 'Deletes quotes that nobody has renewed: a missing price is safer than an old one';
