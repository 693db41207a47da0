-- The audit trail: who changed what, when, from what to what. Rows are written by triggers, and never change.
--
-- A row's hash covers its facts and, for the personal part (before, after), a salted digest. So erasure can take that part away and the
-- hash still fits. Nothing here is chained to the row before, which would let one writer wait for another: see 0003.
--
-- Errors: TR002 the trail is append-only, and nothing goes past it.

CREATE TABLE audit.erasures (
  subject_hash bytea PRIMARY KEY CHECK (length(subject_hash) = 32),
  erased_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE audit.erasures IS 'Ledger of those who were erased, as hashes of their ids: after a restore they are erased again';

CREATE FUNCTION audit.subject_hash(account_id uuid) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN sha256(convert_to('users.accounts:' || account_id::text, 'UTF8'));
COMMENT ON FUNCTION audit.subject_hash(uuid) IS 'How the ledger of erasures knows an account';

CREATE TABLE audit.events (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  occurred_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  session_role text NOT NULL DEFAULT session_user,
  actor        text DEFAULT nullif(current_setting('app.actor', true), ''),
  table_name   text NOT NULL,
  row_key      text NOT NULL,
  operation    text NOT NULL CHECK (operation IN ('insert', 'update', 'delete', 'erase')),
  subject_id   uuid,
  before       jsonb,
  after        jsonb,
  salt         bytea,
  payload_hash bytea NOT NULL CHECK (length(payload_hash) = 32),
  hash         bytea NOT NULL CHECK (length(hash) = 32),
  CHECK (salt IS NOT NULL OR num_nonnulls(before, after) = 0)
);
COMMENT ON TABLE audit.events IS 'Changes of accounts, credentials, roles, sessions and policy, one row each; append-only';
COMMENT ON COLUMN audit.events.session_role IS 'Who was logged in to the database';
COMMENT ON COLUMN audit.events.actor IS 'On whose behalf: an account id or the name of a program, set by the application with SET LOCAL app.actor';
COMMENT ON COLUMN audit.events.subject_id IS 'Whose data it is: users.accounts.id';
COMMENT ON COLUMN audit.events.before IS 'Personal data; null, with after and salt, once the subject is erased';
COMMENT ON COLUMN audit.events.payload_hash IS 'SHA-256 of salt, before and after';

-- Searches by time, the sealing job, retention.
CREATE INDEX events_occurred_at_idx ON audit.events (occurred_at);
-- History of an account; export and erasure.
CREATE INDEX events_subject_id_occurred_at_idx ON audit.events (subject_id, occurred_at);
CREATE INDEX events_actor_occurred_at_idx ON audit.events (actor, occurred_at) WHERE actor IS NOT NULL;
COMMENT ON INDEX audit.events_actor_occurred_at_idx IS 'What somebody did: actor = ..., by time. Most rows of programs have no actor';

-- A JSON array is a text in which no two lists of values look the same. The time as seconds, because its text depends on the time zone.
CREATE FUNCTION audit.event_hash(event audit.events) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(convert_to(json_build_array(
  event.id, extract(epoch FROM event.occurred_at), event.session_role, event.actor, event.table_name, event.row_key, event.operation,
  event.subject_id, encode(event.payload_hash, 'hex')
)::text, 'UTF8'));
COMMENT ON FUNCTION audit.event_hash(audit.events) IS 'The hash that a row of the trail must have';

CREATE FUNCTION audit.payload_hash(salt bytea, before jsonb, after jsonb) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN sha256(salt || convert_to(jsonb_build_array(before, after)::text, 'UTF8'));
COMMENT ON FUNCTION audit.payload_hash(bytea, jsonb, jsonb) IS 'Digest of the personal part; without the salt nobody can try out what it was';

CREATE FUNCTION audit.hash_event() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  NEW.salt := uuid_send(gen_random_uuid());
  NEW.payload_hash := audit.payload_hash(NEW.salt, NEW.before, NEW.after);
  NEW.hash := audit.event_hash(NEW);
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION audit.hash_event() IS 'Gives every new row of the trail its hashes';

CREATE TRIGGER hash_event BEFORE INSERT ON audit.events FOR EACH ROW EXECUTE FUNCTION audit.hash_event();

-- Not even the owner changes the trail, but for what law asks: erasure of those in the ledger, and retention.
CREATE FUNCTION audit.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'TR002', MESSAGE = format('%s of %s.%s is refused', lower(TG_OP), TG_TABLE_SCHEMA, TG_TABLE_NAME);
END
$$;
COMMENT ON FUNCTION audit.refuse_change() IS 'Refuses the statement';

CREATE FUNCTION audit.check_event_update() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  erased audit.events := OLD;
BEGIN
  erased.before := NULL;
  erased.after := NULL;
  erased.salt := NULL;
  IF NEW IS DISTINCT FROM erased OR NOT EXISTS (SELECT FROM audit.erasures WHERE subject_hash = audit.subject_hash(OLD.subject_id)) THEN
    RAISE EXCEPTION USING ERRCODE = 'TR002', MESSAGE = 'audit.events is append-only',
      HINT = 'Only users.erase_subject() takes the personal part away.';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION audit.check_event_update() IS 'Lets only the personal part of those go who are in the ledger of erasures';

-- pgfleet.retention says how long rows are kept; without it they are kept for ever.
CREATE FUNCTION audit.check_event_delete() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  expired_before timestamptz;
BEGIN
  IF to_regclass('pgfleet.retention') IS NOT NULL THEN
    EXECUTE 'SELECT now() - keep FROM pgfleet.retention WHERE table_name = $1' INTO expired_before USING 'audit.events';
  END IF;
  IF EXISTS (SELECT FROM deleted WHERE expired_before IS NULL OR occurred_at >= expired_before) THEN
    RAISE EXCEPTION USING ERRCODE = 'TR002', MESSAGE = 'audit.events is append-only', HINT = 'Rows go when their retention has run out.';
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION audit.check_event_delete() IS 'Lets only those rows go whose retention has run out';

CREATE TRIGGER check_update BEFORE UPDATE ON audit.events FOR EACH ROW EXECUTE FUNCTION audit.check_event_update();
CREATE TRIGGER check_delete AFTER DELETE ON audit.events REFERENCING OLD TABLE AS deleted
FOR EACH STATEMENT EXECUTE FUNCTION audit.check_event_delete();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON audit.events FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON audit.erasures FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON audit.erasures FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
