-- Reports of trades to the authority, MiFIR article 26: each execution by the end of the next working day.
-- What is made here is the record to be sent and its state; the form of the authority is the affair of the application that sends it.

-- The calendar knows weekends but no holidays, so it is never late.
CREATE FUNCTION compliance.report_due(executed_at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
  (executed_at AT TIME ZONE 'UTC')::date
  + CASE extract(isodow FROM executed_at AT TIME ZONE 'UTC') WHEN 5 THEN 4 WHEN 6 THEN 3 ELSE 2 END
)::timestamp AT TIME ZONE 'UTC';
COMMENT ON FUNCTION compliance.report_due(timestamptz) IS
  'The end of the working day (UTC) after an execution: what happened on a Friday, Saturday or Sunday is due when Monday ends';

CREATE TABLE compliance.trade_reports (
  execution_id bigint PRIMARY KEY,
  executed_at  timestamptz NOT NULL,
  due_at       timestamptz NOT NULL,
  status       text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'accepted', 'refused')),
  sent_at      timestamptz,
  answered_at  timestamptz,
  answer       text,
  CONSTRAINT trade_reports_status CHECK (
    CASE status
      WHEN 'pending' THEN answered_at IS NULL
      WHEN 'sent' THEN sent_at IS NOT NULL AND answered_at IS NULL
      ELSE sent_at IS NOT NULL AND answered_at IS NOT NULL
    END
  )
);
COMMENT ON TABLE compliance.trade_reports IS 'A report for each execution, made in the transaction of the execution: none can be forgotten';
COMMENT ON COLUMN compliance.trade_reports.execution_id IS 'No foreign key: executions are a hypertable';

CREATE INDEX trade_reports_open_idx ON compliance.trade_reports (due_at, execution_id) WHERE status IN ('pending', 'refused');
COMMENT ON INDEX compliance.trade_reports_open_idx IS 'Reports that are to be sent, the most urgent first: compliance.take_trade_reports()';

CREATE FUNCTION compliance.create_trade_reports() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO compliance.trade_reports (execution_id, executed_at, due_at)
  SELECT id, executed_at, compliance.report_due(executed_at) FROM inserted;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION compliance.create_trade_reports() IS
  'Trigger: a report for each execution. SECURITY DEFINER because nobody else may make or omit one.';

CREATE TRIGGER report AFTER INSERT ON trading.executions REFERENCING NEW TABLE AS inserted
FOR EACH STATEMENT EXECUTE FUNCTION compliance.create_trade_reports();

CREATE TRIGGER keep_content BEFORE UPDATE OF execution_id, executed_at, due_at ON compliance.trade_reports
FOR EACH STATEMENT EXECUTE FUNCTION trading.refuse_change('only the state of a report changes');
CREATE TRIGGER keep_answers BEFORE UPDATE ON compliance.trade_reports
FOR EACH ROW WHEN (
  OLD.status = 'accepted'
  OR OLD.status <> NEW.status
    AND (OLD.status, NEW.status) NOT IN (('pending', 'sent'), ('sent', 'accepted'), ('sent', 'refused'), ('refused', 'sent'))
)
EXECUTE FUNCTION trading.refuse_change('a report is sent, then answered; sent again when it was refused, and done when it was accepted');
CREATE TRIGGER keep_records BEFORE DELETE ON compliance.trade_reports
FOR EACH ROW WHEN (OLD.executed_at > now() - interval '5 years')
EXECUTE FUNCTION trading.refuse_change('reports are kept for at least five years');
CREATE TRIGGER keep_all BEFORE TRUNCATE ON compliance.trade_reports
FOR EACH STATEMENT EXECUTE FUNCTION trading.refuse_change();

CREATE FUNCTION compliance.take_trade_reports(batch integer DEFAULT 100) RETURNS TABLE (
  execution_id bigint, executed_at timestamptz, due_at timestamptz, account_id uuid, order_id uuid, symbol text, venue text,
  side text, quantity numeric, price numeric, currency text
)
LANGUAGE sql SET search_path = '' AS $$
  WITH taken AS (
    UPDATE compliance.trade_reports AS report SET status = 'sent', sent_at = clock_timestamp(), answered_at = NULL, answer = NULL
    WHERE report.execution_id IN (
      SELECT open.execution_id FROM compliance.trade_reports AS open
      WHERE open.status IN ('pending', 'refused')
      ORDER BY open.due_at, open.execution_id LIMIT batch FOR UPDATE SKIP LOCKED
    )
    RETURNING report.execution_id, report.executed_at, report.due_at
  )
  SELECT
    taken.execution_id, taken.executed_at, taken.due_at, e.account_id, e.order_id, instrument.symbol, instrument.venue,
    e.side, e.quantity, e.price, e.currency
  FROM taken
  JOIN trading.executions AS e ON e.id = taken.execution_id AND e.executed_at = taken.executed_at
  JOIN trading.instruments AS instrument ON instrument.id = e.instrument_id
  ORDER BY taken.due_at, taken.execution_id
$$;
COMMENT ON FUNCTION compliance.take_trade_reports(integer) IS
  'Marks the most urgent reports as sent and returns what they say; several senders get different ones. Send within the transaction, so that a failure gives them back.';

CREATE FUNCTION compliance.answer_trade_report(execution_id bigint, accepted boolean, answer text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  UPDATE compliance.trade_reports AS report
  SET status = CASE WHEN accepted THEN 'accepted' ELSE 'refused' END, answered_at = clock_timestamp(), answer = answer_trade_report.answer
  WHERE report.execution_id = answer_trade_report.execution_id AND report.status = 'sent';
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('no report of execution %s waits for an answer', execution_id);
  END IF;
END
$$;
COMMENT ON FUNCTION compliance.answer_trade_report(bigint, boolean, text) IS 'What the authority answered; a refused report is sent again';

CREATE VIEW compliance.late_trade_reports WITH (security_invoker = true) AS
SELECT execution_id, executed_at, due_at, status, now() - due_at AS late
FROM compliance.trade_reports
WHERE status IN ('pending', 'refused') AND due_at < now();
COMMENT ON VIEW compliance.late_trade_reports IS 'Executions that should have been reported: none, on a good day';
