-- What happens to accounts in their life.
--
-- What writes credentials has the rights of the owner: the application cannot read them, so that the only way to a hash is begin_login(),
-- which counts.
--
-- Errors: 23505 the address has an open account; P0002 no such account; TR001 not in its status; 25000 not read committed.

CREATE FUNCTION users.register_account(email text, password_hash text, display_name text DEFAULT NULL, country text DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  account_id uuid;
BEGIN
  INSERT INTO users.accounts AS account (email, display_name, country)
  VALUES (btrim(register_account.email), register_account.display_name, register_account.country)
  RETURNING account.id INTO account_id;
  INSERT INTO users.credentials (account_id, password_hash) VALUES (account_id, register_account.password_hash);
  INSERT INTO users.account_roles (account_id, role) VALUES (account_id, 'customer');
  RETURN account_id;
END
$$;
COMMENT ON FUNCTION users.register_account(text, text, text, text) IS 'A new account, with the role of a customer';

CREATE FUNCTION users.lock_account(account_id uuid) RETURNS users.accounts
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  found_account users.accounts;
BEGIN
  PERFORM users.require_read_committed();
  SELECT * INTO found_account FROM users.accounts AS account WHERE account.id = lock_account.account_id FOR NO KEY UPDATE;
  IF found_account.id IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = 'there is no such account';
  END IF;
  RETURN found_account;
END
$$;
COMMENT ON FUNCTION users.lock_account(uuid) IS 'The account, which nobody else changes until the transaction ends';

CREATE FUNCTION users.set_password(account_id uuid, password_hash text, current_session uuid DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  account constant users.accounts := users.lock_account(set_password.account_id);
BEGIN
  IF account.closed_at IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'TR001', MESSAGE = 'an account that is closed has no password';
  END IF;
  -- Attempts that were given the old hash began before changed_at, so that complete_login() refuses them; the others wait for the new one.
  PERFORM pg_advisory_xact_lock(users.login_lock(account.email));
  INSERT INTO users.credentials AS credential (account_id, password_hash, changed_at)
  VALUES (set_password.account_id, set_password.password_hash, clock_timestamp())
  ON CONFLICT ON CONSTRAINT credentials_pkey DO UPDATE SET password_hash = excluded.password_hash, changed_at = excluded.changed_at;
  RETURN users.revoke_sessions(set_password.account_id, 'password-changed', current_session);
END
$$;
COMMENT ON FUNCTION users.set_password(uuid, text, uuid) IS 'Changes the password, and ends all sessions but the one in which that happened, and attempts with the old one; says how many sessions';

CREATE FUNCTION users.change_email(account_id uuid, email text) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  PERFORM users.lock_account(change_email.account_id);
  UPDATE users.accounts AS account SET email = btrim(change_email.email) WHERE account.id = change_email.account_id;
END
$$;
COMMENT ON FUNCTION users.change_email(uuid, text) IS 'Gives an account another address';

CREATE FUNCTION users.suspend_account(account_id uuid) RETURNS bigint
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF (users.lock_account(suspend_account.account_id)).status <> 'suspended' THEN
    UPDATE users.accounts AS account SET status = 'suspended' WHERE account.id = suspend_account.account_id;
  END IF;
  RETURN users.revoke_sessions(suspend_account.account_id, 'suspended');
END
$$;
COMMENT ON FUNCTION users.suspend_account(uuid) IS 'Keeps an account from signing in, and ends its sessions; says how many';

CREATE FUNCTION users.reinstate_account(account_id uuid) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF (users.lock_account(reinstate_account.account_id)).status <> 'active' THEN
    UPDATE users.accounts AS account SET status = 'active' WHERE account.id = reinstate_account.account_id;
  END IF;
END
$$;
COMMENT ON FUNCTION users.reinstate_account(uuid) IS 'Lets a suspended account sign in again';

CREATE FUNCTION users.close_account(account_id uuid) RETURNS bigint
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF (users.lock_account(close_account.account_id)).status <> 'closed' THEN
    UPDATE users.accounts AS account SET status = 'closed', closed_at = now() WHERE account.id = close_account.account_id;
  END IF;
  RETURN users.revoke_sessions(close_account.account_id, 'closed');
END
$$;
COMMENT ON FUNCTION users.close_account(uuid) IS 'Ends an account for good, and its sessions; says how many. What is known about it stays until it is erased';
