-- What is taught, and how it is found.

CREATE TABLE content.lessons (
  id        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  course_id integer NOT NULL REFERENCES education.courses,
  position  integer NOT NULL CHECK (position > 0),
  title     text NOT NULL,
  body      text NOT NULL,
  document  tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', body), 'B')
  ) STORED,
  UNIQUE (course_id, position)
);
COMMENT ON TABLE content.lessons IS 'Lessons of a course, in order';
COMMENT ON COLUMN content.lessons.document IS 'What the search reads: words of the title weigh more than those of the body';

CREATE INDEX lessons_document_idx ON content.lessons USING gin (document);
COMMENT ON INDEX content.lessons_document_idx IS 'content.search_lessons(): lessons that hold the words of a query';

CREATE FUNCTION content.search_lessons(query text, at_most integer DEFAULT 20)
RETURNS TABLE (lesson_id integer, title text, rank real)
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT lesson.id, lesson.title, ts_rank(lesson.document, words)
  FROM content.lessons AS lesson
  JOIN education.courses AS course ON course.id = lesson.course_id AND course.published_at <= now()
  CROSS JOIN websearch_to_tsquery('english', query) AS words
  WHERE lesson.document @@ words
  ORDER BY 3 DESC, lesson.id
  LIMIT at_most;
$$;
COMMENT ON FUNCTION content.search_lessons(text, integer) IS 'Published lessons that match a search as people type it, best first';
