-- Courses, and who takes them.

CREATE TABLE education.courses (
  id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  slug         text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  title        text NOT NULL,
  level        text NOT NULL CHECK (level IN ('beginner', 'intermediate', 'advanced')),
  published_at timestamptz
);
COMMENT ON TABLE education.courses IS 'Courses; drafts have no date of publication';

CREATE TABLE education.enrolments (
  account_id  uuid NOT NULL,
  course_id   integer NOT NULL REFERENCES education.courses,
  enrolled_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, course_id)
);
COMMENT ON TABLE education.enrolments IS 'Who takes which course; accounts are those of the users database';

CREATE INDEX enrolments_course_id_idx ON education.enrolments (course_id);
