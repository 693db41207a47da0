-- Addresses are confirmed. Those of accounts that had ever signed in count as confirmed since then.

ALTER TABLE users.accounts ADD COLUMN email_confirmed_at timestamptz;
COMMENT ON COLUMN users.accounts.email_confirmed_at IS 'When the person followed the link that was sent to the address';

UPDATE users.accounts AS account SET email_confirmed_at = signed_in.first_at
FROM (
  SELECT event.subject_id, min(event.occurred_at) AS first_at
  FROM audit.events AS event
  WHERE event.table_name = 'users.sessions' AND event.operation = 'insert'
  GROUP BY event.subject_id
) AS signed_in
WHERE account.id = signed_in.subject_id AND account.status <> 'erased';

-- A confirmation is of one address; with another, or with none, it is gone.
CREATE FUNCTION users.reset_confirmation() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  NEW.email_confirmed_at := NULL;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION users.reset_confirmation() IS 'A new address is not confirmed';

CREATE TRIGGER reset_confirmation BEFORE UPDATE OF email ON users.accounts
FOR EACH ROW WHEN (lower(OLD.email) IS DISTINCT FROM lower(NEW.email)) EXECUTE FUNCTION users.reset_confirmation();

CREATE FUNCTION users.confirm_email(account_id uuid, email text) RETURNS boolean
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  UPDATE users.accounts AS account SET email_confirmed_at = now()
  WHERE account.id = confirm_email.account_id AND lower(account.email) = lower(btrim(confirm_email.email)) AND account.email_confirmed_at IS NULL;
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION users.confirm_email(uuid, text) IS 'The link that was sent to this address was followed; false where it is the address no more, or confirmed';

ALTER TABLE users.accounts
  DROP CONSTRAINT accounts_personal_check,
  ADD CONSTRAINT accounts_personal_check CHECK (
    CASE status WHEN 'erased' THEN num_nonnulls(email, display_name, country, email_confirmed_at) = 0 ELSE email IS NOT NULL END
  );

CREATE INDEX accounts_unconfirmed_idx ON users.accounts (created_at) WHERE email_confirmed_at IS NULL AND status = 'active';
COMMENT ON INDEX users.accounts_unconfirmed_idx IS 'Reminders: active accounts that have not confirmed their address, by age';
