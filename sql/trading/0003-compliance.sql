-- The order trail that regulators ask for.

CREATE TABLE compliance.audit_trail (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  recorded_by text NOT NULL DEFAULT current_user,
  order_id    uuid NOT NULL,
  action      text NOT NULL CHECK (action IN ('INSERT', 'UPDATE', 'DELETE')),
  content     jsonb NOT NULL
);
COMMENT ON TABLE compliance.audit_trail IS 'Each change of an order, with the row as it was afterwards (for DELETE: before)';
COMMENT ON COLUMN compliance.audit_trail.order_id IS 'No foreign key: the trail outlives the order';

CREATE INDEX audit_trail_order_id_recorded_at_idx ON compliance.audit_trail (order_id, recorded_at);
CREATE INDEX audit_trail_recorded_at_idx ON compliance.audit_trail (recorded_at);

CREATE FUNCTION compliance.record_order_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  changed trading.orders := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
  INSERT INTO compliance.audit_trail (order_id, action, content) VALUES (changed.id, TG_OP, to_jsonb(changed));
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION compliance.record_order_change() IS 'Trigger: writes the change of an order into compliance.audit_trail';

CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON trading.orders
FOR EACH ROW EXECUTE FUNCTION compliance.record_order_change();
