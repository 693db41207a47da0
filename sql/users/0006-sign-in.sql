-- Attempts to sign in, and the lockout after too many that failed.
--
-- An attempt is in two calls: begin_login() hands out the hash to compare the password with, complete_login() opens the session if it
-- fits (0007). An attempt counts as failed from its beginning, so that no more than max_failures passwords can be tried in a window,
-- however many clients try at once. Call it in a transaction of its own: one that is rolled back was no attempt.
--
-- Errors: 25000 the transaction cannot see what others have committed.

CREATE TABLE users.sign_in_policy (
  single            boolean PRIMARY KEY DEFAULT true CHECK (single),
  max_failures     integer NOT NULL CHECK (max_failures >= 1),
  failure_window   interval NOT NULL CHECK (failure_window > interval '0'),
  session_idle     interval NOT NULL CHECK (session_idle > interval '0'),
  session_lifetime interval NOT NULL CHECK (session_lifetime > interval '0')
);
COMMENT ON TABLE users.sign_in_policy IS 'One row: failed attempts within a window until an address is locked out; how long sessions live, and live unused';

INSERT INTO users.sign_in_policy (max_failures, failure_window, session_idle, session_lifetime)
VALUES (5, interval '15 minutes', interval '2 hours', interval '12 hours');

CREATE TRIGGER record_insert AFTER INSERT ON users.sign_in_policy REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION audit.record_changes('single', '', '');
CREATE TRIGGER record_update AFTER UPDATE ON users.sign_in_policy REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION audit.record_changes('single', '', '');
CREATE TRIGGER record_delete AFTER DELETE ON users.sign_in_policy REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION audit.record_changes('single', '', '');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON users.sign_in_policy FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TABLE audit.login_attempts (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  attempted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  email        text NOT NULL CHECK (email = lower(email) AND length(email) <= 254),
  account_id   uuid,
  address      inet NOT NULL,
  user_agent   text CHECK (length(user_agent) <= 500),
  outcome      text NOT NULL CHECK (outcome IN ('failed', 'succeeded', 'refused'))
);
COMMENT ON TABLE audit.login_attempts IS 'Each attempt to sign in, also for addresses without an account; refused are those during a lockout, which tried no password';
COMMENT ON COLUMN audit.login_attempts.account_id IS 'users.accounts.id, where the address had an open account';

CREATE INDEX login_attempts_email_idx ON audit.login_attempts (email, attempted_at DESC) WHERE outcome <> 'refused';
COMMENT ON INDEX audit.login_attempts_email_idx IS 'begin_login(): the last few attempts of an address that tried a password. A flood of refused ones does not slow it down';
CREATE INDEX login_attempts_account_id_idx ON audit.login_attempts (account_id, attempted_at DESC) WHERE account_id IS NOT NULL;
COMMENT ON INDEX audit.login_attempts_account_id_idx IS 'export_subject() and erase_subject(): attempts of an account, the newest first';
CREATE INDEX login_attempts_attempted_at_idx ON audit.login_attempts USING brin (attempted_at) WITH (pages_per_range = 16, autosummarize = on);
COMMENT ON INDEX audit.login_attempts_attempted_at_idx IS 'suspicious_logins and retention: attempts by time, in which order they are written';

CREATE FUNCTION users.begin_login(email text, address inet, user_agent text DEFAULT NULL)
RETURNS TABLE (attempt_id bigint, account_id uuid, password_hash text, locked_until timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 1 AS $$
DECLARE
  wanted constant text := left(lower(btrim(begin_login.email)), 254);
  policy users.sign_in_policy;
BEGIN
  PERFORM users.require_read_committed();
  -- Attempts for one address come one after the other; the next statement sees what the one before has committed.
  PERFORM pg_advisory_xact_lock(users.login_lock(wanted));
  SELECT * INTO STRICT policy FROM users.sign_in_policy;

  SELECT min(latest.attempted_at) + policy.failure_window INTO locked_until
  FROM (
    SELECT attempt.attempted_at, attempt.outcome
    FROM audit.login_attempts AS attempt
    WHERE attempt.email = wanted AND attempt.outcome <> 'refused' AND attempt.attempted_at > clock_timestamp() - policy.failure_window
    ORDER BY attempt.attempted_at DESC
    LIMIT policy.max_failures
  ) AS latest
  HAVING count(*) = policy.max_failures AND bool_and(latest.outcome = 'failed');

  SELECT account.id, credential.password_hash INTO account_id, password_hash
  FROM users.accounts AS account
  LEFT JOIN users.credentials AS credential ON credential.account_id = account.id AND account.status = 'active'
  WHERE lower(account.email) = wanted AND account.closed_at IS NULL;

  INSERT INTO audit.login_attempts AS attempt (email, account_id, address, user_agent, outcome)
  VALUES (wanted, begin_login.account_id, begin_login.address, left(begin_login.user_agent, 500),
          CASE WHEN locked_until IS NULL THEN 'failed' ELSE 'refused' END)
  RETURNING attempt.id INTO attempt_id;

  IF locked_until IS NOT NULL THEN
    attempt_id := NULL;
    password_hash := NULL;
  END IF;
  -- Who may not sign in looks like nobody.
  IF password_hash IS NULL THEN
    account_id := NULL;
  END IF;
  RETURN NEXT;
END
$$;
COMMENT ON FUNCTION users.begin_login(text, inet, text) IS 'Records an attempt to sign in and gives the hash to compare the password with. Without a hash (no such account, or suspended) compare with one of your own, so that it takes as long. Locked out: only locked_until';

CREATE FUNCTION users.login_lock(email text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(lower(email), 7526481); -- any number of its own, so that it meets no other advisory lock
COMMENT ON FUNCTION users.login_lock(text) IS 'The advisory lock under which attempts for an address are counted';

CREATE VIEW audit.suspicious_logins WITH (security_invoker = true) AS
  WITH recent AS (
    SELECT email, address, outcome, attempted_at FROM audit.login_attempts WHERE attempted_at > now() - interval '1 day'
  )
  SELECT 'guessing' AS kind, email, NULL::inet AS address, count(*) AS attempts, min(attempted_at) AS first_at, max(attempted_at) AS last_at,
         format('%s failed attempts for one account', count(*)) AS reason
  FROM recent
  WHERE outcome <> 'succeeded'
  GROUP BY email
  HAVING count(*) >= 10
  UNION ALL
  SELECT 'stuffing', NULL, address, count(*), min(attempted_at), max(attempted_at), format('failed attempts for %s accounts', count(DISTINCT email))
  FROM recent
  WHERE outcome <> 'succeeded'
  GROUP BY address
  HAVING count(DISTINCT email) >= 10
  UNION ALL
  SELECT 'broken-in', success.email, success.address, count(*), min(failure.attempted_at), success.attempted_at,
         format('signed in after %s failed attempts within an hour', count(*))
  FROM recent AS success
  JOIN recent AS failure ON failure.email = success.email AND failure.outcome <> 'succeeded'
    AND failure.attempted_at BETWEEN success.attempted_at - interval '1 hour' AND success.attempted_at
  WHERE success.outcome = 'succeeded'
  GROUP BY success.email, success.address, success.attempted_at
  HAVING count(*) >= 4;
COMMENT ON VIEW audit.suspicious_logins IS 'Attempts of the last day that somebody should look at: many failures for an account (guessing), from one place for many accounts (stuffing), or before a success (broken-in)';
