-- Finds out whether somebody has changed the audit trail behind its triggers.
--
-- Errors: TR005 somebody has.

-- STABLE, so that all of it looks at one snapshot: nothing that is written or sealed meanwhile is taken for a fault.
CREATE FUNCTION audit.verify(grace interval DEFAULT '1 hour')
RETURNS TABLE (kind text, event_id bigint, seal_number bigint, detail text)
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
DECLARE
  -- Rows from before may be gone.
  deleted_before timestamptz;
BEGIN
  IF to_regclass('pgfleet.retention') IS NOT NULL THEN
    EXECUTE 'SELECT deleted_before FROM pgfleet.retention WHERE table_name = $1' INTO deleted_before USING 'audit.events';
  END IF;

  RETURN QUERY
  SELECT 'altered', event.id, NULL::bigint, 'its content does not fit its hash'
  FROM audit.events AS event
  WHERE event.hash <> audit.event_hash(event)
    OR event.payload_hash <> audit.payload_hash(event.salt, event.before, event.after)
  UNION ALL
  SELECT 'altered', event.id, NULL, 'its personal part is gone, but its subject was not erased'
  FROM audit.events AS event
  WHERE event.salt IS NULL
    AND NOT EXISTS (SELECT FROM audit.erasures WHERE erasures.subject_hash = audit.subject_hash(event.subject_id));

  RETURN QUERY
  WITH linked AS (
    SELECT seal, lag(seal.number, 1, 0::bigint) OVER numbers AS last_number, lag(seal.hash, 1, decode(repeat('00', 32), 'hex')) OVER numbers AS last_hash
    FROM audit.seals AS seal
    WINDOW numbers AS (ORDER BY seal.number)
  )
  SELECT 'missing-seal', NULL::bigint, (seal).number - 1, format('seals %s to %s are gone', last_number + 1, (seal).number - 1)
  FROM linked
  WHERE (seal).number <> last_number + 1
  UNION ALL
  SELECT 'forged-seal', NULL, (seal).number, 'it does not continue the one before'
  FROM linked
  WHERE (seal).number = last_number + 1 AND (seal).previous <> last_hash
  UNION ALL
  SELECT 'forged-seal', NULL, (seal).number, 'its content does not fit its hash'
  FROM linked
  WHERE (seal).hash <> audit.seal_hash(seal)
  UNION ALL
  SELECT 'missing-seal', NULL, head.number, 'the last seal is not the one that was made last'
  FROM audit.chain AS head
  LEFT JOIN (SELECT * FROM audit.seals AS seal ORDER BY seal.number DESC LIMIT 1) AS last ON true
  WHERE head.number <> coalesce(last.number, 0) OR head.hash <> last.hash;
  IF NOT EXISTS (SELECT FROM audit.chain) THEN
    RETURN QUERY SELECT 'missing-seal', NULL::bigint, NULL::bigint, 'audit.chain is empty';
  END IF;

  RETURN QUERY
  WITH batches AS (
    SELECT seal.number, seal.rows, seal.rows_hash, seal.ids, found.rows AS rows_found, found.rows_hash AS hash_found
    FROM audit.seals AS seal
    CROSS JOIN LATERAL (
      SELECT count(*), sha256(string_agg(event.hash, ''::bytea ORDER BY event.id))
      FROM unnest(seal.ids) AS part
      JOIN audit.events AS event ON event.id >= lower(part) AND event.id < upper(part)
    ) AS found (rows, rows_hash)
    WHERE deleted_before IS NULL OR seal.first_at >= deleted_before
  )
  SELECT 'missing', sealed.id, number, 'it was sealed, and is gone'
  FROM batches
  CROSS JOIN LATERAL unnest(ids) AS part
  CROSS JOIN LATERAL generate_series(lower(part), upper(part) - 1) AS sealed (id)
  WHERE rows_found <> rows AND NOT EXISTS (SELECT FROM audit.events AS event WHERE event.id = sealed.id)
  UNION ALL
  SELECT 'altered', NULL, number, 'its rows are not those that were sealed'
  FROM batches
  WHERE rows_found = rows AND hash_found <> rows_hash;

  RETURN QUERY
  SELECT 'unsealed', event.id, NULL::bigint, format('it is from %s, and in no sealed batch', event.occurred_at)
  FROM audit.events AS event
  WHERE event.occurred_at < now() - grace
    AND NOT event.id <@ (SELECT coalesce(range_agg(seal.ids), '{}') FROM audit.seals AS seal);
END
$$;
COMMENT ON FUNCTION audit.verify(interval) IS 'Faults of the audit trail, none where it is whole: rows that are gone or altered, seals that are gone or forged, rows older than grace that are not sealed. Batches from which retention has deleted are checked as to their seals only';

CREATE PROCEDURE audit.check_integrity()
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  faults bigint;
  first_faults text;
BEGIN
  SELECT count(*), string_agg(line, E'\n') FILTER (WHERE place <= 10) INTO faults, first_faults
  FROM (
    SELECT concat_ws(' ', fault.kind, 'event ' || fault.event_id, 'seal ' || fault.seal_number) || ': ' || fault.detail, row_number() OVER ()
    FROM audit.verify() AS fault
  ) AS numbered (line, place);
  IF faults > 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'TR005', MESSAGE = format('faults of the audit trail: %s', faults), DETAIL = first_faults,
      HINT = 'audit.verify() lists them all.';
  END IF;
END
$$;
COMMENT ON PROCEDURE audit.check_integrity() IS 'Fails where audit.verify() finds anything, so that the scheduler reports it';
