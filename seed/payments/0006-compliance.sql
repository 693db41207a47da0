-- Identity checks of customers, scores of payments, and alerts.

INSERT INTO compliance.kyc_cases (id, customer_id, level, status, risk, document_reference, opened_at, decided_at, expires_at, ended_at)
SELECT
  pg_temp.key('kyc_case', n),
  pg_temp.key('account', n),
  CASE WHEN pg_temp.draw('level', n) < 0.1 THEN 'enhanced' ELSE 'basic' END,
  status,
  CASE WHEN status = 'approved' THEN (ARRAY['low', 'low', 'low', 'medium', 'high'])[pg_temp.draw_int('risk', n, 1, 5)] END,
  'document:' || pg_temp.key('document', n),
  opened_at,
  CASE WHEN status IN ('approved', 'rejected') THEN opened_at + interval '2 hours' END,
  CASE WHEN status = 'approved' THEN opened_at + interval '2 hours'
    + (ARRAY['5 years', '5 years', '5 years', '2 years', '1 year'])[pg_temp.draw_int('risk', n, 1, 5)]::interval END,
  CASE WHEN status = 'rejected' THEN opened_at + interval '2 hours' END
FROM generate_series(1, 1000 * pg_temp.scale()) AS n
CROSS JOIN LATERAL pg_temp.draw_time('account created', n, pg_temp.until() - interval '2 years', pg_temp.until()) AS opened_at
CROSS JOIN LATERAL (SELECT CASE
  WHEN pg_temp.draw('kyc', n) < 0.9 THEN 'approved' WHEN pg_temp.draw('kyc', n) < 0.95 THEN 'rejected'
  WHEN pg_temp.draw('kyc', n) < 0.98 THEN 'in_review' ELSE 'open'
END) AS outcome (status);

INSERT INTO compliance.fraud_assessments (payment_id, score, reasons, assessed_at, reviewed_at)
SELECT id, score, reasons, created_at, CASE WHEN created_at < pg_temp.until() - interval '3 days' THEN created_at + interval '4 hours' END
FROM payments.payments
CROSS JOIN LATERAL (SELECT hashint8extended(hashtextextended(id::text, 0), 1) & 1023) AS drawn (fate)
CROSS JOIN LATERAL (SELECT
  CASE WHEN fate < 4 THEN 70 WHEN fate < 14 THEN 45 WHEN fate < 60 THEN 15 ELSE 0 END,
  CASE
    WHEN fate < 4 THEN ARRAY['country', 'velocity'] WHEN fate < 14 THEN ARRAY['country', 'device']
    WHEN fate < 60 THEN ARRAY['device'] ELSE '{}'
  END
) AS found (score, reasons)
ORDER BY created_at;

INSERT INTO compliance.aml_alerts (customer_id, screen, currency, day, payment_id, amount, payments, status, raised_at, closed_at)
SELECT DISTINCT ON (customer_id, (created_at AT TIME ZONE 'UTC')::date)
  customer_id, 'large_amount', currency, (created_at AT TIME ZONE 'UTC')::date, id, amount, 1,
  CASE WHEN created_at < pg_temp.until() - interval '10 days' THEN 'dismissed' ELSE 'open' END,
  created_at + interval '1 hour',
  CASE WHEN created_at < pg_temp.until() - interval '10 days' THEN created_at + interval '3 days' END
FROM payments.payments
WHERE amount >= 10000 AND status NOT IN ('failed', 'canceled')
ORDER BY customer_id, (created_at AT TIME ZONE 'UTC')::date, created_at;
