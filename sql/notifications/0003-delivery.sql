-- What became of the messages.

CREATE TABLE delivery.events (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  message_id  bigint NOT NULL REFERENCES notifications.messages ON DELETE CASCADE,
  kind        text NOT NULL CHECK (kind IN ('accepted', 'delivered', 'opened', 'bounced', 'rejected')),
  detail      text,
  occurred_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE delivery.events IS 'What providers report about messages';

CREATE INDEX events_message_id_occurred_at_idx ON delivery.events (message_id, occurred_at);

CREATE TABLE delivery.bounces (
  recipient  text PRIMARY KEY,
  permanent  boolean NOT NULL,
  bounces    integer NOT NULL DEFAULT 1 CHECK (bounces > 0),
  bounced_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE delivery.bounces IS 'Recipients that could not be reached';

CREATE INDEX bounces_bounced_at_idx ON delivery.bounces (bounced_at);

CREATE FUNCTION delivery.may_send(account uuid, through text, address text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT NOT EXISTS (
    SELECT FROM delivery.bounces AS bounce
    WHERE bounce.recipient = address AND (bounce.permanent OR bounce.bounces >= 3)
  ) AND NOT EXISTS (
    SELECT FROM notifications.preferences AS preference
    WHERE preference.account_id = account AND preference.channel = through AND NOT preference.enabled
  );
$$;
COMMENT ON FUNCTION delivery.may_send(uuid, text, text) IS 'Whether an account wants messages through a channel, and its address can be reached';
