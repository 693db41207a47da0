-- Requests that may be sent twice, and transfers. Errors: TR004 a key that was used for another request, 22023 a request
-- that makes no sense.

CREATE TABLE payments.idempotency_keys (
  customer_id  uuid NOT NULL,
  key          payments.reference NOT NULL,
  request_hash bytea NOT NULL CHECK (length(request_hash) = 32),
  answer       payments.reference,
  created_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (customer_id, key)
);
COMMENT ON TABLE payments.idempotency_keys IS
  'What callers asked for, and the answer they got: a request sent twice is done once, for as long as retention keeps it';
COMMENT ON COLUMN payments.idempotency_keys.request_hash IS 'SHA-256 of the request';
COMMENT ON COLUMN payments.idempotency_keys.answer IS 'Id of what the request made';

CREATE INDEX idempotency_keys_created_idx ON payments.idempotency_keys (created_at);
COMMENT ON INDEX payments.idempotency_keys_created_idx IS 'What retention deletes';

-- Who sends the same key at the same time waits here until the first one has committed, and then finds its answer.
CREATE FUNCTION payments.claim_key(customer uuid, request_key text, request jsonb) RETURNS text
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  hash constant bytea := sha256(convert_to(request::text, 'UTF8'));
  known payments.idempotency_keys;
BEGIN
  LOOP
    INSERT INTO payments.idempotency_keys (customer_id, key, request_hash) VALUES (customer, request_key, hash) ON CONFLICT DO NOTHING;
    IF FOUND THEN
      RETURN NULL;
    END IF;
    SELECT * INTO known FROM payments.idempotency_keys AS claimed WHERE claimed.customer_id = customer AND claimed.key = request_key;
    -- Retention may have taken it in between.
    EXIT WHEN FOUND;
  END LOOP;
  IF known.request_hash <> hash THEN
    RAISE EXCEPTION USING ERRCODE = 'TR004', MESSAGE = format('key %s was used for another request', request_key),
      HINT = 'send the same request again, or choose a new key';
  END IF;
  RETURN known.answer;
END
$$;
COMMENT ON FUNCTION payments.claim_key(uuid, text, jsonb) IS
  'The answer that a request got before; null when it is new, and to be done now (TR004)';

CREATE FUNCTION payments.keep_answer(customer uuid, request_key text, given text) RETURNS void
LANGUAGE sql SET search_path = '' AS $$
  UPDATE payments.idempotency_keys SET answer = given WHERE customer_id = customer AND key = request_key AND answer IS NULL;
$$;
COMMENT ON FUNCTION payments.keep_answer(uuid, text, text) IS 'Writes down what a request made';

CREATE FUNCTION payments.check_amount(amount numeric, currency text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = '' AS $$
BEGIN
  IF amount IS NULL OR amount IN ('NaN', 'Infinity') OR amount <= 0 OR amount IS DISTINCT FROM payments.round_money(amount, currency) THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('%s %s cannot be paid', coalesce(amount::text, 'nothing'), coalesce(currency, 'of nothing')),
      HINT = 'an amount is positive, and has no more digits than its currency';
  END IF;
END
$$;
COMMENT ON FUNCTION payments.check_amount(numeric, text) IS 'Refuses what is no amount of a currency (22023)';

CREATE FUNCTION payments.transfer(
  customer uuid, request_key text, from_account bigint, to_account bigint, amount numeric, description text DEFAULT ''
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  done constant text := payments.claim_key(customer, request_key,
    jsonb_build_array('transfer', from_account, to_account, trim_scale(amount), description));
  source payments.ledger_accounts;
  target payments.ledger_accounts;
  posted bigint;
BEGIN
  IF done IS NOT NULL THEN
    RETURN done;
  END IF;
  SELECT * INTO source FROM payments.ledger_accounts AS account WHERE account.id = from_account AND account.customer_id = customer;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = format('the customer has no account %s', from_account);
  END IF;
  SELECT * INTO target FROM payments.ledger_accounts AS account WHERE account.id = to_account AND account.kind = 'wallet';
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = format('there is no wallet %s', to_account);
  ELSIF source.id = target.id OR source.currency <> target.currency THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'a transfer goes to another account of the same currency';
  END IF;
  PERFORM payments.check_amount(amount, source.currency);
  posted := payments.post('transfer', ARRAY[from_account, to_account], ARRAY[-amount, amount], description);
  PERFORM payments.keep_answer(customer, request_key, posted::text);
  RETURN posted;
END
$$;
COMMENT ON FUNCTION payments.transfer(uuid, text, bigint, bigint, numeric, text) IS
  'Moves money between wallets; the ledger transaction. Sent twice with the same key, it is done once';
