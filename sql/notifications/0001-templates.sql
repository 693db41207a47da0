-- What messages say.

CREATE TABLE templates.templates (
  id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL,
  channel    text NOT NULL CHECK (channel IN ('email', 'sms', 'push')),
  locale     text NOT NULL CHECK (locale ~ '^[a-z]{2}(-[A-Z]{2})?$'),
  version    integer NOT NULL CHECK (version > 0),
  subject    text CHECK ((subject IS NOT NULL) = (channel = 'email')),
  body       text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (name, channel, locale, version)
);
COMMENT ON TABLE templates.templates IS 'Texts with placeholders; a changed text is a new version, so that old messages stay readable';
