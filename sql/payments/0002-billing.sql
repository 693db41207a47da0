-- Subscriptions and their invoices.

CREATE TABLE billing.plans (
  code     text PRIMARY KEY CHECK (code ~ '^[a-z][a-z0-9-]*$'),
  name     text NOT NULL,
  price    numeric(20, 4) NOT NULL CHECK (price >= 0),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  period   interval NOT NULL CHECK (period > interval '0')
);
COMMENT ON TABLE billing.plans IS 'What can be subscribed to; a new price is a new plan';

CREATE TABLE billing.subscriptions (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  customer_id uuid NOT NULL,
  plan_code   text NOT NULL REFERENCES billing.plans,
  started_at  timestamptz NOT NULL DEFAULT now(),
  ended_at    timestamptz CHECK (ended_at >= started_at)
);
COMMENT ON TABLE billing.subscriptions IS 'Who subscribes to which plan; customers are accounts in the users database';

CREATE UNIQUE INDEX subscriptions_running_key ON billing.subscriptions (customer_id) WHERE ended_at IS NULL;
CREATE INDEX subscriptions_plan_code_idx ON billing.subscriptions (plan_code);

CREATE TABLE billing.invoices (
  id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  subscription_id uuid NOT NULL REFERENCES billing.subscriptions,
  payment_id      uuid REFERENCES payments.payments,
  amount          numeric(20, 4) NOT NULL CHECK (amount >= 0),
  currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  issued_at       timestamptz NOT NULL DEFAULT now(),
  due_at          timestamptz NOT NULL CHECK (due_at >= issued_at)
);
COMMENT ON TABLE billing.invoices IS 'Invoices of subscriptions';
COMMENT ON COLUMN billing.invoices.payment_id IS 'The payment that settles the invoice; none while it is open';

CREATE INDEX invoices_subscription_id_issued_at_idx ON billing.invoices (subscription_id, issued_at DESC);
CREATE INDEX invoices_payment_id_idx ON billing.invoices (payment_id);
CREATE INDEX invoices_open_idx ON billing.invoices (due_at) WHERE payment_id IS NULL;
