-- Messages that wait to be sent, and who wants none.

CREATE TABLE notifications.preferences (
  account_id uuid NOT NULL,
  channel    text NOT NULL CHECK (channel IN ('email', 'sms', 'push')),
  enabled    boolean NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, channel)
);
COMMENT ON TABLE notifications.preferences IS 'What people chose per channel; accounts are those of the users database';

-- Rows change often and live briefly, so autovacuum comes by early.
CREATE TABLE notifications.messages (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id  uuid NOT NULL,
  template_id integer NOT NULL REFERENCES templates.templates,
  recipient   text NOT NULL,
  content     jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(content) = 'object'),
  priority    smallint NOT NULL DEFAULT 5 CHECK (priority BETWEEN 1 AND 9),
  status      text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'claimed', 'sent', 'failed')),
  send_after  timestamptz NOT NULL DEFAULT now(),
  claimed_at  timestamptz CHECK ((claimed_at IS NULL) = (status = 'queued')),
  created_at  timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0.01);
COMMENT ON TABLE notifications.messages IS 'Queue of messages';
COMMENT ON COLUMN notifications.messages.content IS 'Values of the placeholders of the template';
COMMENT ON COLUMN notifications.messages.priority IS '1 goes first';

CREATE INDEX messages_queued_idx ON notifications.messages (priority, send_after) WHERE status = 'queued';
COMMENT ON INDEX notifications.messages_queued_idx IS 'notifications.claim_messages(): what is to be sent next';
CREATE INDEX messages_claimed_idx ON notifications.messages (claimed_at) WHERE status = 'claimed';
COMMENT ON INDEX notifications.messages_claimed_idx IS 'notifications.requeue_stalled(): messages whose worker is gone';
CREATE INDEX messages_template_id_idx ON notifications.messages (template_id);
CREATE INDEX messages_account_id_created_at_idx ON notifications.messages (account_id, created_at DESC);
CREATE INDEX messages_created_at_idx ON notifications.messages (created_at);

CREATE FUNCTION notifications.claim_messages(batch integer) RETURNS SETOF notifications.messages
LANGUAGE sql SET search_path = '' AS $$
  -- MATERIALIZED: the choice is made once, whatever the plan of the update.
  WITH next AS MATERIALIZED (
    SELECT queued.id
    FROM notifications.messages AS queued
    WHERE queued.status = 'queued' AND queued.send_after <= now()
    ORDER BY queued.priority, queued.send_after
    LIMIT batch
    FOR UPDATE SKIP LOCKED
  )
  UPDATE notifications.messages AS message
  SET status = 'claimed', claimed_at = now()
  FROM next
  WHERE message.id = next.id
  RETURNING message.*;
$$;
COMMENT ON FUNCTION notifications.claim_messages(integer) IS 'Takes the next messages for sending; two callers never get the same one';

CREATE PROCEDURE notifications.requeue_stalled(older_than interval DEFAULT '5 minutes')
LANGUAGE sql SET search_path = '' AS $$
  UPDATE notifications.messages SET status = 'queued', claimed_at = NULL
  WHERE status = 'claimed' AND claimed_at < now() - older_than;
$$;
COMMENT ON PROCEDURE notifications.requeue_stalled(interval) IS 'Gives back messages whose sender has vanished: they may be sent twice, but are not lost';
