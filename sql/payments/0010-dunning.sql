-- Collecting what is owed. Errors: P0002 what was named does not exist, TR005 a step that the state does not allow, 23514 with constraint
-- account_balances_minimum: not enough money in the wallet.

CREATE FUNCTION billing.end_dunning(subscription uuid) RETURNS void
LANGUAGE sql SET search_path = '' AS $$
  UPDATE billing.subscriptions AS subscribed SET status = 'active'
  WHERE subscribed.id = subscription AND subscribed.status = 'past_due'
    AND NOT EXISTS (
      SELECT FROM billing.invoices AS other
      WHERE other.subscription_id = subscribed.id AND other.status = 'open' AND other.attempts > 0
    );
$$;
COMMENT ON FUNCTION billing.end_dunning(uuid) IS 'A subscription goes on when none of its invoices is overdue any more';

CREATE FUNCTION billing.settle_invoice(invoice uuid) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  owed billing.invoices;
  customer uuid;
  posted bigint;
BEGIN
  SELECT * INTO owed FROM billing.invoices AS known WHERE known.id = invoice FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = format('there is no invoice %s', invoice);
  ELSIF owed.status NOT IN ('open', 'uncollectible') THEN
    RAISE EXCEPTION USING ERRCODE = 'TR005', MESSAGE = format('an invoice that is %s cannot be paid', owed.status);
  END IF;
  SELECT subscribed.customer_id INTO customer FROM billing.subscriptions AS subscribed WHERE subscribed.id = owed.subscription_id;
  posted := payments.post('invoice',
    ARRAY[payments.account(customer, 'wallet', owed.currency), payments.account(NULL, 'revenue', owed.currency)],
    ARRAY[-owed.total, owed.total], format('invoice %s', owed.number));
  UPDATE billing.invoices SET status = 'paid', paid_at = clock_timestamp(), transaction_id = posted, next_attempt_at = NULL
  WHERE id = invoice;
  PERFORM billing.end_dunning(owed.subscription_id);
  RETURN posted;
END
$$;
COMMENT ON FUNCTION billing.settle_invoice(uuid) IS 'Pays an invoice out of the customer''s wallet; the ledger transaction';

CREATE FUNCTION billing.void_invoice(invoice uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  taken_back billing.invoices;
BEGIN
  SELECT * INTO taken_back FROM billing.invoices AS known WHERE known.id = invoice FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = format('there is no invoice %s', invoice);
  ELSIF taken_back.status NOT IN ('open', 'uncollectible') THEN
    RAISE EXCEPTION USING ERRCODE = 'TR005', MESSAGE = format('an invoice that is %s cannot become void', taken_back.status);
  END IF;
  UPDATE billing.invoices SET status = 'void', next_attempt_at = NULL WHERE id = invoice;
  -- Its lock keeps the plan from changing meanwhile.
  UPDATE billing.subscriptions SET credit = credit + (
    SELECT coalesce(-sum(line.amount), 0) FROM billing.invoice_lines AS line
    WHERE line.invoice_id = invoice AND line.kind = 'credit_applied'
  ) WHERE id = taken_back.subscription_id;
  IF EXISTS (
    SELECT FROM billing.invoices AS later
    WHERE later.subscription_id = taken_back.subscription_id AND later.kind = 'change' AND later.status <> 'void'
      AND later.number > taken_back.number AND later.period_start < taken_back.period_end
  ) THEN
    RAISE EXCEPTION USING ERRCODE = 'TR005',
      MESSAGE = format('invoice %s has been credited since, when the plan changed', taken_back.number);
  END IF;
  PERFORM billing.end_dunning(taken_back.subscription_id);
END
$$;
COMMENT ON FUNCTION billing.void_invoice(uuid) IS
  'Takes back an invoice that was wrong, with the credit that went into it (TR005 when it is paid, or was credited)';

CREATE FUNCTION billing.next_attempt(due_at timestamptz, attempts integer) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET timezone = 'UTC'
RETURN due_at + (ARRAY['0 days', '3 days', '7 days', '14 days'])[attempts + 1]::interval;
COMMENT ON FUNCTION billing.next_attempt(timestamptz, integer) IS
  'When an invoice is collected after so many attempts: when due, 3, 7 and 14 days later; then never';

-- A transaction for each invoice: were several booked in one, their wallets could not be locked in a fixed order. Hence no SET search_path,
-- which PostgreSQL does not allow where a procedure commits: all names are qualified.
CREATE PROCEDURE billing.run_dunning(moment timestamptz DEFAULT now(), batch integer DEFAULT 1000)
LANGUAGE plpgsql AS $$
DECLARE
  owed billing.invoices;
  attempt integer;
  outcome text;
  refused_by text;
BEGIN
  FOR turn IN 1 .. batch LOOP
    SELECT * INTO owed FROM billing.invoices AS due
    WHERE due.status = 'open' AND due.next_attempt_at <= moment
    ORDER BY due.next_attempt_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
    EXIT WHEN NOT FOUND;
    attempt := owed.attempts + 1;
    BEGIN
      PERFORM billing.settle_invoice(owed.id);
      outcome := 'paid';
    EXCEPTION WHEN check_violation OR SQLSTATE 'TR003' THEN
      -- No money, or a closed wallet; anything else is a fault of ours.
      GET STACKED DIAGNOSTICS refused_by = CONSTRAINT_NAME;
      IF refused_by NOT IN ('account_balances_minimum', '') THEN
        RAISE;
      END IF;
      outcome := CASE WHEN attempt < 4 THEN 'failed' ELSE 'given_up' END;
    END;
    INSERT INTO billing.dunning_events (invoice_id, attempt, outcome, attempted_at) VALUES (owed.id, attempt, outcome, moment);
    IF outcome = 'failed' THEN
      -- Where the job did not run for long, attempts are still a day apart.
      UPDATE billing.invoices
      SET attempts = attempt, next_attempt_at = greatest(billing.next_attempt(due_at, attempt), moment + interval '1 day')
      WHERE id = owed.id;
      UPDATE billing.subscriptions SET status = 'past_due' WHERE id = owed.subscription_id AND status = 'active';
    ELSIF outcome = 'given_up' THEN
      UPDATE billing.invoices SET attempts = attempt, status = 'uncollectible', next_attempt_at = NULL WHERE id = owed.id;
      UPDATE billing.subscriptions SET status = 'canceled', ended_at = greatest(moment, started_at)
      WHERE id = owed.subscription_id AND status <> 'canceled';
    END IF;
    COMMIT;
  END LOOP;
END
$$;
COMMENT ON PROCEDURE billing.run_dunning(timestamptz, integer) IS
  'Collects what is due from wallets: a job. After a failure the subscription is past due; after the fourth it ends, and the invoice is '
  'uncollectible';
