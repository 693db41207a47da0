-- What has not arrived.

CREATE FUNCTION historical.candle_gaps(
  instrument integer, width historical.width,
  since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', at_least bigint DEFAULT 1
) RETURNS TABLE (missing_from timestamptz, missing_until timestamptz, candles bigint)
LANGUAGE sql STABLE STRICT SET search_path = '' AS $$
  SELECT gap.missing_from, gap.missing_until, gap.candles
  FROM (
    SELECT
      series.closed_at AS missing_from,
      series.next_at AS missing_until,
      (extract(epoch FROM series.next_at - series.closed_at) / extract(epoch FROM historical.length(candle_gaps.width)))::bigint AS candles
    FROM (
      SELECT candle.opened_at + historical.length(candle_gaps.width) AS closed_at, lead(candle.opened_at) OVER (ORDER BY candle.opened_at) AS next_at
      FROM historical.candles AS candle
      WHERE candle.width = candle_gaps.width AND candle.instrument_id = instrument AND candle.opened_at >= since AND candle.opened_at < until
    ) AS series
    WHERE series.next_at > series.closed_at
  ) AS gap
  WHERE gap.candles >= at_least
  ORDER BY gap.missing_from;
$$;
COMMENT ON FUNCTION historical.candle_gaps(integer, historical.width, timestamptz, timestamptz, bigint) IS
  'Where candles are missing between those that are there, and how many; nights and minutes without a trade are gaps too: `at_least` passes over short ones';

CREATE FUNCTION historical.sequence_gaps(
  instrument integer, since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity'
) RETURNS TABLE (first_missing bigint, last_missing bigint, traded_after timestamptz, traded_before timestamptz)
LANGUAGE sql STABLE STRICT SET search_path = '' AS $$
  SELECT series.sequence + 1, series.next_sequence - 1, series.traded_at, series.next_at
  FROM (
    SELECT
      tick.sequence,
      tick.traded_at,
      lead(tick.sequence) OVER by_number AS next_sequence,
      lead(tick.traded_at) OVER by_number AS next_at
    FROM historical.ticks AS tick
    WHERE tick.instrument_id = instrument AND tick.traded_at >= since AND tick.traded_at < until
    WINDOW by_number AS (ORDER BY tick.sequence)
  ) AS series
  WHERE series.next_sequence > series.sequence + 1
  ORDER BY series.sequence;
$$;
COMMENT ON FUNCTION historical.sequence_gaps(integer, timestamptz, timestamptz) IS
  'Trades that the feed has numbered and that are not here: what must be asked for again';
