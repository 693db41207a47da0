-- How money is moved. Errors: P0002 what was named does not exist, 22023 a request that makes no sense, and those of the ledger's guards.
-- The application has no right to write to the ledger. What only posts has none of its own, either: the application comes to it through
-- functions that keep payments, invoices and ledger together, and have the rights of the owner (SECURITY DEFINER).

CREATE FUNCTION payments.account(customer uuid, account_kind text, of_currency text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_id bigint;
BEGIN
  LOOP
    SELECT known.id INTO found_id FROM payments.ledger_accounts AS known
    WHERE known.customer_id IS NOT DISTINCT FROM account.customer AND known.kind = account_kind AND known.currency = of_currency;
    EXIT WHEN FOUND;
    INSERT INTO payments.ledger_accounts (customer_id, kind, currency) VALUES (customer, account_kind, of_currency) ON CONFLICT DO NOTHING;
  END LOOP;
  RETURN found_id;
END
$$;
COMMENT ON FUNCTION payments.account(uuid, text, text) IS
  'The account of a customer (or ours: null) in a currency; opened when there is none yet';

CREATE FUNCTION payments.lock_accounts(accounts bigint[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT FROM payments.account_balances AS held WHERE held.account_id = ANY (accounts) ORDER BY held.account_id FOR NO KEY UPDATE;
$$;
COMMENT ON FUNCTION payments.lock_accounts(bigint[]) IS
  'Locks accounts in their order: whoever posts several times in a transaction calls it first, with all of them';

CREATE FUNCTION payments.post(
  transaction_kind text, accounts bigint[], amounts numeric[], description text DEFAULT '', payment uuid DEFAULT NULL,
  reverses bigint DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  posted bigint;
BEGIN
  IF coalesce(cardinality(accounts), 0) < 2 OR cardinality(accounts) IS DISTINCT FROM cardinality(amounts) THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'a transaction has two entries or more, each with an account and an amount';
  END IF;
  INSERT INTO payments.ledger_transactions (kind, lines, payment_id, reverses, description)
  VALUES (transaction_kind, cardinality(accounts), payment, post.reverses, post.description)
  RETURNING id INTO posted;
  INSERT INTO payments.ledger_entries (transaction_id, line, account_id, amount)
  SELECT posted, entry.line, entry.account, entry.amount
  FROM unnest(accounts, amounts) WITH ORDINALITY AS entry (account, amount, line);
  RETURN posted;
END
$$;
COMMENT ON FUNCTION payments.post(text, bigint[], numeric[], text, uuid, bigint) IS
  'Books a transaction: one entry for each account and its amount';

CREATE FUNCTION payments.reverse_transaction(transaction bigint, description text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  reversed payments.ledger_transactions;
  accounts bigint[];
  amounts numeric[];
BEGIN
  SELECT * INTO reversed FROM payments.ledger_transactions AS header WHERE header.id = transaction;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = format('there is no ledger transaction %s', transaction);
  ELSIF reversed.kind = 'reversal' THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('ledger transaction %s is a reversal', transaction),
      HINT = 'book it anew instead';
  ELSIF reversed.kind NOT IN ('transfer', 'adjustment') THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('ledger transaction %s belongs to a payment or an invoice', transaction),
      HINT = 'refund the payment, or adjust the wallet';
  END IF;
  SELECT array_agg(entry.account_id ORDER BY entry.line), array_agg(-entry.amount ORDER BY entry.line) INTO accounts, amounts
  FROM payments.ledger_entries AS entry WHERE entry.transaction_id = transaction;
  RETURN payments.post('reversal', accounts, amounts, description, reversed.payment_id, transaction);
END
$$;
COMMENT ON FUNCTION payments.reverse_transaction(bigint, text) IS
  'Takes a transfer or an adjustment back with entries of the opposite sign; once (23505 the second time)';

CREATE FUNCTION payments.statement(account bigint, before_transaction bigint DEFAULT 9223372036854775807, row_count integer DEFAULT 50)
RETURNS TABLE (transaction_id bigint, booked_at timestamptz, kind text, amount numeric, description text)
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT header.id, header.booked_at, header.kind, entry.amount, header.description
  FROM payments.ledger_entries AS entry JOIN payments.ledger_transactions AS header ON header.id = entry.transaction_id
  WHERE entry.account_id = account AND entry.transaction_id < before_transaction
  ORDER BY entry.transaction_id DESC
  LIMIT row_count;
$$;
COMMENT ON FUNCTION payments.statement(bigint, bigint, integer) IS 'Entries of an account, the last first, page by page';

CREATE FUNCTION payments.verify_ledger() RETURNS TABLE (problem text, subject bigint, detail text)
LANGUAGE sql STABLE SET search_path = '' AS $$
  WITH booked AS (
    SELECT entry.transaction_id, account.currency, sum(entry.amount) AS amount, count(*) AS entries
    FROM payments.ledger_entries AS entry JOIN payments.ledger_accounts AS account ON account.id = entry.account_id
    GROUP BY entry.transaction_id, account.currency
  ), held AS (
    SELECT entry.account_id, sum(entry.amount) AS amount, count(*) AS entries
    FROM payments.ledger_entries AS entry
    GROUP BY entry.account_id
  )
  SELECT 'unbalanced', transaction_id, format('its entries add up to %s %s', amount, currency) FROM booked WHERE amount <> 0
  UNION ALL
  SELECT 'incomplete', header.id, format('it has %s entries instead of %s', coalesce(sum(booked.entries), 0), header.lines)
  FROM payments.ledger_transactions AS header LEFT JOIN booked ON booked.transaction_id = header.id
  GROUP BY header.id
  HAVING coalesce(sum(booked.entries), 0) <> header.lines
  UNION ALL
  SELECT 'drift', account.id, format('its balance is %s, its entries add up to %s', kept.balance, coalesce(held.amount, 0))
  FROM payments.ledger_accounts AS account
  LEFT JOIN payments.account_balances AS kept ON kept.account_id = account.id
  LEFT JOIN held ON held.account_id = account.id
  WHERE (kept.balance, kept.entries) IS DISTINCT FROM (coalesce(held.amount, 0), coalesce(held.entries, 0))
  UNION ALL
  SELECT 'reversal', header.id, format('its entries are not those of %s with the opposite sign', header.reverses)
  FROM payments.ledger_transactions AS header
  WHERE header.reverses IS NOT NULL AND EXISTS (
    SELECT FROM (
      SELECT line, account_id, amount FROM payments.ledger_entries WHERE transaction_id = header.id
      UNION ALL
      SELECT line, account_id, amount FROM payments.ledger_entries WHERE transaction_id = header.reverses
    ) AS both_entries
    GROUP BY line, account_id HAVING sum(amount) <> 0
  );
$$;
COMMENT ON FUNCTION payments.verify_ledger() IS
  'What is wrong with the ledger, a row each: unbalanced, incomplete, drift, reversal; none in a ledger that nobody tampered with';

CREATE PROCEDURE payments.check_ledger()
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  problems bigint;
  first text;
BEGIN
  SELECT count(*), min(format('%s %s: %s', found.problem, found.subject, found.detail)) INTO problems, first
  FROM payments.verify_ledger() AS found;
  IF problems > 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'TR001', MESSAGE = format('the ledger has %s problems', problems), DETAIL = first,
      HINT = 'SELECT * FROM payments.verify_ledger()';
  END IF;
END
$$;
COMMENT ON PROCEDURE payments.check_ledger() IS 'Fails when verify_ledger() finds something: a nightly job (TR001)';
