-- Payments of customers and the tokens they pay with. Errors: TR005 a step that the state does not allow.

CREATE TABLE payments.payment_methods (
  id          uuid PRIMARY KEY DEFAULT payments.uuid_v7(),
  customer_id uuid NOT NULL,
  token       payments.token NOT NULL CONSTRAINT payment_methods_token_key UNIQUE,
  brand       text NOT NULL CHECK (brand IN ('visa', 'mastercard', 'amex', 'discover', 'jcb', 'diners', 'unionpay', 'sepa')),
  last_four   text NOT NULL CHECK (last_four ~ '^[0-9]{4}$'),
  expires_on  date CHECK (expires_on BETWEEN '2000-01-01' AND '2100-01-01'),
  created_at  timestamptz NOT NULL DEFAULT now(),
  removed_at  timestamptz CHECK (removed_at >= created_at)
);
COMMENT ON TABLE payments.payment_methods IS 'Cards and bank accounts as the provider''s tokens, with what may be shown of them';
COMMENT ON COLUMN payments.payment_methods.customer_id IS 'Account in the users database';
COMMENT ON COLUMN payments.payment_methods.expires_on IS 'Last day of the month on the card; none for bank accounts';

CREATE INDEX payment_methods_customer_idx ON payments.payment_methods (customer_id) INCLUDE (id, brand, last_four, expires_on)
  WHERE removed_at IS NULL;
COMMENT ON INDEX payments.payment_methods_customer_idx IS 'Covering, partial: what a customer can choose from at the checkout';

CREATE FUNCTION payments.guard_method() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'TR005', MESSAGE = 'whose payment method it is, and which one, is never changed',
    HINT = 'remove it and add another';
END
$$;
COMMENT ON FUNCTION payments.guard_method() IS 'Trigger: refuses to give a payment method to another customer (TR005)';

CREATE TRIGGER guard BEFORE UPDATE ON payments.payment_methods FOR EACH ROW
WHEN ((NEW.id, NEW.customer_id, NEW.token) IS DISTINCT FROM (OLD.id, OLD.customer_id, OLD.token))
EXECUTE FUNCTION payments.guard_method();

CREATE TABLE payments.payments (
  id                 uuid PRIMARY KEY DEFAULT payments.uuid_v7(),
  customer_id        uuid NOT NULL,
  method_id          uuid NOT NULL REFERENCES payments.payment_methods,
  amount             payments.money NOT NULL CHECK (amount > 0),
  currency           payments.currency_code NOT NULL,
  status             text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'authorized', 'captured', 'refunded', 'failed', 'canceled', 'disputed')),
  refunded_amount    payments.money NOT NULL DEFAULT 0 CHECK (refunded_amount BETWEEN 0 AND amount),
  device_id          uuid,
  country            payments.country_code,
  provider_reference payments.reference CONSTRAINT payments_provider_reference_key UNIQUE,
  failure            payments.free_text,
  description        payments.free_text NOT NULL DEFAULT '',
  created_at         timestamptz NOT NULL DEFAULT now(),
  captured_at        timestamptz CHECK (captured_at >= created_at),
  CONSTRAINT payments_captured_when CHECK ((status IN ('captured', 'refunded', 'disputed')) = (captured_at IS NOT NULL)),
  CONSTRAINT payments_refunded_whole CHECK (status <> 'refunded' OR refunded_amount = amount),
  CONSTRAINT payments_refunded_if_captured CHECK (refunded_amount = 0 OR captured_at IS NOT NULL)
);
COMMENT ON TABLE payments.payments IS 'Money that customers bring in; a captured payment is in their wallet';
COMMENT ON COLUMN payments.payments.customer_id IS 'Account in the users database';
COMMENT ON COLUMN payments.payments.device_id IS 'What the customer paid from, as the application knows it again';
COMMENT ON COLUMN payments.payments.country IS 'Where the customer paid from';

CREATE INDEX payments_customer_idx ON payments.payments (customer_id, created_at DESC);
CREATE INDEX payments_method_idx ON payments.payments (method_id);
CREATE INDEX payments_unfinished_idx ON payments.payments (created_at) WHERE status IN ('pending', 'authorized');
COMMENT ON INDEX payments.payments_unfinished_idx IS 'Partial: expire_payments looks for those that nobody finished';
CREATE INDEX payments_created_brin ON payments.payments USING brin (created_at) WITH (pages_per_range = 32);
COMMENT ON INDEX payments.payments_created_brin IS
  'BRIN: payments of a day for reports, of the last hours for detect_fraud and run_aml_screens';

CREATE FUNCTION payments.may_follow(status text, next text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE status
  WHEN 'pending' THEN next IN ('authorized', 'failed', 'canceled')
  WHEN 'authorized' THEN next IN ('captured', 'failed', 'canceled')
  WHEN 'captured' THEN next IN ('refunded', 'disputed')
  WHEN 'disputed' THEN next IN ('captured', 'refunded')
  ELSE false
END;
COMMENT ON FUNCTION payments.may_follow(text, text) IS 'Whether a payment may go from one state to another';

CREATE FUNCTION payments.guard_payment() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF NEW.status <> OLD.status AND NOT payments.may_follow(OLD.status, NEW.status) THEN
    RAISE EXCEPTION USING ERRCODE = 'TR005', MESSAGE = format('a payment that is %s cannot become %s', OLD.status, NEW.status);
  END IF;
  IF (NEW.id, NEW.customer_id, NEW.method_id, NEW.amount, NEW.currency, NEW.created_at)
    IS DISTINCT FROM (OLD.id, OLD.customer_id, OLD.method_id, OLD.amount, OLD.currency, OLD.created_at) THEN
    RAISE EXCEPTION USING ERRCODE = 'TR005', MESSAGE = 'who pays, what, how and when is never changed', HINT = 'cancel it and make another';
  END IF;
  IF NEW.refunded_amount < OLD.refunded_amount THEN
    RAISE EXCEPTION USING ERRCODE = 'TR005', MESSAGE = 'a refund cannot be taken back';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION payments.guard_payment() IS 'Trigger: only legal steps, and no change of what was asked for (TR005)';

CREATE TRIGGER guard BEFORE UPDATE ON payments.payments FOR EACH ROW EXECUTE FUNCTION payments.guard_payment();

CREATE TABLE payments.payment_events (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  payment_id  uuid NOT NULL REFERENCES payments.payments,
  from_status text CHECK (from_status IN ('pending', 'authorized', 'captured', 'refunded', 'failed', 'canceled', 'disputed')),
  to_status   text NOT NULL CHECK (to_status IN ('pending', 'authorized', 'captured', 'refunded', 'failed', 'canceled', 'disputed')),
  actor       payments.free_text NOT NULL,
  occurred_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE payments.payment_events IS 'Trail of payments: each step, by whom; written by triggers only';
COMMENT ON COLUMN payments.payment_events.actor IS 'The role that was logged in, and whom it acted for (setting app.actor)';

CREATE INDEX payment_events_payment_idx ON payments.payment_events (payment_id);
CREATE INDEX payment_events_occurred_brin ON payments.payment_events USING brin (occurred_at) WITH (pages_per_range = 32);
COMMENT ON INDEX payments.payment_events_occurred_brin IS 'BRIN: what happened in a span of time, and what retention deletes';

CREATE FUNCTION payments.actor() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN session_user || coalesce(' for ' || nullif(current_setting('app.actor', true), ''), '');
COMMENT ON FUNCTION payments.actor() IS 'Who does something: the role, and whom it acts for (SET LOCAL app.actor)';

-- With the rights of the owner, so that the application cannot write its own trail.
CREATE FUNCTION payments.record_new_payments() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO payments.payment_events (payment_id, to_status, actor)
  SELECT added.id, added.status, who.actor FROM added CROSS JOIN (SELECT payments.actor() OFFSET 0) AS who (actor);
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION payments.record_new_payments() IS 'Trigger: the first event of payments';

CREATE FUNCTION payments.record_payment_steps() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO payments.payment_events (payment_id, from_status, to_status, actor)
  SELECT after.id, before.status, after.status, payments.actor()
  FROM after JOIN before USING (id)
  WHERE after.status <> before.status;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION payments.record_payment_steps() IS 'Trigger: an event for each step of a payment';

CREATE TRIGGER record_new AFTER INSERT ON payments.payments
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION payments.record_new_payments();
CREATE TRIGGER record_steps AFTER UPDATE ON payments.payments
  REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION payments.record_payment_steps();

CREATE TRIGGER refuse_change BEFORE UPDATE OR TRUNCATE ON payments.payment_events
  FOR EACH STATEMENT EXECUTE FUNCTION payments.refuse_change();
-- Five years are what the law asks for; retention deletes later.
CREATE TRIGGER refuse_deletion BEFORE DELETE ON payments.payment_events
  FOR EACH ROW WHEN (OLD.occurred_at > now() - interval '5 years') EXECUTE FUNCTION payments.refuse_change();
