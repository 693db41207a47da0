-- Subscribing, changing, renewing. Errors: P0002 what was named does not exist, 22023 a request that makes no sense, TR005 a change that
-- the state does not allow, 23505 a second subscription. Days are UTC. The application may not write invoices itself: what it calls
-- may (SECURITY DEFINER).

CREATE FUNCTION billing.period_start(anchor date, months integer, period_number integer) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (anchor + make_interval(months => months * period_number))::date;
COMMENT ON FUNCTION billing.period_start(date, integer, integer) IS
  'First day of a period: its months after the anchor, or the last day of a month that is too short';

CREATE FUNCTION billing.prorate(price numeric, currency payments.currency_code, period_start date, period_end date, from_day date)
  RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN payments.round_money(price * (period_end - from_day) / (period_end - period_start), currency);
COMMENT ON FUNCTION billing.prorate(numeric, payments.currency_code, date, date, date) IS
  'What the days of a period cost from a day on, that day included: whole days, rounded once';

-- Credit of the subscription goes in, and what is over becomes credit: a total is never negative.
CREATE FUNCTION billing.issue_invoice(subscription uuid, invoice_kind text, from_day date, until_day date, lines jsonb) RETURNS uuid
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  subscribed billing.subscriptions;
  of_currency text;
  net numeric;
  applied numeric := 0;
  carried numeric := 0;
  issued uuid;
BEGIN
  SELECT * INTO subscribed FROM billing.subscriptions AS known WHERE known.id = subscription FOR NO KEY UPDATE;
  SELECT plan.currency INTO of_currency FROM billing.plans AS plan WHERE plan.code = subscribed.plan_code;
  SELECT sum((line ->> 'amount')::numeric) INTO net FROM jsonb_array_elements(lines) AS line;
  IF net >= 0 THEN
    applied := least(net, subscribed.credit);
  ELSE
    carried := -net;
  END IF;
  IF applied > 0 THEN
    lines := lines || jsonb_build_object('kind', 'credit_applied', 'description', 'credit', 'amount', -applied);
  ELSIF carried > 0 THEN
    lines := lines || jsonb_build_object('kind', 'credit_carried', 'description', 'credit for the next invoice', 'amount', carried);
  END IF;
  UPDATE billing.subscriptions SET credit = credit - applied + carried WHERE id = subscription AND applied + carried > 0;
  net := net - applied + carried;
  INSERT INTO billing.invoices
    (subscription_id, kind, status, total, currency, period_start, period_end, issued_at, due_at, paid_at, next_attempt_at)
  SELECT subscription, invoice_kind, CASE net WHEN 0 THEN 'paid' ELSE 'open' END, net, of_currency, from_day, until_day,
    issued_now, issued_now + interval '14 days', CASE WHEN net = 0 THEN issued_now END,
    CASE WHEN net > 0 THEN issued_now + interval '14 days' END
  FROM clock_timestamp() AS issued_now
  RETURNING id INTO issued;
  INSERT INTO billing.invoice_lines (invoice_id, line, kind, description, amount)
  SELECT issued, place, line ->> 'kind', line ->> 'description', (line ->> 'amount')::numeric
  FROM jsonb_array_elements(lines) WITH ORDINALITY AS listed (line, place);
  RETURN issued;
END
$$;
COMMENT ON FUNCTION billing.issue_invoice(uuid, text, date, date, jsonb) IS
  'Writes an invoice, due in two weeks; lines: an array of {kind, description, amount}';

CREATE FUNCTION billing.line(line_kind text, plan billing.plans, amount numeric) RETURNS jsonb
LANGUAGE sql STABLE
RETURN jsonb_build_object('kind', line_kind, 'description', (plan).name, 'amount', amount);
COMMENT ON FUNCTION billing.line(text, billing.plans, numeric) IS 'A line for issue_invoice';

CREATE FUNCTION billing.find_plan(plan_code text) RETURNS billing.plans
LANGUAGE plpgsql STABLE SET search_path = '' AS $$
DECLARE
  plan billing.plans;
BEGIN
  SELECT * INTO plan FROM billing.plans AS known WHERE known.code = plan_code;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = format('there is no plan %s', plan_code);
  END IF;
  RETURN plan;
END
$$;
COMMENT ON FUNCTION billing.find_plan(text) IS 'A plan (P0002)';

CREATE FUNCTION billing.subscribe(customer uuid, request_key text, plan_code text, first_day date) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  done constant text := payments.claim_key(customer, request_key, jsonb_build_array('subscribe', plan_code, first_day));
  plan constant billing.plans := billing.find_plan(plan_code);
  made uuid;
BEGIN
  IF done IS NOT NULL THEN
    RETURN done;
  ELSIF NOT plan.offered THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('plan %s is no longer offered', plan_code);
  END IF;
  INSERT INTO billing.subscriptions (customer_id, plan_code, anchor, period_start, period_end)
  VALUES (customer, plan.code, first_day, first_day, billing.period_start(first_day, plan.months, 1))
  RETURNING id INTO made;
  PERFORM billing.issue_invoice(made, 'period', first_day, billing.period_start(first_day, plan.months, 1),
    jsonb_build_array(billing.line('plan', plan, plan.price)));
  PERFORM payments.keep_answer(customer, request_key, made::text);
  RETURN made;
END
$$;
COMMENT ON FUNCTION billing.subscribe(uuid, text, text, date) IS
  'Begins a subscription with its first invoice; its id. One at a time per customer (23505)';

CREATE FUNCTION billing.lock_subscription(subscription uuid) RETURNS billing.subscriptions
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  locked billing.subscriptions;
BEGIN
  SELECT * INTO locked FROM billing.subscriptions AS known WHERE known.id = subscription AND known.status <> 'canceled' FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = format('there is no running subscription %s', subscription);
  END IF;
  RETURN locked;
END
$$;
COMMENT ON FUNCTION billing.lock_subscription(uuid) IS
  'A running subscription that nobody else changes until the end of the transaction (P0002)';

-- Within a period of the same length, the rest of the old plan is given back and the rest of the new one charged. A plan of another length
-- begins a period of its own on that day, at the whole price.
CREATE FUNCTION billing.change_plan(subscription uuid, plan_code text, first_day date) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  subscribed constant billing.subscriptions := billing.lock_subscription(subscription);
  before constant billing.plans := billing.find_plan(subscribed.plan_code);
  plan constant billing.plans := billing.find_plan(plan_code);
  unused numeric;
BEGIN
  IF first_day < subscribed.period_start OR first_day >= subscribed.period_end THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('%s is not in the current period', first_day);
  ELSIF subscribed.status <> 'active' THEN
    RAISE EXCEPTION USING ERRCODE = 'TR005', MESSAGE = format('the plan of a subscription that is %s cannot change', subscribed.status);
  ELSIF NOT plan.offered OR plan.code = before.code OR plan.currency <> before.currency THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = format('a subscription to %s cannot change to %s', before.code, plan.code);
  ELSIF NOT EXISTS (
    SELECT FROM billing.invoices AS charged
    WHERE charged.subscription_id = subscription AND charged.status <> 'void'
      AND charged.period_start = subscribed.period_start AND charged.period_end = subscribed.period_end
  ) THEN
    RAISE EXCEPTION USING ERRCODE = 'TR005', MESSAGE = 'the invoice of the current period is void: there is nothing to give back for it';
  END IF;
  unused := -billing.prorate(before.price, before.currency, subscribed.period_start, subscribed.period_end, first_day);
  UPDATE billing.subscriptions AS changed SET plan_code = plan.code WHERE changed.id = subscription;
  IF plan.months = before.months THEN
    RETURN billing.issue_invoice(subscription, 'change', first_day, subscribed.period_end, jsonb_build_array(
      billing.line('unused_time', before, unused),
      billing.line('remaining_time', plan,
        billing.prorate(plan.price, plan.currency, subscribed.period_start, subscribed.period_end, first_day))
    ));
  END IF;
  UPDATE billing.subscriptions AS changed
  SET anchor = first_day, period_number = 0, period_start = first_day, period_end = billing.period_start(first_day, plan.months, 1)
  WHERE changed.id = subscription;
  RETURN billing.issue_invoice(subscription, 'change', first_day, billing.period_start(first_day, plan.months, 1),
    jsonb_build_array(billing.line('unused_time', before, unused), billing.line('plan', plan, plan.price)));
END
$$;
COMMENT ON FUNCTION billing.change_plan(uuid, text, date) IS 'Changes the plan from a day on, prorated by the day; the invoice';

CREATE FUNCTION billing.cancel_subscription(subscription uuid, at_period_end boolean DEFAULT true) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM billing.lock_subscription(subscription);
  IF at_period_end IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'a subscription ends either with its period or now';
  ELSIF at_period_end THEN
    UPDATE billing.subscriptions SET cancel_at_period_end = true WHERE id = subscription;
  ELSE
    UPDATE billing.subscriptions SET status = 'canceled', ended_at = greatest(now(), started_at) WHERE id = subscription;
  END IF;
END
$$;
COMMENT ON FUNCTION billing.cancel_subscription(uuid, boolean) IS
  'Ends a subscription with its period, or now; time that was paid for is not given back';

CREATE PROCEDURE billing.renew_subscriptions(today date DEFAULT (now() AT TIME ZONE 'UTC')::date, batch integer DEFAULT 1000)
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  subscribed billing.subscriptions;
  plan billing.plans;
  next_end date;
BEGIN
  FOR subscribed IN
    SELECT * FROM billing.subscriptions AS due
    WHERE due.status <> 'canceled' AND due.period_end <= today
    ORDER BY due.period_end LIMIT batch FOR NO KEY UPDATE SKIP LOCKED
  LOOP
    IF subscribed.cancel_at_period_end THEN
      UPDATE billing.subscriptions SET status = 'canceled', ended_at = greatest(now(), started_at) WHERE id = subscribed.id;
      CONTINUE;
    END IF;
    plan := billing.find_plan(subscribed.plan_code);
    next_end := billing.period_start(subscribed.anchor, plan.months, subscribed.period_number + 2);
    UPDATE billing.subscriptions
    SET period_number = subscribed.period_number + 1, period_start = subscribed.period_end, period_end = next_end
    WHERE id = subscribed.id;
    PERFORM billing.issue_invoice(subscribed.id, 'period', subscribed.period_end, next_end,
      jsonb_build_array(billing.line('plan', plan, plan.price)));
  END LOOP;
END
$$;
COMMENT ON PROCEDURE billing.renew_subscriptions(date, integer) IS
  'Begins the next period of subscriptions, with its invoice, or ends them: a job; each call takes one period further';
