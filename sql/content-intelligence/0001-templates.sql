-- Prompt templates, in versions.

CREATE TABLE content.templates (
  id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL UNIQUE,
  purpose    text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE content.templates IS 'Kinds of text that can be generated';

CREATE TABLE content.template_versions (
  template_id integer NOT NULL REFERENCES content.templates,
  version     integer NOT NULL CHECK (version > 0),
  prompt      text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (template_id, version)
);
COMMENT ON TABLE content.template_versions IS 'Prompts of a template; a changed prompt is a new version, the highest is in use';
