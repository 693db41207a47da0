-- Tamper evidence: a job seals the rows of the audit trail in batches, each batch with the hash of the one before.
--
-- What is visible is committed, so a batch is what is visible and in no batch yet. A transaction that commits late, with ids lower than
-- those sealed meanwhile, is in a later batch: the ids of a batch are a multirange, and exactly those of its rows.
-- Whoever can rewrite the whole trail can rewrite the seals, too. So each hash also goes to the server's log, which leaves the machine.

CREATE TABLE audit.seals (
  number    bigint PRIMARY KEY CHECK (number >= 1),
  ids       int8multirange NOT NULL CHECK (NOT isempty(ids)),
  rows      bigint NOT NULL CHECK (rows > 0),
  first_at  timestamptz NOT NULL,
  last_at   timestamptz NOT NULL,
  rows_hash bytea NOT NULL CHECK (length(rows_hash) = 32),
  previous  bytea NOT NULL CHECK (length(previous) = 32),
  hash      bytea NOT NULL CHECK (length(hash) = 32),
  sealed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CHECK (first_at <= last_at)
);
COMMENT ON TABLE audit.seals IS 'Sealed batches of audit.events; append-only';
COMMENT ON COLUMN audit.seals.rows_hash IS 'SHA-256 of the hashes of the rows in the order of their ids';
COMMENT ON COLUMN audit.seals.hash IS 'SHA-256 of all that is left of it but sealed_at: it can be checked when the rows themselves are gone';

-- The sealing job: batches that may hold rows of the last hour.
CREATE INDEX seals_last_at_idx ON audit.seals (last_at);

CREATE TABLE audit.chain (
  single        boolean PRIMARY KEY DEFAULT true CHECK (single),
  number       bigint NOT NULL,
  hash         bytea NOT NULL CHECK (length(hash) = 32),
  sealed_until timestamptz NOT NULL
);
COMMENT ON TABLE audit.chain IS 'One row: the last seal, and the time of the newest sealed row. It shows when the last seal is removed, and is what sealers lock';

INSERT INTO audit.chain (number, hash, sealed_until) VALUES (0, decode(repeat('00', 32), 'hex'), '-infinity');

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON audit.seals FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON audit.seals FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE FUNCTION audit.seal_hash(seal audit.seals) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(seal.previous || seal.rows_hash || convert_to(jsonb_build_array(
  seal.number, seal.ids::text, seal.rows, extract(epoch FROM seal.first_at), extract(epoch FROM seal.last_at)
)::text, 'UTF8'));
COMMENT ON FUNCTION audit.seal_hash(audit.seals) IS 'The hash that a seal must have';

-- Commits after each batch, and so has no search_path of its own.
CREATE PROCEDURE audit.seal(batch integer DEFAULT 100000)
LANGUAGE plpgsql AS $$
DECLARE
  head   audit.chain;
  seal   audit.seals;
  since  timestamptz;
  sealed int8multirange;
BEGIN
  LOOP
    SELECT * INTO head FROM audit.chain FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
      EXIT WHEN EXISTS (SELECT FROM audit.chain); -- another one is at it
      RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = 'audit.chain is empty: nothing can be sealed', HINT = 'See audit.verify().';
    END IF;
    -- No transaction is open longer: what is committed later than that, verify() reports as unsealed.
    since := least(head.sealed_until, clock_timestamp()) - interval '1 hour';
    SELECT coalesce(range_agg(known.ids), '{}') INTO sealed
    FROM audit.seals AS known
    WHERE known.last_at >= since;

    SELECT range_agg(int8range(fresh.id, fresh.id, '[]')), count(*), min(fresh.occurred_at), max(fresh.occurred_at),
           sha256(string_agg(fresh.hash, ''::bytea ORDER BY fresh.id))
    INTO seal.ids, seal.rows, seal.first_at, seal.last_at, seal.rows_hash
    FROM (
      SELECT event.id, event.occurred_at, event.hash
      FROM audit.events AS event
      WHERE event.occurred_at >= since AND NOT event.id <@ sealed
      -- The oldest first: whatever is left over is newer than sealed_until.
      ORDER BY event.occurred_at, event.id
      LIMIT batch
    ) AS fresh;
    EXIT WHEN seal.rows = 0;

    seal.number := head.number + 1;
    seal.previous := head.hash;
    seal.hash := audit.seal_hash(seal);
    INSERT INTO audit.seals (number, ids, rows, first_at, last_at, rows_hash, previous, hash)
    VALUES (seal.number, seal.ids, seal.rows, seal.first_at, seal.last_at, seal.rows_hash, seal.previous, seal.hash);
    UPDATE audit.chain SET number = seal.number, hash = seal.hash, sealed_until = greatest(head.sealed_until, seal.last_at);
    COMMIT;
    RAISE LOG 'audit: seal % of % rows is %', seal.number, seal.rows, encode(seal.hash, 'hex');
    EXIT WHEN seal.rows < batch;
  END LOOP;
END
$$;
COMMENT ON PROCEDURE audit.seal(integer) IS 'Seals what is not sealed yet, for the scheduler; one at a time, a second one leaves at once';
