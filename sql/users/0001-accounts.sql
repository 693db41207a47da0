-- Who may sign in, and the sessions they hold.

CREATE TABLE users.accounts (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email         text NOT NULL CHECK (email ~ '^[^@\s]+@[^@\s]+$'),
  password_hash text NOT NULL,
  status        text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'locked', 'closed')),
  created_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE users.accounts IS 'People who may sign in';
COMMENT ON COLUMN users.accounts.password_hash IS 'As the application made it (argon2id or bcrypt), never a password';

-- Sign-in looks an address up whatever its case; the same index keeps it unique.
CREATE UNIQUE INDEX accounts_email_key ON users.accounts (lower(email));
CREATE INDEX accounts_locked_idx ON users.accounts (created_at) WHERE status = 'locked';

CREATE TABLE users.sessions (
  id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  account_id uuid NOT NULL REFERENCES users.accounts ON DELETE CASCADE,
  token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  CHECK (expires_at > created_at)
);
COMMENT ON TABLE users.sessions IS 'Sessions that were opened; one is closed by deleting it';
COMMENT ON COLUMN users.sessions.token_hash IS 'SHA-256 of the token that the client holds';

CREATE INDEX sessions_account_id_idx ON users.sessions (account_id);
CREATE INDEX sessions_expires_at_idx ON users.sessions (expires_at);

CREATE PROCEDURE users.remove_expired_sessions()
LANGUAGE sql SET search_path = '' AS $$
  DELETE FROM users.sessions WHERE expires_at < now();
$$;
COMMENT ON PROCEDURE users.remove_expired_sessions() IS 'Deletes the sessions that have run out';
