-- What is kept: one-minute bars made from the ticks, and indicators over them.

CREATE TABLE historical.bars (
  instrument_id integer NOT NULL REFERENCES market.instruments,
  opened_at     timestamptz NOT NULL,
  open          numeric(20, 8) NOT NULL,
  high          numeric(20, 8) NOT NULL,
  low           numeric(20, 8) NOT NULL,
  close         numeric(20, 8) NOT NULL,
  volume        numeric(28, 8) NOT NULL CHECK (volume > 0),
  PRIMARY KEY (instrument_id, opened_at),
  CHECK (low > 0 AND low <= least(open, close) AND high >= greatest(open, close))
);
COMMENT ON TABLE historical.bars IS 'Prices and volume of each instrument by minute';

CREATE PROCEDURE historical.aggregate_bars(period interval DEFAULT '5 minutes')
LANGUAGE sql SET search_path = '' AS $$
  INSERT INTO historical.bars AS bar (instrument_id, opened_at, open, high, low, close, volume)
  SELECT
    tick.instrument_id,
    date_trunc('minute', tick.traded_at),
    (array_agg(tick.price ORDER BY tick.traded_at, tick.sequence))[1],
    max(tick.price),
    min(tick.price),
    (array_agg(tick.price ORDER BY tick.traded_at DESC, tick.sequence DESC))[1],
    sum(tick.size)
  FROM realtime.ticks AS tick
  WHERE tick.traded_at >= date_trunc('minute', now() - period)
  GROUP BY 1, 2
  ON CONFLICT (instrument_id, opened_at) DO UPDATE
  SET open = EXCLUDED.open, high = EXCLUDED.high, low = EXCLUDED.low, close = EXCLUDED.close, volume = EXCLUDED.volume
  WHERE (bar.open, bar.high, bar.low, bar.close, bar.volume)
    IS DISTINCT FROM (EXCLUDED.open, EXCLUDED.high, EXCLUDED.low, EXCLUDED.close, EXCLUDED.volume);
$$;
COMMENT ON PROCEDURE historical.aggregate_bars(interval) IS 'Makes the bars of the last minutes; run again, it corrects them by late ticks';

CREATE FUNCTION historical.moving_average(instrument integer, bars integer, since timestamptz)
RETURNS TABLE (opened_at timestamptz, close numeric, average numeric)
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT bar.opened_at, bar.close, avg(bar.close) OVER (ORDER BY bar.opened_at ROWS bars - 1 PRECEDING)
  FROM historical.bars AS bar
  WHERE bar.instrument_id = instrument AND bar.opened_at >= since
  ORDER BY bar.opened_at;
$$;
COMMENT ON FUNCTION historical.moving_average(integer, integer, timestamptz) IS
  'Simple moving average of the closing price over so many bars; the first ones average what there is';
