-- Sessions. The client holds a token of at least 128 random bits; its SHA-256 is all that the database ever sees.
--
-- Errors: TR001 a session cannot become another, or live again; TR003 the account may not sign in; TR004 the attempt cannot be completed.

CREATE TABLE users.sessions (
  id            uuid PRIMARY KEY DEFAULT users.uuid_v7(),
  account_id    uuid NOT NULL REFERENCES users.accounts,
  token_hash    bytea NOT NULL CHECK (length(token_hash) = 32),
  created_at    timestamptz NOT NULL DEFAULT now(),
  last_seen_at  timestamptz NOT NULL DEFAULT now(),
  expires_at    timestamptz NOT NULL,
  revoked_at    timestamptz,
  revoke_reason text CHECK (revoke_reason IN ('signed-out', 'password-changed', 'suspended', 'closed', 'administrator')),
  address       inet NOT NULL,
  user_agent    text CHECK (length(user_agent) <= 500),
  CHECK (expires_at > created_at),
  CHECK ((revoked_at IS NULL) = (revoke_reason IS NULL))
) WITH (fillfactor = 80); -- room for last_seen_at, which no index holds, to change within its page
COMMENT ON TABLE users.sessions IS 'Sessions, until they expire; live are those that are not revoked, expired or idle';
COMMENT ON COLUMN users.sessions.token_hash IS 'SHA-256 of the token that the client holds';

CREATE UNIQUE INDEX sessions_live_token_hash_key ON users.sessions (token_hash) WHERE revoked_at IS NULL;
COMMENT ON INDEX users.sessions_live_token_hash_key IS 'Every request: validate_session() and touch_session() by token, among those not revoked. That they have not expired cannot stand in an index';
-- Sessions of an account, the newest first.
CREATE INDEX sessions_account_id_created_at_idx ON users.sessions (account_id, created_at DESC);
-- The job that removes them.
CREATE INDEX sessions_expires_at_idx ON users.sessions (expires_at);

CREATE FUNCTION users.refuse_session_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'TR001', MESSAGE = 'a session keeps what it was opened with, and its end';
END
$$;
COMMENT ON FUNCTION users.refuse_session_change() IS 'Refuses to make a session another one, or live again';

CREATE TRIGGER check_change BEFORE UPDATE OF id, account_id, token_hash, address, user_agent, revoked_at, revoke_reason ON users.sessions
FOR EACH ROW WHEN (
  (OLD.id, OLD.account_id, OLD.token_hash, OLD.address, OLD.user_agent) IS DISTINCT FROM
    (NEW.id, NEW.account_id, NEW.token_hash, NEW.address, NEW.user_agent)
  OR OLD.revoked_at IS NOT NULL AND (OLD.revoked_at, OLD.revoke_reason) IS DISTINCT FROM (NEW.revoked_at, NEW.revoke_reason)
)
EXECUTE FUNCTION users.refuse_session_change();

CREATE TRIGGER record_insert AFTER INSERT ON users.sessions REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION audit.record_changes('id', 'account_id', 'token_hash');

-- A trigger for a column can have no transition tables, and a touch should fire none: so this one is by row.
CREATE FUNCTION audit.record_session_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO audit.events (table_name, row_key, operation, subject_id, before, after)
  VALUES ('users.sessions', OLD.id, lower(TG_OP), OLD.account_id, to_jsonb(OLD) - 'token_hash', to_jsonb(NEW) - 'token_hash');
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION audit.record_session_change() IS 'Writes the end of a session into audit.events';

CREATE TRIGGER record_update AFTER UPDATE OF created_at, expires_at, revoked_at, revoke_reason ON users.sessions
FOR EACH ROW EXECUTE FUNCTION audit.record_session_change();
-- That a session goes which has expired is no news.
CREATE TRIGGER record_delete AFTER DELETE ON users.sessions
FOR EACH ROW WHEN (OLD.expires_at > now()) EXECUTE FUNCTION audit.record_session_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON users.sessions FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE FUNCTION users.create_session(account_id uuid, token_hash bytea, address inet, user_agent text DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  session_id uuid;
BEGIN
  -- Whoever suspends, closes or erases the account waits, or is waited for.
  PERFORM FROM users.accounts AS account WHERE account.id = create_session.account_id AND account.status = 'active' FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'TR003', MESSAGE = 'the account may not sign in';
  END IF;
  INSERT INTO users.sessions AS session (account_id, token_hash, address, user_agent, expires_at)
  SELECT create_session.account_id, create_session.token_hash, create_session.address, left(create_session.user_agent, 500), now() + policy.session_lifetime
  FROM users.sign_in_policy AS policy
  RETURNING session.id INTO STRICT session_id;
  RETURN session_id;
END
$$;
COMMENT ON FUNCTION users.create_session(uuid, bytea, inet, text) IS 'Opens a session of an active account';

-- With the rights of the owner: the application cannot change attempts.
CREATE FUNCTION users.complete_login(attempt_id bigint, token_hash bytea) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  attempt audit.login_attempts;
  session_id uuid;
BEGIN
  SELECT * INTO attempt FROM audit.login_attempts WHERE id = attempt_id;
  -- The account is locked before the attempt, as erase_subject() does it.
  IF attempt.account_id IS NOT NULL THEN
    session_id := users.create_session(attempt.account_id, complete_login.token_hash, attempt.address, attempt.user_agent);
  END IF;
  UPDATE audit.login_attempts SET outcome = 'succeeded'
  WHERE id = attempt_id AND outcome = 'failed' AND account_id IS NOT NULL AND attempted_at > clock_timestamp() - interval '5 minutes'
    AND attempted_at > (SELECT credential.changed_at FROM users.credentials AS credential WHERE credential.account_id = attempt.account_id);
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'TR004', MESSAGE = 'the attempt to sign in cannot be completed',
      DETAIL = 'It is unknown, too old, completed already, was refused, there is no such account, or its password has changed meanwhile.';
  END IF;
  RETURN session_id;
END
$$;
COMMENT ON FUNCTION users.complete_login(bigint, bytea) IS 'The password was right: opens the session, and failures are counted anew. Once for an attempt, within five minutes';

CREATE FUNCTION users.validate_session(token_hash bytea)
RETURNS TABLE (session_id uuid, account_id uuid, roles text[], expires_at timestamptz)
LANGUAGE sql STABLE SET search_path = '' ROWS 1 AS $$
  SELECT session.id, session.account_id,
         ARRAY(SELECT granted.role FROM users.account_roles AS granted WHERE granted.account_id = session.account_id ORDER BY granted.role),
         session.expires_at
  FROM users.sessions AS session
  JOIN users.accounts AS account ON account.id = session.account_id AND account.status = 'active'
  CROSS JOIN users.sign_in_policy AS policy
  WHERE session.token_hash = validate_session.token_hash
    AND session.revoked_at IS NULL AND session.expires_at > now() AND session.last_seen_at > now() - policy.session_idle;
$$;
COMMENT ON FUNCTION users.validate_session(bytea) IS 'Whose session it is, and with which roles; no row where it is not live';

CREATE FUNCTION users.touch_session(token_hash bytea) RETURNS boolean
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  found_id uuid;
BEGIN
  SELECT session.session_id INTO found_id FROM users.validate_session(touch_session.token_hash) AS session;
  -- To the minute is enough, and spares most requests the write.
  UPDATE users.sessions AS session SET last_seen_at = now() WHERE session.id = found_id AND session.last_seen_at < now() - interval '1 minute';
  RETURN found_id IS NOT NULL;
END
$$;
COMMENT ON FUNCTION users.touch_session(bytea) IS 'Keeps a live session from becoming idle; false where it is not live';

CREATE FUNCTION users.revoke_session(session_id uuid, reason text DEFAULT 'signed-out') RETURNS boolean
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  UPDATE users.sessions AS session SET revoked_at = now(), revoke_reason = reason
  WHERE session.id = session_id AND session.revoked_at IS NULL;
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION users.revoke_session(uuid, text) IS 'Ends a session; false where it had been ended';

CREATE FUNCTION users.revoke_sessions(account_id uuid, reason text, except_id uuid DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  revoked bigint;
BEGIN
  UPDATE users.sessions AS session SET revoked_at = now(), revoke_reason = reason
  WHERE session.account_id = revoke_sessions.account_id AND session.revoked_at IS NULL AND session.id IS DISTINCT FROM except_id;
  GET DIAGNOSTICS revoked = ROW_COUNT;
  RETURN revoked;
END
$$;
COMMENT ON FUNCTION users.revoke_sessions(uuid, text, uuid) IS 'Ends the sessions of an account but one; says how many';

-- Commits after each batch, and so has no search_path of its own.
CREATE PROCEDURE users.remove_expired_sessions(batch integer DEFAULT 5000)
LANGUAGE plpgsql AS $$
BEGIN
  LOOP
    DELETE FROM users.sessions AS session
    WHERE session.id = ANY (ARRAY(
      SELECT expired.id FROM users.sessions AS expired WHERE expired.expires_at < now() ORDER BY expired.expires_at LIMIT batch FOR UPDATE SKIP LOCKED
    ));
    EXIT WHEN NOT FOUND;
    COMMIT;
  END LOOP;
END
$$;
COMMENT ON PROCEDURE users.remove_expired_sessions(integer) IS 'Deletes the sessions that have run out, for the scheduler';
