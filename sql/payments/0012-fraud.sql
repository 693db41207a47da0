-- Fraud: how suspicious a payment is, and why. Errors: P0002 what was named does not exist.

CREATE TABLE compliance.fraud_rules (
  reason    text PRIMARY KEY CHECK (reason IN ('velocity', 'amount', 'device', 'country')),
  weight    integer NOT NULL CHECK (weight BETWEEN 0 AND 100),
  threshold numeric(8, 2) NOT NULL CHECK (threshold > 0),
  period    interval NOT NULL CHECK (period BETWEEN interval '1 minute' AND interval '90 days')
);
COMMENT ON TABLE compliance.fraud_rules IS 'What counts against a payment, compared with what the customer did within a period before it';
COMMENT ON COLUMN compliance.fraud_rules.threshold IS
  'velocity: payments allowed before it; amount: times the average of five payments or more; device, country: known payments that it '
  'takes to compare';

INSERT INTO compliance.fraud_rules (reason, weight, threshold, period) VALUES
  ('velocity', 40, 5, '10 minutes'),
  ('amount', 35, 10, '90 days'),
  ('device', 15, 1, '90 days'),
  ('country', 30, 1, '1 day');

CREATE TABLE compliance.fraud_assessments (
  payment_id  uuid PRIMARY KEY REFERENCES payments.payments,
  score       smallint NOT NULL CHECK (score BETWEEN 0 AND 100),
  reasons     text[] NOT NULL CHECK (reasons <@ ARRAY['velocity', 'amount', 'device', 'country']),
  decision    text NOT NULL
    GENERATED ALWAYS AS (CASE WHEN score >= 70 THEN 'decline' WHEN score >= 40 THEN 'review' ELSE 'allow' END) STORED,
  assessed_at timestamptz NOT NULL DEFAULT now(),
  reviewed_at timestamptz CHECK (reviewed_at >= assessed_at),
  CONSTRAINT fraud_assessments_score_has_reason CHECK ((score > 0) = (cardinality(reasons) > 0)),
  CONSTRAINT fraud_assessments_decision CHECK (decision IN ('allow', 'review', 'decline'))
);
COMMENT ON TABLE compliance.fraud_assessments IS
  'Score and reasons of each payment; 70 and more should be declined, 40 and more reviewed by a person';

CREATE INDEX fraud_assessments_review_idx ON compliance.fraud_assessments (score DESC, assessed_at)
  WHERE decision = 'review' AND reviewed_at IS NULL;
COMMENT ON INDEX compliance.fraud_assessments_review_idx IS 'Partial: the queue of those who review, the worst first';
CREATE INDEX fraud_assessments_reasons_gin ON compliance.fraud_assessments USING gin (reasons);
COMMENT ON INDEX compliance.fraud_assessments_reasons_gin IS 'GIN: payments that several reasons speak against, when rules are tuned';

CREATE FUNCTION compliance.score_payment(payment uuid) RETURNS TABLE (score integer, reasons text[])
LANGUAGE sql STABLE SET search_path = '' AS $$
  WITH assessed AS (
    SELECT * FROM payments.payments AS known WHERE known.id = payment
  ), history AS (
    SELECT earlier.* FROM assessed JOIN payments.payments AS earlier ON earlier.customer_id = assessed.customer_id
    WHERE earlier.created_at <= assessed.created_at AND earlier.created_at > assessed.created_at - interval '90 days'
      AND earlier.id <> assessed.id
  ), against AS (
    SELECT rule.reason, rule.weight
    FROM assessed CROSS JOIN compliance.fraud_rules AS rule CROSS JOIN LATERAL (
      SELECT
        count(*) AS payments,
        count(*) FILTER (WHERE history.currency = assessed.currency AND history.captured_at IS NOT NULL) AS comparable,
        avg(history.amount) FILTER (WHERE history.currency = assessed.currency AND history.captured_at IS NOT NULL) AS usual_amount,
        count(*) FILTER (WHERE history.device_id IS NOT NULL) AS devices,
        bool_or(history.device_id = assessed.device_id) AS known_device,
        count(*) FILTER (WHERE history.country IS NOT NULL) AS countries,
        (array_agg(history.country ORDER BY history.created_at DESC) FILTER (WHERE history.country IS NOT NULL))[1] AS last_country
      FROM history WHERE history.created_at > assessed.created_at - rule.period
    ) AS before
    WHERE CASE rule.reason
      WHEN 'velocity' THEN before.payments >= rule.threshold
      WHEN 'amount' THEN before.comparable >= 5 AND assessed.amount > rule.threshold * before.usual_amount
      WHEN 'device' THEN assessed.device_id IS NOT NULL AND before.devices >= rule.threshold AND before.known_device IS NOT TRUE
      WHEN 'country' THEN assessed.country IS NOT NULL AND before.countries >= rule.threshold AND before.last_country <> assessed.country
    END
    AND rule.weight > 0
  )
  SELECT least(coalesce(sum(against.weight), 0), 100)::integer, coalesce(array_agg(against.reason ORDER BY against.reason), '{}')
  FROM against;
$$;
COMMENT ON FUNCTION compliance.score_payment(uuid) IS
  'How suspicious a payment is (0 to 100), and why: too many payments, far more than usual, a new device, another country than just before';

-- With the rights of the owner: the application neither writes scores nor changes them.
CREATE FUNCTION compliance.assess_payment(payment uuid) RETURNS compliance.fraud_assessments
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO compliance.fraud_assessments (payment_id, score, reasons)
  SELECT payment, found.score, found.reasons FROM compliance.score_payment(payment) AS found
  ON CONFLICT (payment_id) DO NOTHING;
  SELECT * FROM compliance.fraud_assessments AS assessed WHERE assessed.payment_id = payment;
$$;
COMMENT ON FUNCTION compliance.assess_payment(uuid) IS 'Scores a payment once; the same assessment when it is asked for again';

CREATE FUNCTION compliance.review_assessment(payment uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE compliance.fraud_assessments SET reviewed_at = clock_timestamp() WHERE payment_id = payment AND reviewed_at IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = format('there is no assessment of payment %s to review', payment);
  END IF;
END
$$;
COMMENT ON FUNCTION compliance.review_assessment(uuid) IS 'A person has looked at a payment: off the queue (P0002 when it is not on it)';

-- A day, so that nothing stays unscored where the job did not run for some hours.
CREATE PROCEDURE compliance.detect_fraud(period interval DEFAULT '1 day', batch integer DEFAULT 1000)
LANGUAGE sql SET search_path = '' AS $$
  INSERT INTO compliance.fraud_assessments (payment_id, score, reasons)
  SELECT recent.id, found.score, found.reasons
  FROM (
    SELECT made.id FROM payments.payments AS made
    WHERE made.created_at > now() - period
      AND NOT EXISTS (SELECT FROM compliance.fraud_assessments AS known WHERE known.payment_id = made.id)
    ORDER BY made.created_at LIMIT batch
  ) AS recent CROSS JOIN LATERAL compliance.score_payment(recent.id) AS found
  ON CONFLICT (payment_id) DO NOTHING;
$$;
COMMENT ON PROCEDURE compliance.detect_fraud(interval, integer) IS
  'Scores the payments of a period that nobody has scored: a job, behind the application''s own assess_payment()';
