-- Technical indicators over the closing prices of candles, oldest first. They are statistics, hence double precision. A row is there once its
-- value is defined: a series that is too short gives none, and missing candles are passed over, not filled in. Averages that remember
-- everything begin at `since`: begin earlier to let them settle. Errors: 23514 when a period is not positive.

CREATE DOMAIN historical.period AS integer CHECK (VALUE > 0);
COMMENT ON DOMAIN historical.period IS 'Number of candles that an indicator looks at';

CREATE FUNCTION historical.smooth(state double precision, value double precision, weight double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  -- What is left of values of long ago is nothing, before it is too small to be a number: that would be an error (22003).
  IF abs(state) < 1e-290 THEN
    RETURN value * weight;
  END IF;
  RETURN value * weight + state * (1 - weight);
END
$$;
COMMENT ON FUNCTION historical.smooth(double precision, double precision, double precision) IS 'One step of an exponential average';

-- As the function is strict, the first value is the first state.
CREATE AGGREGATE historical.exponential_average(value double precision, weight double precision) (
  SFUNC = historical.smooth, STYPE = double precision
);
COMMENT ON AGGREGATE historical.exponential_average(double precision, double precision) IS
  'Average in which each value weighs so much and all before it the rest; begins with the first value. With OVER (ORDER BY ...) one per row, in one pass';

CREATE FUNCTION historical.sma(
  instrument integer, width historical.width, period historical.period,
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity'
) RETURNS TABLE (opened_at timestamptz, value double precision)
LANGUAGE sql STABLE STRICT SET search_path = '' AS $$
  SELECT series.opened_at, series.average::double precision
  FROM (
    SELECT candle.opened_at, avg(candle.close) OVER recent AS average, row_number() OVER (ORDER BY candle.opened_at) AS n
    FROM historical.candles AS candle
    WHERE candle.width = sma.width AND candle.instrument_id = instrument AND candle.opened_at >= since AND candle.opened_at < until
    WINDOW recent AS (ORDER BY candle.opened_at ROWS BETWEEN period - 1 PRECEDING AND CURRENT ROW)
  ) AS series
  WHERE series.n >= period
  ORDER BY series.opened_at;
$$;
COMMENT ON FUNCTION historical.sma(integer, historical.width, historical.period, timestamptz, timestamptz) IS
  'Simple moving average: of the last `period` closing prices';

CREATE FUNCTION historical.ema(
  instrument integer, width historical.width, period historical.period,
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity'
) RETURNS TABLE (opened_at timestamptz, value double precision)
LANGUAGE sql STABLE STRICT SET search_path = '' AS $$
  SELECT series.opened_at, series.average
  FROM (
    SELECT
      candle.opened_at,
      historical.exponential_average(candle.close::double precision, 2.0::double precision / (period + 1)) OVER (ORDER BY candle.opened_at) AS average,
      row_number() OVER (ORDER BY candle.opened_at) AS n
    FROM historical.candles AS candle
    WHERE candle.width = ema.width AND candle.instrument_id = instrument AND candle.opened_at >= since AND candle.opened_at < until
  ) AS series
  WHERE series.n >= period
  ORDER BY series.opened_at;
$$;
COMMENT ON FUNCTION historical.ema(integer, historical.width, historical.period, timestamptz, timestamptz) IS
  'Exponential moving average: each price weighs 2 / (period + 1); begins with the first price (not with an average of the first ones), shown from the `period`-th on';

CREATE FUNCTION historical.macd(
  instrument integer, width historical.width,
  fast historical.period DEFAULT 12, slow historical.period DEFAULT 26, signal_period historical.period DEFAULT 9,
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity'
) RETURNS TABLE (opened_at timestamptz, macd double precision, signal double precision, histogram double precision)
LANGUAGE sql STABLE STRICT SET search_path = '' AS $$
  SELECT signalled.opened_at, signalled.macd, signalled.signal, signalled.macd - signalled.signal
  FROM (
    SELECT
      series.opened_at,
      series.macd,
      historical.exponential_average(series.macd, 2.0::double precision / (signal_period + 1)) OVER (ORDER BY series.opened_at) AS signal
    FROM (
      SELECT
        candle.opened_at,
        historical.exponential_average(candle.close::double precision, 2.0::double precision / (fast + 1)) OVER (ORDER BY candle.opened_at)
          - historical.exponential_average(candle.close::double precision, 2.0::double precision / (slow + 1)) OVER (ORDER BY candle.opened_at) AS macd,
        row_number() OVER (ORDER BY candle.opened_at) AS n
      FROM historical.candles AS candle
      WHERE candle.width = macd.width AND candle.instrument_id = instrument AND candle.opened_at >= since AND candle.opened_at < until
    ) AS series
    WHERE series.n >= slow
  ) AS signalled
  ORDER BY signalled.opened_at;
$$;
COMMENT ON FUNCTION historical.macd(integer, historical.width, historical.period, historical.period, historical.period, timestamptz, timestamptz) IS
  'Moving average convergence/divergence: fast EMA less slow EMA, from the `slow`-th price on; the signal is the EMA of these, begins with the first of them; the histogram is their difference';

CREATE FUNCTION historical.rsi(
  instrument integer, width historical.width, period historical.period DEFAULT 14,
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity'
) RETURNS TABLE (opened_at timestamptz, value double precision)
LANGUAGE sql STABLE STRICT SET search_path = '' AS $$
  SELECT smoothed.opened_at, CASE WHEN smoothed.loss = 0 THEN 100 ELSE 100 - 100 / (1 + smoothed.gain / smoothed.loss) END
  FROM (
    SELECT
      seeded.opened_at,
      historical.exponential_average(seeded.gain, 1.0::double precision / period) OVER (ORDER BY seeded.opened_at) AS gain,
      historical.exponential_average(seeded.loss, 1.0::double precision / period) OVER (ORDER BY seeded.opened_at) AS loss
    FROM (
      SELECT
        changed.opened_at,
        changed.n,
        CASE changed.n WHEN period THEN avg(changed.gain) FILTER (WHERE changed.n <= period) OVER (ORDER BY changed.opened_at) ELSE changed.gain END AS gain,
        CASE changed.n WHEN period THEN avg(changed.loss) FILTER (WHERE changed.n <= period) OVER (ORDER BY changed.opened_at) ELSE changed.loss END AS loss
      FROM (
        SELECT
          series.opened_at,
          series.n,
          greatest(series.change, 0)::double precision AS gain,
          greatest(-series.change, 0)::double precision AS loss
        FROM (
          SELECT
            candle.opened_at,
            candle.close - lag(candle.close) OVER (ORDER BY candle.opened_at) AS change,
            row_number() OVER (ORDER BY candle.opened_at) - 1 AS n
          FROM historical.candles AS candle
          WHERE candle.width = rsi.width AND candle.instrument_id = instrument AND candle.opened_at >= since AND candle.opened_at < until
        ) AS series
        WHERE series.n > 0
      ) AS changed
    ) AS seeded
    WHERE seeded.n >= period
  ) AS smoothed
  ORDER BY smoothed.opened_at;
$$;
COMMENT ON FUNCTION historical.rsi(integer, historical.width, historical.period, timestamptz, timestamptz) IS
  'Relative strength index by Wilder: average gain and loss begin with the plain average of the first `period` changes, then each change weighs 1 / period; 100 where there was no loss, also when nothing moved';

CREATE FUNCTION historical.bollinger_bands(
  instrument integer, width historical.width, period historical.period DEFAULT 20, deviations double precision DEFAULT 2,
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity'
) RETURNS TABLE (opened_at timestamptz, lower double precision, middle double precision, upper double precision)
LANGUAGE sql STABLE STRICT SET search_path = '' AS $$
  SELECT series.opened_at, series.average - deviations * series.deviation, series.average, series.average + deviations * series.deviation
  FROM (
    SELECT
      candle.opened_at,
      (avg(candle.close) OVER recent)::double precision AS average,
      (stddev_pop(candle.close) OVER recent)::double precision AS deviation,
      row_number() OVER (ORDER BY candle.opened_at) AS n
    FROM historical.candles AS candle
    WHERE candle.width = bollinger_bands.width AND candle.instrument_id = instrument AND candle.opened_at >= since AND candle.opened_at < until
    WINDOW recent AS (ORDER BY candle.opened_at ROWS BETWEEN period - 1 PRECEDING AND CURRENT ROW)
  ) AS series
  WHERE series.n >= period
  ORDER BY series.opened_at;
$$;
COMMENT ON FUNCTION historical.bollinger_bands(integer, historical.width, historical.period, double precision, timestamptz, timestamptz) IS
  'Bollinger bands: simple moving average, and so many standard deviations (of the population, as Bollinger defines it) around it';

CREATE FUNCTION historical.atr(
  instrument integer, width historical.width, period historical.period DEFAULT 14,
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity'
) RETURNS TABLE (opened_at timestamptz, value double precision)
LANGUAGE sql STABLE STRICT SET search_path = '' AS $$
  SELECT seeded.opened_at, historical.exponential_average(seeded.range, 1.0::double precision / period) OVER (ORDER BY seeded.opened_at)
  FROM (
    SELECT
      series.opened_at,
      series.n,
      CASE series.n WHEN period THEN avg(series.range) FILTER (WHERE series.n <= period) OVER (ORDER BY series.opened_at) ELSE series.range END AS range
    FROM (
      SELECT
        candle.opened_at,
        row_number() OVER oldest_first AS n,
        -- The first candle has none before it: greatest() passes over null.
        greatest(
          candle.high - candle.low,
          abs(candle.high - lag(candle.close) OVER oldest_first),
          abs(candle.low - lag(candle.close) OVER oldest_first)
        )::double precision AS range
      FROM historical.candles AS candle
      WHERE candle.width = atr.width AND candle.instrument_id = instrument AND candle.opened_at >= since AND candle.opened_at < until
      WINDOW oldest_first AS (ORDER BY candle.opened_at)
    ) AS series
  ) AS seeded
  WHERE seeded.n >= period
  ORDER BY seeded.opened_at;
$$;
COMMENT ON FUNCTION historical.atr(integer, historical.width, historical.period, timestamptz, timestamptz) IS
  'Average true range by Wilder: begins with the plain average of the first `period` true ranges (that of the first candle is high less low), then each weighs 1 / period';

CREATE FUNCTION historical.vwap(
  instrument integer, width historical.width,
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity'
) RETURNS TABLE (opened_at timestamptz, value double precision)
LANGUAGE sql STABLE STRICT SET search_path = '' AS $$
  SELECT
    candle.opened_at,
    (sum((candle.high + candle.low + candle.close) * candle.volume) OVER so_far / (3 * sum(candle.volume) OVER so_far))::double precision
  FROM historical.candles AS candle
  WHERE candle.width = vwap.width AND candle.instrument_id = instrument AND candle.opened_at >= since AND candle.opened_at < until
  WINDOW so_far AS (ORDER BY candle.opened_at)
  ORDER BY candle.opened_at;
$$;
COMMENT ON FUNCTION historical.vwap(integer, historical.width, timestamptz, timestamptz) IS
  'Volume weighted average price since `since` (of a session: its opening), of the typical price (high + low + close) / 3 of each candle';
