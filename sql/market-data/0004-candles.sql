-- What is kept of the ticks: candles of a minute, an hour, a day. Days and hours are those of UTC.

CREATE TYPE historical.width AS ENUM ('1m', '1h', '1d');
COMMENT ON TYPE historical.width IS 'Length of a candle';

-- 24 hours: added to a moment, a day is as long as it is in the time zone of the session.
CREATE FUNCTION historical.length(width historical.width) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE width WHEN '1m' THEN interval '1 minute' WHEN '1h' THEN interval '1 hour' ELSE interval '24 hours' END;
COMMENT ON FUNCTION historical.length(historical.width) IS 'How long candles of a width are';

CREATE FUNCTION historical.opening(width historical.width, moment timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN date_bin(
  CASE width WHEN '1m' THEN interval '1 minute' WHEN '1h' THEN interval '1 hour' ELSE interval '1 day' END,
  moment,
  timestamptz '2000-01-01 00:00:00+00'
);
COMMENT ON FUNCTION historical.opening(historical.width, timestamptz) IS 'When the candle that holds a moment opened';

CREATE TABLE historical.candles_1m (
  instrument_id integer NOT NULL,
  opened_at     timestamptz NOT NULL CHECK (opened_at = date_bin('1 minute', opened_at, '2000-01-01 00:00:00+00')),
  open          market.price NOT NULL,
  high          market.price NOT NULL,
  low           market.price NOT NULL,
  close         market.price NOT NULL,
  volume        market.volume NOT NULL,
  trades        bigint NOT NULL CHECK (trades > 0),
  PRIMARY KEY (instrument_id, opened_at),
  CHECK (low <= least(open, close) AND high >= greatest(open, close))
);
COMMENT ON TABLE historical.candles_1m IS 'Prices and volume of each instrument by minute, made from the ticks; a minute without trades has none';

CREATE TABLE historical.candles_1h (
  LIKE historical.candles_1m,
  PRIMARY KEY (instrument_id, opened_at),
  CHECK (opened_at = date_bin('1 hour', opened_at, '2000-01-01 00:00:00+00')),
  CHECK (trades > 0),
  CHECK (low <= least(open, close) AND high >= greatest(open, close))
);
COMMENT ON TABLE historical.candles_1h IS 'Prices and volume of each instrument by hour, made from the minutes';

CREATE TABLE historical.candles_1d (
  LIKE historical.candles_1m,
  PRIMARY KEY (instrument_id, opened_at),
  CHECK (opened_at = date_bin('1 day', opened_at, '2000-01-01 00:00:00+00')),
  CHECK (trades > 0),
  CHECK (low <= least(open, close) AND high >= greatest(open, close))
);
COMMENT ON TABLE historical.candles_1d IS 'Prices and volume of each instrument by day, made from the hours; kept for ever';

-- With a given width, only its table is read.
CREATE VIEW historical.candles WITH (security_invoker = true) AS
SELECT historical.width '1m' AS width, * FROM historical.candles_1m
UNION ALL
SELECT historical.width '1h', * FROM historical.candles_1h
UNION ALL
SELECT historical.width '1d', * FROM historical.candles_1d;
COMMENT ON VIEW historical.candles IS 'Candles of all widths';
