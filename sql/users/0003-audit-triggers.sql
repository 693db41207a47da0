-- What writes the audit trail: triggers with the rights of the owner, so that the application can neither forge a row nor leave one out.

-- All rows of a statement at once, which is what makes bulk inserts fast. Arguments: columns of the key, column with the account, columns
-- that are secrets; each a list with commas, or empty. OFFSET 0 keeps the planner from converting a row again for each use of it.
CREATE FUNCTION audit.record_changes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  keys    constant text[] := string_to_array(TG_ARGV[0], ',');
  subject constant text := TG_ARGV[1];
  secrets constant text[] := string_to_array(TG_ARGV[2], ',');
  place   constant text := format('%s.%s', TG_TABLE_SCHEMA, TG_TABLE_NAME);
BEGIN
  CASE TG_OP
    WHEN 'INSERT' THEN
      INSERT INTO audit.events (table_name, row_key, operation, subject_id, after)
      SELECT place, audit.row_key(facts, keys), 'insert', (facts ->> subject)::uuid, facts - secrets
      FROM (SELECT to_jsonb(new_rows) FROM new_rows OFFSET 0) AS added (facts);
    WHEN 'UPDATE' THEN
      -- A row whose key has changed is one that goes and one that comes.
      INSERT INTO audit.events (table_name, row_key, operation, subject_id, before, after)
      SELECT place, key, 'update', coalesce(gone.facts ->> subject, added.facts ->> subject)::uuid, gone.facts - secrets, added.facts - secrets
      FROM (SELECT audit.row_key(facts, keys), facts FROM (SELECT to_jsonb(old_rows) FROM old_rows OFFSET 0) AS converted (facts)) AS gone (key, facts)
      FULL JOIN (SELECT audit.row_key(facts, keys), facts FROM (SELECT to_jsonb(new_rows) FROM new_rows OFFSET 0) AS converted (facts)) AS added (key, facts)
        USING (key)
      WHERE gone.facts IS DISTINCT FROM added.facts;
    WHEN 'DELETE' THEN
      INSERT INTO audit.events (table_name, row_key, operation, subject_id, before)
      SELECT place, audit.row_key(facts, keys), 'delete', (facts ->> subject)::uuid, facts - secrets
      FROM (SELECT to_jsonb(old_rows) FROM old_rows OFFSET 0) AS gone (facts);
  END CASE;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION audit.record_changes() IS 'Writes the rows that a statement has changed into audit.events';

CREATE FUNCTION audit.row_key(found jsonb, keys text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE cardinality(keys)
  WHEN 1 THEN found ->> keys[1]
  ELSE (SELECT string_agg(found ->> name, ',' ORDER BY place) FROM unnest(keys) WITH ORDINALITY AS key (name, place))
END;
COMMENT ON FUNCTION audit.row_key(jsonb, text[]) IS 'The key of a row as text';

CREATE TRIGGER record_insert AFTER INSERT ON users.accounts REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION audit.record_changes('id', 'id', '');
CREATE TRIGGER record_update AFTER UPDATE ON users.accounts REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION audit.record_changes('id', 'id', '');
CREATE TRIGGER record_delete AFTER DELETE ON users.accounts REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION audit.record_changes('id', 'id', '');

CREATE TRIGGER record_insert AFTER INSERT ON users.credentials REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION audit.record_changes('account_id', 'account_id', 'password_hash');
CREATE TRIGGER record_update AFTER UPDATE ON users.credentials REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION audit.record_changes('account_id', 'account_id', 'password_hash');
CREATE TRIGGER record_delete AFTER DELETE ON users.credentials REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION audit.record_changes('account_id', 'account_id', 'password_hash');

CREATE TRIGGER record_insert AFTER INSERT ON users.account_roles REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION audit.record_changes('account_id,role', 'account_id', '');
CREATE TRIGGER record_update AFTER UPDATE ON users.account_roles REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION audit.record_changes('account_id,role', 'account_id', '');
CREATE TRIGGER record_delete AFTER DELETE ON users.account_roles REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION audit.record_changes('account_id,role', 'account_id', '');

-- TRUNCATE fires none of them.
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON users.accounts FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON users.credentials FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON users.account_roles FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
