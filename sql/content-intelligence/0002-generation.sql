-- What was asked of the models, and what they wrote.

CREATE TABLE generation.requests (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  template_id  integer NOT NULL,
  version      integer NOT NULL,
  parameters   jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(parameters) = 'object'),
  status       text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'done', 'failed')),
  requested_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (template_id, version) REFERENCES content.template_versions
);
COMMENT ON TABLE generation.requests IS 'Texts that were asked for';

CREATE INDEX requests_template_id_version_idx ON generation.requests (template_id, version);
CREATE INDEX requests_waiting_idx ON generation.requests (requested_at) WHERE status = 'waiting';
COMMENT ON INDEX generation.requests_waiting_idx IS 'The next request to work on: the one that waits longest';

CREATE TABLE generation.outputs (
  id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  request_id   uuid NOT NULL REFERENCES generation.requests,
  model        text NOT NULL,
  body         text NOT NULL,
  tokens       integer NOT NULL CHECK (tokens > 0),
  generated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE generation.outputs IS 'Texts that models wrote';

CREATE INDEX outputs_request_id_idx ON generation.outputs (request_id);
CREATE INDEX outputs_generated_at_idx ON generation.outputs (generated_at);
