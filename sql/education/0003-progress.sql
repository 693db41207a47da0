-- How far learners have come.

CREATE TABLE progress.lesson_progress (
  account_id   uuid NOT NULL,
  lesson_id    integer NOT NULL REFERENCES content.lessons ON DELETE CASCADE,
  started_at   timestamptz NOT NULL DEFAULT now(),
  completed_at timestamptz CHECK (completed_at >= started_at),
  score        numeric(4, 3) CHECK (score BETWEEN 0 AND 1),
  PRIMARY KEY (account_id, lesson_id)
);
COMMENT ON TABLE progress.lesson_progress IS 'Lessons that a learner has begun or completed';

CREATE INDEX lesson_progress_lesson_id_idx ON progress.lesson_progress (lesson_id);

CREATE MATERIALIZED VIEW progress.course_completion AS
SELECT
  lesson.course_id,
  count(DISTINCT step.account_id) AS learners,
  count(step.completed_at)::numeric / count(*) AS completed_share,
  avg(step.score) AS average_score
FROM progress.lesson_progress AS step
JOIN content.lessons AS lesson ON lesson.id = step.lesson_id
GROUP BY lesson.course_id;
COMMENT ON MATERIALIZED VIEW progress.course_completion IS 'Per course: learners, share of begun lessons that were completed, average score';

CREATE UNIQUE INDEX course_completion_key ON progress.course_completion (course_id);

CREATE PROCEDURE progress.refresh_course_completion()
LANGUAGE sql SET search_path = '' AS $$
  REFRESH MATERIALIZED VIEW progress.course_completion;
$$;
COMMENT ON PROCEDURE progress.refresh_course_completion() IS 'Computes progress.course_completion anew';

CREATE FUNCTION progress.recommend_courses(learner uuid, at_most integer DEFAULT 3)
RETURNS TABLE (course_id integer, title text)
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT course.id, course.title
  FROM education.courses AS course
  LEFT JOIN progress.course_completion AS completion ON completion.course_id = course.id
  WHERE course.published_at <= now() AND NOT EXISTS (
    SELECT FROM education.enrolments AS enrolment
    WHERE enrolment.account_id = learner AND enrolment.course_id = course.id
  )
  ORDER BY completion.completed_share DESC NULLS LAST, course.id
  LIMIT at_most;
$$;
COMMENT ON FUNCTION progress.recommend_courses(uuid, integer) IS 'Courses the learner does not take yet, those that others complete first';
