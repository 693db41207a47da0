-- No generated text is published before somebody has approved it.

CREATE TABLE compliance.reviews (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  output_id   uuid NOT NULL REFERENCES generation.outputs,
  verdict     text NOT NULL CHECK (verdict IN ('approved', 'rejected')),
  reviewer    text NOT NULL,
  reason      text CHECK (verdict = 'approved' OR reason IS NOT NULL),
  reviewed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE compliance.reviews IS 'Verdicts on generated texts; the last one counts, and a rejection has a reason';

CREATE INDEX reviews_output_id_reviewed_at_idx ON compliance.reviews (output_id, reviewed_at DESC);

CREATE FUNCTION compliance.is_approved(output uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT coalesce((
    SELECT review.verdict = 'approved'
    FROM compliance.reviews AS review
    WHERE review.output_id = output
    ORDER BY review.reviewed_at DESC, review.id DESC
    LIMIT 1
  ), false);
$$;
COMMENT ON FUNCTION compliance.is_approved(uuid) IS 'Whether a text may be published: its last review approved it';

CREATE PROCEDURE generation.remove_unreviewed(older_than interval DEFAULT '90 days')
LANGUAGE sql SET search_path = '' AS $$
  DELETE FROM generation.outputs AS output
  WHERE output.generated_at < now() - older_than
    AND NOT EXISTS (SELECT FROM compliance.reviews AS review WHERE review.output_id = output.id);
$$;
COMMENT ON PROCEDURE generation.remove_unreviewed(interval) IS 'Deletes old texts that nobody reviewed; what was reviewed is kept as evidence';
