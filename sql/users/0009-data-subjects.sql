-- What the GDPR gives a person: access (article 15), portability (20) and erasure (17).
--
-- Backups hold who was erased later. So after a restore: replay_erasures(), with the hashes of the ledger as it was before
-- (SELECT subject_hash FROM audit.erasures), because the ledger itself has been restored, too.
--
-- All with the rights of the owner: the application sees no credentials, and can delete neither attempts nor history.
--
-- Errors: P0002 no such account; 25000 erasure in a transaction that cannot see what others have committed.

CREATE FUNCTION users.export_subject(account_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  account users.accounts;
BEGIN
  SELECT * INTO account FROM users.accounts AS found WHERE found.id = export_subject.account_id;
  IF account.id IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = 'there is no such account';
  END IF;
  RETURN jsonb_build_object(
    'account', to_jsonb(account),
    'password_changed_at', (SELECT credential.changed_at FROM users.credentials AS credential WHERE credential.account_id = account.id),
    'roles', (
      SELECT coalesce(jsonb_agg(to_jsonb(granted) - 'account_id' ORDER BY granted.role), '[]')
      FROM users.account_roles AS granted WHERE granted.account_id = account.id
    ),
    'sessions', (
      SELECT coalesce(jsonb_agg(to_jsonb(session) - '{account_id,token_hash}'::text[] ORDER BY session.created_at, session.id), '[]')
      FROM users.sessions AS session WHERE session.account_id = account.id
    ),
    'login_attempts', (
      SELECT coalesce(jsonb_agg(to_jsonb(attempt) - '{id,account_id}'::text[] ORDER BY attempt.attempted_at, attempt.id), '[]')
      FROM audit.login_attempts AS attempt WHERE attempt.account_id = account.id
    ),
    'history', (
      SELECT coalesce(jsonb_agg(jsonb_build_object(
        'occurred_at', event.occurred_at, 'table', event.table_name, 'operation', event.operation, 'before', event.before, 'after', event.after
      ) ORDER BY event.id), '[]')
      FROM audit.events AS event WHERE event.subject_id = account.id
    )
  );
END
$$;
COMMENT ON FUNCTION users.export_subject(uuid) IS 'Everything that this database knows about a person; neither hash of password nor of token';

CREATE FUNCTION users.erase_subject(account_id uuid) RETURNS TABLE (table_name text, rows bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  subject constant uuid := erase_subject.account_id;
  counts  jsonb := '{}';
  account users.accounts;
  emails  text[];
  n       bigint;
BEGIN
  PERFORM users.require_read_committed();
  SELECT * INTO account FROM users.accounts WHERE id = subject FOR UPDATE;
  IF account.id IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = 'there is no such account';
  END IF;
  INSERT INTO audit.erasures (subject_hash) VALUES (audit.subject_hash(subject)) ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS n = ROW_COUNT;
  counts := counts || jsonb_build_object('audit.erasures', n);

  -- Of all times, because people go on typing the address that they had.
  emails := ARRAY(
    SELECT lower(account.email) WHERE account.email IS NOT NULL
    UNION
    SELECT lower(event.before ->> 'email') FROM audit.events AS event
    WHERE event.subject_id = subject AND event.table_name = 'users.accounts' AND event.before ->> 'email' IS NOT NULL
    ORDER BY 1
  );
  -- No attempt begins meanwhile.
  PERFORM pg_advisory_xact_lock(users.login_lock(email)) FROM unnest(emails) AS email;
  -- An address may have belonged to others before and after: their attempts stay.
  DELETE FROM audit.login_attempts AS attempt
  WHERE attempt.account_id = subject OR attempt.account_id IS NULL AND attempt.email = ANY (emails);
  GET DIAGNOSTICS n = ROW_COUNT;
  counts := counts || jsonb_build_object('audit.login_attempts', n);

  UPDATE users.accounts
  SET email = NULL, display_name = NULL, country = NULL, status = 'erased', closed_at = coalesce(closed_at, now()), erased_at = now()
  WHERE id = subject AND status <> 'erased';
  GET DIAGNOSTICS n = ROW_COUNT;
  counts := counts || jsonb_build_object('users.accounts', n);
  DELETE FROM users.credentials AS credential WHERE credential.account_id = subject;
  GET DIAGNOSTICS n = ROW_COUNT;
  counts := counts || jsonb_build_object('users.credentials', n);
  DELETE FROM users.account_roles AS granted WHERE granted.account_id = subject;
  GET DIAGNOSTICS n = ROW_COUNT;
  counts := counts || jsonb_build_object('users.account_roles', n);
  DELETE FROM users.sessions AS session WHERE session.account_id = subject;
  GET DIAGNOSTICS n = ROW_COUNT;
  counts := counts || jsonb_build_object('users.sessions', n);

  -- Last, because all this has been recorded, too.
  UPDATE audit.events AS event SET before = NULL, after = NULL, salt = NULL
  WHERE event.subject_id = subject AND event.operation <> 'erase' AND event.salt IS NOT NULL;
  GET DIAGNOSTICS n = ROW_COUNT;
  counts := counts || jsonb_build_object('audit.events', n);

  IF EXISTS (SELECT FROM jsonb_each(counts) WHERE value <> '0') THEN
    INSERT INTO audit.events (table_name, row_key, operation, subject_id, after) VALUES ('users.accounts', subject, 'erase', subject, counts);
  END IF;
  RETURN QUERY SELECT counted.key, counted.value::bigint FROM jsonb_each_text(counts) AS counted ORDER BY counted.key;
END
$$;
COMMENT ON FUNCTION users.erase_subject(uuid) IS 'Takes away everything that tells who an account was, and says how many rows of which table; the id stays, because other services refer to it. A second time there is nothing left to do';

CREATE FUNCTION users.replay_erasures(ledger bytea[] DEFAULT '{}') RETURNS TABLE (account_id uuid, table_name text, rows bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO audit.erasures (subject_hash) SELECT DISTINCT unnest(ledger) ON CONFLICT DO NOTHING;
  SELECT account.id, erased.table_name, erased.rows
  FROM users.accounts AS account
  JOIN audit.erasures AS known ON known.subject_hash = audit.subject_hash(account.id)
  CROSS JOIN LATERAL users.erase_subject(account.id) AS erased
  WHERE account.status <> 'erased';
$$;
COMMENT ON FUNCTION users.replay_erasures(bytea[]) IS 'After a restore: erases again whoever is in the ledger, with the hashes that are given added to it';
