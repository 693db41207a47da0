-- Who the customers are (KYC), and payments that need a second look (AML).

CREATE TABLE compliance.kyc_checks (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  customer_id uuid NOT NULL,
  outcome     text NOT NULL CHECK (outcome IN ('passed', 'failed', 'review')),
  checked_at  timestamptz NOT NULL DEFAULT now(),
  expires_at  timestamptz NOT NULL CHECK (expires_at > checked_at)
);
COMMENT ON TABLE compliance.kyc_checks IS 'Identity checks of customers; the last one counts';

CREATE INDEX kyc_checks_customer_id_checked_at_idx ON compliance.kyc_checks (customer_id, checked_at DESC);
CREATE INDEX kyc_checks_expires_at_idx ON compliance.kyc_checks (expires_at);

CREATE TABLE compliance.aml_alerts (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  payment_id  uuid NOT NULL REFERENCES payments.payments,
  reason      text NOT NULL CHECK (reason IN ('velocity', 'amount')),
  raised_at   timestamptz NOT NULL DEFAULT now(),
  resolved_at timestamptz CHECK (resolved_at >= raised_at),
  UNIQUE (payment_id, reason)
);
COMMENT ON TABLE compliance.aml_alerts IS 'Payments that look like fraud or money laundering';

CREATE INDEX aml_alerts_open_idx ON compliance.aml_alerts (raised_at) WHERE resolved_at IS NULL;

CREATE PROCEDURE compliance.detect_fraud(period interval DEFAULT '1 hour')
LANGUAGE sql SET search_path = '' AS $$
  WITH recent AS (
    SELECT
      payment.id,
      payment.amount,
      count(*) OVER ten_minutes AS payments,
      avg(payment.amount) OVER earlier AS usual_amount
    FROM payments.payments AS payment
    WHERE payment.created_at > now() - period
    WINDOW
      ten_minutes AS (PARTITION BY payment.customer_id ORDER BY payment.created_at RANGE interval '10 minutes' PRECEDING),
      earlier AS (
        PARTITION BY payment.customer_id, payment.currency ORDER BY payment.created_at
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      )
  )
  INSERT INTO compliance.aml_alerts (payment_id, reason)
  SELECT recent.id, 'velocity' FROM recent WHERE recent.payments > 5
  UNION ALL
  SELECT recent.id, 'amount' FROM recent WHERE recent.amount > 10 * recent.usual_amount
  ON CONFLICT (payment_id, reason) DO NOTHING;
$$;
COMMENT ON PROCEDURE compliance.detect_fraud(interval) IS
  'Raises alerts within the period: more than five payments in ten minutes, or ten times what the customer paid before';
