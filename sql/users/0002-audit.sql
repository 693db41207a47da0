-- What happened to accounts. Nothing here refers to users.accounts: the trail outlives an account that is erased.

CREATE TABLE audit.events (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  occurred_at timestamptz NOT NULL DEFAULT now(),
  account_id  uuid NOT NULL,
  action      text NOT NULL,
  detail      jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object')
);
COMMENT ON TABLE audit.events IS 'Security trail: changes of accounts, one row each';

CREATE INDEX events_account_id_occurred_at_idx ON audit.events (account_id, occurred_at DESC);
CREATE INDEX events_occurred_at_idx ON audit.events (occurred_at);

CREATE TABLE audit.login_attempts (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  attempted_at timestamptz NOT NULL DEFAULT now(),
  email        text NOT NULL,
  address      inet NOT NULL,
  succeeded    boolean NOT NULL
);
COMMENT ON TABLE audit.login_attempts IS 'Each attempt to sign in, also for addresses without an account';

CREATE INDEX login_attempts_attempted_at_idx ON audit.login_attempts (attempted_at);
CREATE INDEX login_attempts_failed_idx ON audit.login_attempts (lower(email), attempted_at DESC) WHERE NOT succeeded;

CREATE FUNCTION audit.failed_logins(period interval DEFAULT '15 minutes', at_least integer DEFAULT 5)
RETURNS TABLE (email text, attempts bigint, addresses bigint, last_attempt timestamptz)
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT lower(attempt.email), count(*), count(DISTINCT attempt.address), max(attempt.attempted_at)
  FROM audit.login_attempts AS attempt
  WHERE NOT attempt.succeeded AND attempt.attempted_at > now() - period
  GROUP BY lower(attempt.email)
  HAVING count(*) >= at_least
  ORDER BY count(*) DESC, lower(attempt.email);
$$;
COMMENT ON FUNCTION audit.failed_logins(interval, integer) IS 'Addresses under attack: those with many failed attempts within the period';
