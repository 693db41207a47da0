-- What analytics may read: totals, no customers.

CREATE MATERIALIZED VIEW billing.monthly_revenue AS
  SELECT
    date_trunc('month', invoice.paid_at AT TIME ZONE 'UTC')::date AS month,
    subscribed.plan_code,
    invoice.currency,
    count(*) AS invoices,
    sum(invoice.total) AS total
  FROM billing.invoices AS invoice JOIN billing.subscriptions AS subscribed ON subscribed.id = invoice.subscription_id
  WHERE invoice.status = 'paid'
  GROUP BY 1, 2, 3;
COMMENT ON MATERIALIZED VIEW billing.monthly_revenue IS 'Paid invoices by month (UTC) and the plan that the subscription has now';

CREATE UNIQUE INDEX monthly_revenue_key ON billing.monthly_revenue (month, plan_code, currency);
COMMENT ON INDEX billing.monthly_revenue_key IS 'Unique, so that the view can be refreshed while it is read; the revenue of a month';

CREATE MATERIALIZED VIEW payments.daily_volumes AS
  SELECT
    (made.created_at AT TIME ZONE 'UTC')::date AS day,
    made.currency,
    made.status,
    count(*) AS payments,
    sum(made.amount) AS amount,
    sum(made.refunded_amount) AS refunded
  FROM payments.payments AS made
  GROUP BY 1, 2, 3;
COMMENT ON MATERIALIZED VIEW payments.daily_volumes IS 'Payments by day (UTC), currency and state';

CREATE UNIQUE INDEX daily_volumes_key ON payments.daily_volumes (day, currency, status);
COMMENT ON INDEX payments.daily_volumes_key IS 'Unique, so that the view can be refreshed while it is read; the volumes of a day';

CREATE PROCEDURE billing.refresh_reports()
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  REFRESH MATERIALIZED VIEW CONCURRENTLY billing.monthly_revenue;
  REFRESH MATERIALIZED VIEW CONCURRENTLY payments.daily_volumes;
END
$$;
COMMENT ON PROCEDURE billing.refresh_reports() IS 'Brings the reports up to date without keeping anybody from reading them: a job';
