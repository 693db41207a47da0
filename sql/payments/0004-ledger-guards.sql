-- What keeps the ledger right, whoever writes to it. Errors: TR001 a transaction does not balance or is not complete, TR002 changes of what
-- is only added to, TR003 a closed account; 23514 with constraint account_balances_minimum: not enough money.

CREATE FUNCTION payments.open_balances() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  INSERT INTO payments.account_balances (account_id, minimum)
  SELECT id, CASE kind WHEN 'wallet' THEN 0 END FROM added;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION payments.open_balances() IS 'Trigger: a new account holds nothing';

CREATE TRIGGER open_balances AFTER INSERT ON payments.ledger_accounts
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION payments.open_balances();

CREATE FUNCTION payments.guard_account() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF (NEW.id, NEW.customer_id, NEW.kind, NEW.currency, NEW.opened_at)
    IS DISTINCT FROM (OLD.id, OLD.customer_id, OLD.kind, OLD.currency, OLD.opened_at)
    OR OLD.closed_at IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'TR002', MESSAGE = 'a ledger account is opened, and closed once; nothing else of it changes';
  END IF;
  -- The lock comes first: who posts holds it, so that closing sees what was posted. A new version of the row, so that who has not seen
  -- that it is closed (REPEATABLE READ) cannot post.
  UPDATE payments.account_balances SET balance = balance WHERE account_id = NEW.id;
  IF (SELECT held.balance <> 0 FROM payments.account_balances AS held WHERE held.account_id = NEW.id) THEN
    RAISE EXCEPTION USING ERRCODE = 'TR003', MESSAGE = format('account %s cannot be closed: it still holds money', NEW.id);
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION payments.guard_account() IS
  'Trigger: all that changes of an account is that it is closed, when it holds nothing (TR002, TR003)';

CREATE TRIGGER guard BEFORE UPDATE ON payments.ledger_accounts FOR EACH ROW EXECUTE FUNCTION payments.guard_account();

-- Once per statement, so that loading many entries at once costs little. What balances within its statement, which is all that post() and
-- bulk loads write, needs no check at commit; anything else is noted, and the note is checked at commit.
CREATE FUNCTION payments.apply_entries() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  closed bigint;
BEGIN
  -- Always in the order of their ids: two transactions that move money between the same accounts wait, and never for each other.
  PERFORM FROM payments.account_balances AS held
  WHERE held.account_id IN (SELECT added.account_id FROM added)
  ORDER BY held.account_id
  FOR NO KEY UPDATE;

  UPDATE payments.account_balances AS held
  SET balance = held.balance + moved.amount, entries = held.entries + moved.entries
  FROM (SELECT added.account_id, sum(added.amount) AS amount, count(*) AS entries FROM added GROUP BY added.account_id) AS moved
  WHERE held.account_id = moved.account_id;

  SELECT account.id INTO closed FROM payments.ledger_accounts AS account
  WHERE account.closed_at IS NOT NULL AND account.id IN (SELECT added.account_id FROM added) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'TR003', MESSAGE = format('account %s is closed', closed);
  END IF;

  INSERT INTO payments.balance_checks (transaction_id)
  SELECT header.id
  FROM (
    SELECT transaction_id, bool_and(amount = 0) AS balanced, sum(entries) AS entries, max(last_line) AS last_line
    FROM (
      SELECT added.transaction_id, sum(added.amount) AS amount, count(*) AS entries, max(added.line) AS last_line
      FROM added JOIN payments.ledger_accounts AS account ON account.id = added.account_id
      GROUP BY added.transaction_id, account.currency
    ) AS per_currency
    GROUP BY transaction_id
  ) AS posted
  JOIN payments.ledger_transactions AS header ON header.id = posted.transaction_id
  WHERE NOT posted.balanced OR posted.entries <> header.lines OR posted.last_line <> header.lines;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION payments.apply_entries() IS 'Trigger: keeps balances, and notes transactions that have to be checked at commit (TR003)';

CREATE TRIGGER apply_entries AFTER INSERT ON payments.ledger_entries
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION payments.apply_entries();

-- With the rights of the owner: what is deferred runs as who commits, not as the function that posted.
CREATE FUNCTION payments.check_balance() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  expected smallint;
  found_entries bigint;
  last_line smallint;
  off text;
BEGIN
  DELETE FROM payments.balance_checks WHERE id = NEW.id;
  SELECT header.lines INTO expected FROM payments.ledger_transactions AS header WHERE header.id = NEW.transaction_id;
  SELECT sum(entries), max(last_entry), string_agg(format('%s %s', amount, currency), ', ' ORDER BY currency) FILTER (WHERE amount <> 0)
  INTO found_entries, last_line, off
  FROM (
    SELECT account.currency, sum(entry.amount) AS amount, count(*) AS entries, max(entry.line) AS last_entry
    FROM payments.ledger_entries AS entry JOIN payments.ledger_accounts AS account ON account.id = entry.account_id
    WHERE entry.transaction_id = NEW.transaction_id
    GROUP BY account.currency
  ) AS per_currency;
  IF off IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'TR001', MESSAGE = format('ledger transaction %s does not balance', NEW.transaction_id),
      DETAIL = format('its entries add up to %s', off);
  ELSIF found_entries <> expected OR last_line <> expected THEN
    RAISE EXCEPTION USING ERRCODE = 'TR001',
      MESSAGE = format('ledger transaction %s has %s entries instead of %s', NEW.transaction_id, found_entries, expected);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION payments.check_balance() IS
  'Trigger: at commit, the entries of a transaction are all there and add up to zero in each currency (TR001)';

CREATE CONSTRAINT TRIGGER check_balance AFTER INSERT ON payments.balance_checks
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments.check_balance();

CREATE FUNCTION payments.check_entries() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- How many there are is looked at where they come.
  IF NOT EXISTS (SELECT FROM payments.ledger_entries AS entry WHERE entry.transaction_id = NEW.id) THEN
    RAISE EXCEPTION USING ERRCODE = 'TR001', MESSAGE = format('ledger transaction %s has no entries', NEW.id);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION payments.check_entries() IS 'Trigger: at commit, a transaction has entries (TR001)';

CREATE CONSTRAINT TRIGGER check_entries AFTER INSERT ON payments.ledger_transactions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments.check_entries();

CREATE FUNCTION payments.guard_balances() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF pg_trigger_depth() < 2 THEN
    RAISE EXCEPTION USING ERRCODE = 'TR002', MESSAGE = 'balances follow from ledger entries; nobody writes them',
      HINT = 'post a transaction';
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION payments.guard_balances() IS 'Trigger: only the triggers of the ledger write balances (TR002)';

CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON payments.account_balances FOR EACH STATEMENT EXECUTE FUNCTION payments.guard_balances();
CREATE TRIGGER refuse_change BEFORE DELETE OR TRUNCATE ON payments.account_balances
  FOR EACH STATEMENT EXECUTE FUNCTION payments.refuse_change();
CREATE TRIGGER refuse_change BEFORE DELETE OR TRUNCATE ON payments.ledger_accounts
  FOR EACH STATEMENT EXECUTE FUNCTION payments.refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON payments.ledger_transactions
  FOR EACH STATEMENT EXECUTE FUNCTION payments.refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON payments.ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION payments.refuse_change();
