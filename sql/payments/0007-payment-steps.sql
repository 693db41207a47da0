-- The life of a payment, each step a function. Errors: P0002 what was named does not exist, 22023 a request that makes no sense,
-- TR005 a step that the state does not allow, 23514 with constraint account_balances_minimum: the money is not in the wallet any more.
-- The application may not write to payments, so that state and ledger go together: these functions may (SECURITY DEFINER).

CREATE FUNCTION payments.create_payment(
  customer uuid, request_key text, method uuid, amount numeric, currency text,
  device uuid DEFAULT NULL, country text DEFAULT NULL, description text DEFAULT ''
) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  done constant text := payments.claim_key(customer, request_key,
    jsonb_build_array('payment', method, trim_scale(amount), currency, device, country, description));
  made uuid;
BEGIN
  IF done IS NOT NULL THEN
    RETURN done;
  END IF;
  PERFORM FROM payments.payment_methods AS chosen
  WHERE chosen.id = method AND chosen.customer_id = customer AND chosen.removed_at IS NULL
    AND (chosen.expires_on IS NULL OR chosen.expires_on >= (now() AT TIME ZONE 'UTC')::date);
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = 'the customer has no such payment method that is still valid';
  END IF;
  PERFORM payments.check_amount(amount, currency);
  INSERT INTO payments.payments (customer_id, method_id, amount, currency, device_id, country, description)
  VALUES (customer, method, create_payment.amount, create_payment.currency, device, create_payment.country, create_payment.description)
  RETURNING id INTO made;
  PERFORM payments.keep_answer(customer, request_key, made::text);
  RETURN made;
END
$$;
COMMENT ON FUNCTION payments.create_payment(uuid, text, uuid, numeric, text, uuid, text, text) IS
  'Begins a payment; its id. Sent twice with the same key, it is made once';

CREATE FUNCTION payments.lock_payment(payment uuid, next text DEFAULT NULL) RETURNS payments.payments
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  locked payments.payments;
BEGIN
  SELECT * INTO locked FROM payments.payments AS known WHERE known.id = payment FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = format('there is no payment %s', payment);
  ELSIF NOT payments.may_follow(locked.status, next) THEN
    -- Also where it is that already: the second call is not the one that did it.
    RAISE EXCEPTION USING ERRCODE = 'TR005', MESSAGE = format('a payment that is %s cannot become %s', locked.status, next);
  END IF;
  RETURN locked;
END
$$;
COMMENT ON FUNCTION payments.lock_payment(uuid, text) IS
  'A payment that nobody else changes until the end of the transaction (P0002), and that may go to the next state (TR005)';

CREATE FUNCTION payments.authorize_payment(payment uuid, reference text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM payments.lock_payment(payment, 'authorized');
  UPDATE payments.payments SET status = 'authorized', provider_reference = reference WHERE id = payment;
END
$$;
COMMENT ON FUNCTION payments.authorize_payment(uuid, text) IS 'The provider holds the money: its reference';

CREATE FUNCTION payments.capture_payment(payment uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  paid constant payments.payments := payments.lock_payment(payment, 'captured');
BEGIN
  -- A dispute that was won leads there, too, moves no money, and has a step of its own.
  IF paid.status <> 'authorized' THEN
    RAISE EXCEPTION USING ERRCODE = 'TR005', MESSAGE = format('a payment that is %s cannot be captured', paid.status);
  END IF;
  UPDATE payments.payments SET status = 'captured', captured_at = greatest(clock_timestamp(), paid.created_at) WHERE id = payment;
  RETURN payments.post('payment',
    ARRAY[payments.account(NULL, 'clearing', paid.currency), payments.account(paid.customer_id, 'wallet', paid.currency)],
    ARRAY[-paid.amount, paid.amount], paid.description, payment);
END
$$;
COMMENT ON FUNCTION payments.capture_payment(uuid) IS
  'The money has come: it is booked to the wallet of the customer; the ledger transaction';

CREATE FUNCTION payments.fail_payment(payment uuid, reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM payments.lock_payment(payment, 'failed');
  UPDATE payments.payments SET status = 'failed', failure = reason WHERE id = payment;
END
$$;
COMMENT ON FUNCTION payments.fail_payment(uuid, text) IS 'The provider or the fraud score refuses it';

CREATE FUNCTION payments.cancel_payment(payment uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM payments.lock_payment(payment, 'canceled');
  UPDATE payments.payments SET status = 'canceled' WHERE id = payment;
END
$$;
COMMENT ON FUNCTION payments.cancel_payment(uuid) IS 'Nobody wants it any more; no money was moved';

CREATE FUNCTION payments.refund_payment(payment uuid, request_key text, amount numeric DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  paid constant payments.payments := payments.lock_payment(payment);
  done constant text := payments.claim_key(paid.customer_id, request_key, jsonb_build_array('refund', payment, trim_scale(amount)));
  back constant numeric := coalesce(amount, paid.amount - paid.refunded_amount);
  posted bigint;
BEGIN
  IF done IS NOT NULL THEN
    RETURN done;
  ELSIF paid.status <> 'captured' THEN
    RAISE EXCEPTION USING ERRCODE = 'TR005', MESSAGE = format('a payment that is %s cannot be refunded', paid.status);
  END IF;
  PERFORM payments.check_amount(back, paid.currency);
  IF back > paid.amount - paid.refunded_amount THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('only %s of this payment are left', paid.amount - paid.refunded_amount);
  END IF;
  posted := payments.post('refund',
    ARRAY[payments.account(paid.customer_id, 'wallet', paid.currency), payments.account(NULL, 'clearing', paid.currency)],
    ARRAY[-back, back], 'refund', payment);
  UPDATE payments.payments
  SET refunded_amount = refunded_amount + back, status = CASE WHEN refunded_amount + back = paid.amount THEN 'refunded' ELSE status END
  WHERE id = payment;
  PERFORM payments.keep_answer(paid.customer_id, request_key, posted::text);
  RETURN posted;
END
$$;
COMMENT ON FUNCTION payments.refund_payment(uuid, text, numeric) IS
  'Gives money back, from the wallet: a part, or all that is left; the ledger transaction. Sent twice with the same key, it is done once';

CREATE FUNCTION payments.dispute_payment(payment uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM payments.lock_payment(payment, 'disputed');
  UPDATE payments.payments SET status = 'disputed' WHERE id = payment;
END
$$;
COMMENT ON FUNCTION payments.dispute_payment(uuid) IS 'The customer''s bank wants the money back';

CREATE FUNCTION payments.resolve_dispute(payment uuid, won boolean) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  paid constant payments.payments := payments.lock_payment(payment);
  back constant numeric := paid.amount - paid.refunded_amount;
BEGIN
  IF paid.status <> 'disputed' THEN
    RAISE EXCEPTION USING ERRCODE = 'TR005', MESSAGE = format('a payment that is %s is in no dispute', paid.status);
  ELSIF won IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'a dispute is either won or lost';
  ELSIF won THEN
    UPDATE payments.payments SET status = 'captured' WHERE id = payment;
    RETURN NULL;
  END IF;
  UPDATE payments.payments SET status = 'refunded', refunded_amount = paid.amount WHERE id = payment;
  -- The bank takes it from us, whether the wallet still has it or not.
  RETURN payments.post('chargeback',
    ARRAY[payments.account(NULL, 'chargebacks', paid.currency), payments.account(NULL, 'clearing', paid.currency)],
    ARRAY[-back, back], 'chargeback', payment);
END
$$;
COMMENT ON FUNCTION payments.resolve_dispute(uuid, boolean) IS
  'Won: as before. Lost: the bank has the money, at our cost; the ledger transaction';

CREATE PROCEDURE payments.expire_payments(age interval DEFAULT '7 days', batch integer DEFAULT 1000)
LANGUAGE sql SET search_path = '' AS $$
  UPDATE payments.payments SET status = 'canceled'
  WHERE id IN (
    SELECT stale.id FROM payments.payments AS stale
    WHERE stale.status IN ('pending', 'authorized') AND stale.created_at < now() - age
    ORDER BY stale.created_at LIMIT batch FOR NO KEY UPDATE SKIP LOCKED
  );
$$;
COMMENT ON PROCEDURE payments.expire_payments(interval, integer) IS 'Cancels payments that nobody finished: a job';
