-- Payments, and the ledger that proves where the money is.

CREATE TABLE payments.payments (
  id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  customer_id     uuid NOT NULL,
  idempotency_key text NOT NULL UNIQUE,
  amount          numeric(20, 4) NOT NULL CHECK (amount > 0),
  currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  method_token    text NOT NULL,
  status          text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'settled', 'failed', 'refunded')),
  created_at      timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE payments.payments IS 'Payments of customers';
COMMENT ON COLUMN payments.payments.customer_id IS 'Account in the users database';
COMMENT ON COLUMN payments.payments.idempotency_key IS 'Chosen by the caller: a request sent twice is one payment';
COMMENT ON COLUMN payments.payments.method_token IS 'Token of the payment provider; card numbers never come here (PCI DSS)';

CREATE INDEX payments_customer_id_created_at_idx ON payments.payments (customer_id, created_at DESC);
CREATE INDEX payments_created_at_idx ON payments.payments (created_at);

CREATE TABLE payments.ledger_entries (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  payment_id uuid NOT NULL REFERENCES payments.payments,
  account    text NOT NULL,
  amount     numeric(20, 4) NOT NULL CHECK (amount <> 0),
  currency   text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  booked_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE payments.ledger_entries IS 'Double-entry ledger: debits are positive, credits negative; rows are only ever added';

CREATE INDEX ledger_entries_payment_id_idx ON payments.ledger_entries (payment_id);
CREATE INDEX ledger_entries_account_booked_at_idx ON payments.ledger_entries (account, booked_at DESC);

CREATE FUNCTION payments.check_balance() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF EXISTS (
    SELECT FROM payments.ledger_entries AS entry
    WHERE entry.payment_id = NEW.payment_id
    GROUP BY entry.currency
    HAVING sum(entry.amount) <> 0
  ) THEN
    RAISE EXCEPTION 'the ledger entries of payment % do not add up to zero', NEW.payment_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION payments.check_balance() IS 'Trigger: at commit, the entries of a payment add up to zero in each currency';

CREATE CONSTRAINT TRIGGER check_balance AFTER INSERT ON payments.ledger_entries
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments.check_balance();

CREATE FUNCTION payments.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  RAISE EXCEPTION 'rows of %.% are only ever added; correct a booking with a reversing one', TG_TABLE_SCHEMA, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END
$$;
COMMENT ON FUNCTION payments.refuse_change() IS 'Trigger: refuses to change a table that is only added to';

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON payments.ledger_entries
FOR EACH STATEMENT EXECUTE FUNCTION payments.refuse_change();
