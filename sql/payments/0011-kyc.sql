-- Who the customers are (KYC). Errors: TR005 a step that the state does not allow, P0002 what was named does not exist.

CREATE TABLE compliance.kyc_cases (
  id                 uuid PRIMARY KEY DEFAULT payments.uuid_v7(),
  customer_id        uuid NOT NULL,
  level              text NOT NULL CHECK (level IN ('basic', 'enhanced')),
  status             text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'in_review', 'approved', 'rejected', 'expired')),
  risk               text CHECK (risk IN ('low', 'medium', 'high')),
  document_reference payments.reference,
  note               payments.free_text NOT NULL DEFAULT '',
  opened_at          timestamptz NOT NULL DEFAULT now(),
  decided_at         timestamptz CHECK (decided_at >= opened_at),
  expires_at         timestamptz CHECK (expires_at > decided_at),
  ended_at           timestamptz CHECK (ended_at >= opened_at),
  CONSTRAINT kyc_cases_decided_when CHECK ((status IN ('approved', 'rejected', 'expired')) = (decided_at IS NOT NULL)),
  CONSTRAINT kyc_cases_expires_when_approved CHECK ((status IN ('approved', 'expired')) = (expires_at IS NOT NULL)),
  CONSTRAINT kyc_cases_risk_when_approved CHECK (status NOT IN ('approved', 'expired') OR risk IS NOT NULL),
  CONSTRAINT kyc_cases_ended_when CHECK ((status IN ('rejected', 'expired')) = (ended_at IS NOT NULL))
);
COMMENT ON TABLE compliance.kyc_cases IS 'Checks of who a customer is; the documents themselves are elsewhere';
COMMENT ON COLUMN compliance.kyc_cases.document_reference IS 'Where the identity provider keeps the documents';
COMMENT ON COLUMN compliance.kyc_cases.ended_at IS 'From here on it is kept for as long as the law asks, and then deleted';

CREATE UNIQUE INDEX kyc_cases_current_key ON compliance.kyc_cases (customer_id) WHERE status IN ('open', 'in_review');
COMMENT ON INDEX compliance.kyc_cases_current_key IS 'Partial, unique: the check that a customer is in, one at a time';
CREATE INDEX kyc_cases_customer_idx ON compliance.kyc_cases (customer_id, opened_at DESC);
CREATE INDEX kyc_cases_expiry_idx ON compliance.kyc_cases (expires_at) WHERE status = 'approved';
COMMENT ON INDEX compliance.kyc_cases_expiry_idx IS 'Partial: expire_kyc_cases looks for approvals that have run out';

CREATE TABLE compliance.case_events (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  case_kind   text NOT NULL CHECK (case_kind IN ('kyc', 'aml')),
  case_key    payments.reference NOT NULL,
  from_status text CHECK (from_status ~ '^[a-z_]{1,20}$'),
  to_status   text NOT NULL CHECK (to_status ~ '^[a-z_]{1,20}$'),
  actor       payments.free_text NOT NULL,
  occurred_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE compliance.case_events IS 'Trail of KYC cases and AML alerts: each step, by whom; written by triggers only';

CREATE INDEX case_events_case_idx ON compliance.case_events (case_key, case_kind);
CREATE INDEX case_events_occurred_brin ON compliance.case_events USING brin (occurred_at) WITH (pages_per_range = 32);
COMMENT ON INDEX compliance.case_events_occurred_brin IS 'BRIN: what was decided in a span of time, and what retention deletes';

CREATE TRIGGER refuse_change BEFORE UPDATE OR TRUNCATE ON compliance.case_events
  FOR EACH STATEMENT EXECUTE FUNCTION payments.refuse_change();
CREATE TRIGGER refuse_deletion BEFORE DELETE ON compliance.case_events
  FOR EACH ROW WHEN (OLD.occurred_at > now() - interval '5 years') EXECUTE FUNCTION payments.refuse_change();

-- With the rights of the owner, so that nobody writes this trail by hand. Serves both tables; its argument is the kind of case.
CREATE FUNCTION compliance.record_new_cases() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO compliance.case_events (case_kind, case_key, to_status, actor)
  SELECT TG_ARGV[0], added.id::text, added.status, payments.actor() FROM added;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION compliance.record_new_cases() IS 'Trigger: the first event of cases';

CREATE FUNCTION compliance.record_case_steps() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO compliance.case_events (case_kind, case_key, from_status, to_status, actor)
  SELECT TG_ARGV[0], after.id::text, before.status, after.status, payments.actor()
  FROM after JOIN before USING (id) WHERE after.status <> before.status;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION compliance.record_case_steps() IS 'Trigger: an event for each step of a case';

CREATE TRIGGER record_new AFTER INSERT ON compliance.kyc_cases
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION compliance.record_new_cases('kyc');
CREATE TRIGGER record_steps AFTER UPDATE ON compliance.kyc_cases
  REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION compliance.record_case_steps('kyc');

CREATE FUNCTION compliance.guard_kyc_case() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF NEW.status <> OLD.status AND NOT (CASE OLD.status
    WHEN 'open' THEN NEW.status IN ('in_review', 'rejected')
    WHEN 'in_review' THEN NEW.status IN ('open', 'approved', 'rejected')
    WHEN 'approved' THEN NEW.status = 'expired'
    ELSE false
  END) THEN
    RAISE EXCEPTION USING ERRCODE = 'TR005', MESSAGE = format('a KYC case that is %s cannot become %s', OLD.status, NEW.status);
  ELSIF (NEW.id, NEW.customer_id, NEW.level, NEW.opened_at) IS DISTINCT FROM (OLD.id, OLD.customer_id, OLD.level, OLD.opened_at)
    OR OLD.decided_at IS NOT NULL
      AND (NEW.risk, NEW.decided_at, NEW.expires_at) IS DISTINCT FROM (OLD.risk, OLD.decided_at, OLD.expires_at) THEN
    RAISE EXCEPTION USING ERRCODE = 'TR005', MESSAGE = 'whose case it is, and what was decided, is never changed',
      HINT = 'open another case';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION compliance.guard_kyc_case() IS
  'Trigger: only legal steps, and no change of whose case it is and what was decided (TR005)';
CREATE TRIGGER guard BEFORE UPDATE ON compliance.kyc_cases FOR EACH ROW EXECUTE FUNCTION compliance.guard_kyc_case();

-- The only way in for the application: a case begins open.
CREATE FUNCTION compliance.open_kyc_case(customer uuid, case_level text, document text DEFAULT NULL) RETURNS uuid
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO compliance.kyc_cases (customer_id, level, document_reference) VALUES (customer, case_level, document) RETURNING id;
$$;
COMMENT ON FUNCTION compliance.open_kyc_case(uuid, text, text) IS 'Begins a check of who a customer is, one at a time (23505); its id';

CREATE FUNCTION compliance.decide_kyc_case(kyc_case uuid, approve boolean, assessed_risk text, reason text) RETURNS void
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  UPDATE compliance.kyc_cases
  SET status = CASE WHEN approve THEN 'approved' ELSE 'rejected' END,
    risk = assessed_risk,
    note = reason,
    decided_at = clock_timestamp(),
    ended_at = CASE WHEN NOT approve THEN clock_timestamp() END,
    expires_at = CASE WHEN approve THEN clock_timestamp() + CASE assessed_risk
      WHEN 'high' THEN interval '1 year' WHEN 'medium' THEN interval '2 years' ELSE interval '5 years'
    END END
  WHERE id = kyc_case;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002', MESSAGE = format('there is no KYC case %s', kyc_case);
  END IF;
END
$$;
COMMENT ON FUNCTION compliance.decide_kyc_case(uuid, boolean, text, text) IS
  'Decides a case in review; an approval holds for 1, 2 or 5 years at high, medium or low risk';

CREATE FUNCTION compliance.is_verified(customer uuid, at_moment timestamptz DEFAULT now()) RETURNS boolean
LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT EXISTS (
    SELECT FROM compliance.kyc_cases AS approved
    WHERE approved.customer_id = customer AND approved.status = 'approved' AND approved.expires_at > at_moment
  );
$$;
COMMENT ON FUNCTION compliance.is_verified(uuid, timestamptz) IS 'Whether it is known who a customer is';

CREATE PROCEDURE compliance.expire_kyc_cases(batch integer DEFAULT 1000)
LANGUAGE sql SET search_path = '' AS $$
  UPDATE compliance.kyc_cases SET status = 'expired', ended_at = now()
  WHERE id IN (
    SELECT stale.id FROM compliance.kyc_cases AS stale
    WHERE stale.status = 'approved' AND stale.expires_at <= now()
    ORDER BY stale.expires_at LIMIT batch FOR NO KEY UPDATE SKIP LOCKED
  );
$$;
COMMENT ON PROCEDURE compliance.expire_kyc_cases(integer) IS 'Ends approvals that have run out: a job';
