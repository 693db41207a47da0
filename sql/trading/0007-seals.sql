-- Seals of the audit trail: hashes of batches of its rows, each over the one before.
--
-- Rows are not chained when they are written: that would let only one order change at a time. What is visible is committed, and the job
-- seals what it sees and has not sealed; a transaction that commits late with lower ids is sealed by a later batch.
--
-- What this does not find: a row that is changed within the minute before it is sealed; a row that is made up with a time of the last hour,
-- which looks like one that committed late; and a superuser who makes all seals since a row anew. Against the last, the job writes each
-- hash into the server's log, which belongs on another machine.

CREATE TABLE compliance.seals (
  number    bigint PRIMARY KEY CHECK (number > 0),
  ids       int8multirange NOT NULL CHECK (NOT isempty(ids)),
  rows      integer NOT NULL CHECK (rows > 0),
  first_at  timestamptz NOT NULL,
  last_at   timestamptz NOT NULL,
  sealed_at timestamptz NOT NULL DEFAULT now(),
  rows_hash bytea NOT NULL CHECK (octet_length(rows_hash) = 32),
  previous  bytea NOT NULL,
  hash      bytea NOT NULL CHECK (octet_length(hash) = 32),
  CHECK (first_at <= last_at)
);
COMMENT ON TABLE compliance.seals IS 'Sealed batches of compliance.audit_trail, numbered from 1 without gaps';
COMMENT ON COLUMN compliance.seals.ids IS 'Exactly the rows of the batch';
COMMENT ON COLUMN compliance.seals.rows_hash IS 'SHA-256 of id and hash of each row in order of the ids';
COMMENT ON COLUMN compliance.seals.previous IS 'Hash of the seal before; empty for the first';
COMMENT ON COLUMN compliance.seals.hash IS 'SHA-256 of all else but sealed_at: it can be checked when the rows are gone by age';

CREATE TRIGGER keep_all BEFORE UPDATE OR DELETE OR TRUNCATE ON compliance.seals
FOR EACH STATEMENT EXECUTE FUNCTION trading.refuse_change('a seal is for good');

CREATE TABLE compliance.seal_head (
  one    boolean PRIMARY KEY DEFAULT true CHECK (one),
  number bigint NOT NULL,
  hash   bytea NOT NULL
);
COMMENT ON TABLE compliance.seal_head IS
  'The last seal, in one row: the end of a chain could be cut off unnoticed; who seals holds its lock';
INSERT INTO compliance.seal_head (number, hash) VALUES (0, '');

CREATE FUNCTION compliance.seal_hash(seal compliance.seals) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(seal.previous || seal.rows_hash || convert_to(jsonb_build_array(
  seal.number, seal.ids::text, seal.rows, extract(epoch FROM seal.first_at), extract(epoch FROM seal.last_at)
)::text, 'UTF8'));
COMMENT ON FUNCTION compliance.seal_hash(compliance.seals) IS 'What the hash of a seal must be';

CREATE PROCEDURE compliance.seal_audit_trail(batch integer DEFAULT 10000)
LANGUAGE plpgsql AS $$
DECLARE
  -- The same in each batch of this run, whatever the times of its own seals. The clock may have been ahead for a while.
  since constant timestamptz := coalesce(
    (SELECT least(last_at, clock_timestamp()) - interval '1 hour' FROM compliance.seals ORDER BY number DESC LIMIT 1), '-infinity'
  );
  sealed int8multirange;
  seal compliance.seals;
BEGIN
  LOOP
    -- One sealer at a time; whoever comes second has nothing to do.
    SELECT number + 1, hash INTO seal.number, seal.previous FROM compliance.seal_head FOR UPDATE SKIP LOCKED;
    EXIT WHEN NOT FOUND;
    SELECT coalesce(pg_catalog.range_agg(ids), '{}') INTO sealed FROM compliance.seals WHERE last_at >= since;
    WITH event AS MATERIALIZED (
      SELECT id, occurred_at, hash FROM compliance.audit_trail
      WHERE occurred_at >= since AND NOT sealed @> id
      ORDER BY id LIMIT batch
    )
    SELECT
      pg_catalog.range_agg(pg_catalog.int8range(id, id, '[]')), count(*), min(occurred_at), max(occurred_at),
      pg_catalog.sha256(pg_catalog.string_agg(pg_catalog.int8send(id) || hash, '' ORDER BY id))
    INTO seal.ids, seal.rows, seal.first_at, seal.last_at, seal.rows_hash
    FROM event;
    EXIT WHEN seal.rows = 0;
    seal.hash := compliance.seal_hash(seal);
    INSERT INTO compliance.seals (number, ids, rows, first_at, last_at, rows_hash, previous, hash)
    VALUES (seal.number, seal.ids, seal.rows, seal.first_at, seal.last_at, seal.rows_hash, seal.previous, seal.hash);
    UPDATE compliance.seal_head SET number = seal.number, hash = seal.hash;
    COMMIT;
    RAISE LOG 'compliance.seals: % is %', seal.number, pg_catalog.encode(seal.hash, 'hex');
  END LOOP;
END
$$;
COMMENT ON PROCEDURE compliance.seal_audit_trail(integer) IS
  'Job: seals the rows of the trail that are not sealed yet, batch by batch, back to an hour before the last seal; a procedure that commits can have no search_path of its own';

CREATE FUNCTION compliance.trail_kept_since() RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
DECLARE
  since timestamptz;
BEGIN
  IF to_regclass('pgfleet.retention') IS NOT NULL THEN
    SELECT deleted_before INTO since FROM pgfleet.retention WHERE table_name = 'compliance.audit_trail';
  END IF;
  RETURN coalesce(since, '-infinity');
END
$$;
COMMENT ON FUNCTION compliance.trail_kept_since() IS 'Since when the trail must be complete; what is older, retention may have deleted';

CREATE FUNCTION compliance.verify() RETURNS TABLE (kind text, id bigint, seal bigint, detail text)
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
DECLARE
  kept_since constant timestamptz := compliance.trail_kept_since();
BEGIN
  RETURN QUERY
    SELECT 'altered', e.id, NULL::bigint, format('its hash is not that of its content: %s of order %s at %s', e.operation, e.order_id, e.occurred_at)
    FROM compliance.audit_trail AS e
    WHERE e.hash <> compliance.event_hash(e.occurred_at, e.login, e.actor, e.table_name, e.order_id, e.operation, e.before, e.after);

  RETURN QUERY
    SELECT 'missing seal', NULL::bigint, s.number - 1, 'the seal before this number is gone'
    FROM (SELECT number, lag(number, 1, 0::bigint) OVER (ORDER BY number) AS before FROM compliance.seals) AS s
    WHERE s.number <> s.before + 1
    UNION ALL
    SELECT 'forged seal', NULL, s.number, 'it does not follow the seal before'
    FROM compliance.seals AS s LEFT JOIN compliance.seals AS before ON before.number = s.number - 1
    WHERE s.previous <> before.hash OR s.number = 1 AND s.previous <> ''
    UNION ALL
    SELECT 'forged seal', NULL, s.number, 'its hash is not that of its content' FROM compliance.seals AS s WHERE s.hash <> compliance.seal_hash(s)
    UNION ALL
    SELECT CASE WHEN s.number IS NULL THEN 'missing seal' ELSE 'forged seal' END, NULL, head.number, 'the last seal is not the one that was made last'
    FROM compliance.seal_head AS head LEFT JOIN compliance.seals AS s USING (number)
    WHERE head.number > 0 AND s.hash IS DISTINCT FROM head.hash
    UNION ALL
    SELECT 'missing seal', NULL, NULL, 'it is not known which seal is the last' WHERE NOT EXISTS (SELECT FROM compliance.seal_head)
    UNION ALL
    SELECT 'forged seal', NULL, s.number, 'it is later than the last seal' FROM compliance.seals AS s, compliance.seal_head AS head WHERE s.number > head.number;

  -- Batches that retention has not reached.
  RETURN QUERY
    WITH batch AS (
      SELECT s.number, s.rows, s.rows_hash, e.id, e.hash AS event_hash
      FROM compliance.seals AS s
      CROSS JOIN LATERAL unnest(s.ids) AS range
      LEFT JOIN compliance.audit_trail AS e ON e.id >= lower(range) AND e.id < upper(range)
      WHERE s.first_at >= kept_since
    ), found AS (
      SELECT number, rows, rows_hash, count(batch.id) AS present,
        sha256(string_agg(int8send(batch.id) || event_hash, '' ORDER BY batch.id)) AS computed
      FROM batch GROUP BY number, rows, rows_hash
    )
    SELECT 'missing', gone.id, found.number, 'a sealed row is gone'
    FROM found JOIN compliance.seals USING (number)
    CROSS JOIN LATERAL unnest(ids) AS range
    CROSS JOIN LATERAL generate_series(lower(range), upper(range) - 1) AS gone (id)
    WHERE found.present <> found.rows AND NOT EXISTS (SELECT FROM compliance.audit_trail AS e WHERE e.id = gone.id)
    UNION ALL
    SELECT 'forged seal', NULL, found.number, 'it is not of its rows: one of them was altered together with its hash'
    FROM found WHERE found.present = found.rows AND found.computed <> found.rows_hash
    UNION ALL
    SELECT 'forged seal', NULL, found.number, format('it has %s rows and says %s', found.present, found.rows)
    FROM found WHERE found.present > found.rows;

  RETURN QUERY
    SELECT 'unsealed', e.id, NULL::bigint, format('it is of %s, and in no seal', e.occurred_at)
    FROM compliance.audit_trail AS e
    WHERE e.occurred_at < now() - interval '1 hour' AND e.occurred_at >= kept_since
      AND NOT (SELECT coalesce(range_agg(s.ids), '{}') FROM compliance.seals AS s) @> e.id;
END
$$;
COMMENT ON FUNCTION compliance.verify() IS
  'What is wrong with the trail and its seals, a row each (altered, missing, unsealed, missing seal, forged seal); none when nobody tampered with it';

CREATE PROCEDURE compliance.check_integrity()
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  faults bigint;
  first_faults text;
BEGIN
  SELECT count(*), string_agg(line, E'\n') FILTER (WHERE place <= 10) INTO faults, first_faults
  FROM (
    SELECT line, row_number() OVER ()
    FROM (
      SELECT concat_ws(' ', fault.kind, 'row ' || fault.id, 'seal ' || fault.seal) || ': ' || fault.detail FROM compliance.verify() AS fault
      UNION ALL
      SELECT format('position of %s in %s: %s is %s, executed %s', p.account_id, p.instrument_id, p.what, p.kept, p.executed)
      FROM trading.position_discrepancies() AS p
    ) AS fault (line)
  ) AS numbered (line, place);
  IF faults > 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'TR007', MESSAGE = format('faults of the audit trail or of positions: %s', faults), DETAIL = first_faults,
      HINT = 'compliance.verify() and trading.position_discrepancies() list them all.';
  END IF;
END
$$;
COMMENT ON PROCEDURE compliance.check_integrity() IS
  'Job: fails where compliance.verify() or trading.position_discrepancies() finds anything, so that the scheduler reports it';
