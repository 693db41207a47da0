-- Who may sign in, with what, and as what.
--
-- Errors: TR001 no legal step from one status to the other; 25000 the transaction cannot see what others have committed.

CREATE DOMAIN users.email_address AS text
  CONSTRAINT email_address_check CHECK (length(VALUE) <= 254 AND VALUE ~ '^[^@\s]+@[^@\s]+$');
COMMENT ON DOMAIN users.email_address IS 'As it was typed; compared by lower()';

CREATE DOMAIN users.country_code AS text
  CONSTRAINT country_code_check CHECK (VALUE ~ '^[A-Z]{2}$');
COMMENT ON DOMAIN users.country_code IS 'ISO 3166-1 alpha-2';

-- What the application makes of a password; one that is stored as typed fits neither form.
CREATE DOMAIN users.password_hash AS text
  CONSTRAINT password_hash_check CHECK (
    VALUE ~ '^\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}$'
    OR VALUE ~ '^\$2[aby]\$\d{2}\$[./A-Za-z0-9]{53}$'
  );
COMMENT ON DOMAIN users.password_hash IS 'argon2id (PHC string) or bcrypt';

-- A random UUID has its version (4) in the bits 48 to 51 already: two more make it 7.
CREATE FUNCTION users.uuid_v7() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE SET search_path = '' AS $$
  SELECT encode(
    set_bit(set_bit(
      overlay(
        uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6
      ), 52, 1), 53, 1),
    'hex')::uuid;
$$;
COMMENT ON FUNCTION users.uuid_v7() IS 'A new UUID of version 7 (RFC 9562): later ones are greater, so that an index grows at one end';

-- Whoever waits for a lock must then see what the one before has committed: sessions to end, attempts to count, data to erase.
CREATE FUNCTION users.require_read_committed() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_transaction_state', MESSAGE = 'this needs isolation level read committed',
      DETAIL = format('It is %s.', current_setting('transaction_isolation'));
  END IF;
END
$$;
COMMENT ON FUNCTION users.require_read_committed() IS 'Refuses transactions that look at a snapshot of earlier';

CREATE TABLE users.accounts (
  id           uuid PRIMARY KEY DEFAULT users.uuid_v7(),
  email        users.email_address,
  display_name text CHECK (length(display_name) BETWEEN 1 AND 200),
  country      users.country_code,
  status       text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'closed', 'erased')),
  created_at   timestamptz NOT NULL DEFAULT now(),
  closed_at    timestamptz,
  erased_at    timestamptz,
  CONSTRAINT accounts_closed_check CHECK ((closed_at IS NOT NULL) = (status IN ('closed', 'erased'))),
  CONSTRAINT accounts_erased_check CHECK ((erased_at IS NOT NULL) = (status = 'erased')),
  CONSTRAINT accounts_personal_check CHECK (
    CASE status WHEN 'erased' THEN num_nonnulls(email, display_name, country) = 0 ELSE email IS NOT NULL END
  )
);
COMMENT ON TABLE users.accounts IS 'People who may sign in. A row is never deleted, because other services refer to its id: erasure empties it';
COMMENT ON COLUMN users.accounts.closed_at IS 'From then on the address is free for a new account';

CREATE UNIQUE INDEX accounts_email_key ON users.accounts (lower(email)) WHERE closed_at IS NULL;
COMMENT ON INDEX users.accounts_email_key IS 'Sign-in: the open account of an address, whatever its case; there is only one';

CREATE TABLE users.credentials (
  account_id    uuid PRIMARY KEY REFERENCES users.accounts,
  password_hash users.password_hash NOT NULL,
  changed_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE users.credentials IS 'What a password is compared with. The application does that: no password reaches the database';

CREATE TABLE users.roles (
  name        text PRIMARY KEY CHECK (name ~ '^[a-z][a-z-]*$'),
  description text NOT NULL
);
COMMENT ON TABLE users.roles IS 'What an account may be; what a role may do is up to the applications';

INSERT INTO users.roles (name, description) VALUES
  ('customer', 'Trades on its own account'),
  ('support', 'Answers customers, sees their profiles'),
  ('compliance-officer', 'Reads audit trails, suspends accounts'),
  ('administrator', 'Gives and takes roles');

CREATE TABLE users.account_roles (
  account_id uuid NOT NULL REFERENCES users.accounts,
  role       text NOT NULL REFERENCES users.roles,
  granted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, role)
);
COMMENT ON TABLE users.account_roles IS 'Roles of accounts; who gave and took them is in audit.events';

CREATE INDEX account_roles_role_idx ON users.account_roles (role, account_id);

CREATE FUNCTION users.check_status() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF (OLD.status, NEW.status) NOT IN (
    ('active', 'suspended'), ('suspended', 'active'),
    ('active', 'closed'), ('suspended', 'closed'),
    ('active', 'erased'), ('suspended', 'erased'), ('closed', 'erased')
  ) THEN
    RAISE EXCEPTION USING ERRCODE = 'TR001', MESSAGE = format('an account that is %s cannot become %s', OLD.status, NEW.status);
  ELSIF NEW.status = 'erased' AND NOT EXISTS (SELECT FROM audit.erasures WHERE subject_hash = audit.subject_hash(NEW.id)) THEN
    RAISE EXCEPTION USING ERRCODE = 'TR001', MESSAGE = 'an account is erased with all that is known about it',
      HINT = 'That is what users.erase_subject() does.';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION users.check_status() IS 'Refuses illegal changes of the status of an account: a closed one stays closed, an erased one erased, and only erase_subject() erases';

CREATE TRIGGER check_status BEFORE UPDATE OF status ON users.accounts
FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION users.check_status();

-- Shows what is not personal, so it reads with the rights of its owner.
CREATE VIEW users.account_summaries WITH (security_barrier) AS
  SELECT id, status, country, created_at, closed_at FROM users.accounts;
COMMENT ON VIEW users.account_summaries IS 'Accounts without what tells who they are, for analytics: it has the rights of its owner, because they may not read accounts';
