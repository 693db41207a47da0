import { extensionSchema, fleetSchema, serviceSchemas } from '../../../fleet/database-names.ts'
import { grantsOf, largeObjectWriters } from '../../../fleet/privileges.ts'
import { type AclObject, compareAcl, entriesOf, grantedEntries, routineName } from '../acl.ts'
import { type Check, type Outcome, rowsOf, type Subject } from '../check.ts'

const writers = largeObjectWriters.map((name) => `'${name}'`).join(', ')

/**
 * Everything that privileges can be granted on. What came with initdb or an extension is only given when its privileges have changed
 * since. Chunks of hypertables have what their table has; arrays, multiranges and row types have no privileges of their own.
 * `type` is the letter that acldefault() takes.
 */
const query = `
  WITH object (kind, type, class, oid, schema, name, owner, acl) AS (
    SELECT 'database', 'd'::"char", 'pg_database'::regclass, oid, 0::oid, datname::text, datdba, datacl FROM pg_database
    UNION ALL SELECT 'schema', 'n', 'pg_namespace'::regclass, oid, oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp)'
    UNION ALL SELECT CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", 'pg_class'::regclass, oid,
      relnamespace, relname, relowner, relacl
    FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL SELECT 'routine', 'f', 'pg_proc'::regclass, oid, pronamespace, ${routineName}, proowner, proacl
    FROM pg_proc WHERE oid >= 16384 OR proacl IS NOT NULL OR proname IN (${writers})
    UNION ALL SELECT 'type', 'T', 'pg_type'::regclass, oid, typnamespace, typname, typowner, typacl
    FROM pg_type
    WHERE typtype IN ('d', 'e', 'r') OR typtype = 'b' AND typcategory <> 'A' OR typtype = 'c' AND (SELECT relkind FROM pg_class WHERE oid = typrelid) = 'c'
    UNION ALL SELECT 'language', 'l', 'pg_language'::regclass, oid, 0, lanname, lanowner, lanacl FROM pg_language
    UNION ALL SELECT 'foreign-data wrapper', 'F', 'pg_foreign_data_wrapper'::regclass, oid, 0, fdwname, fdwowner, fdwacl FROM pg_foreign_data_wrapper
    UNION ALL SELECT 'foreign server', 'S', 'pg_foreign_server'::regclass, oid, 0, srvname, srvowner, srvacl FROM pg_foreign_server
    UNION ALL SELECT 'tablespace', 't', 'pg_tablespace'::regclass, oid, 0, spcname, spcowner, spcacl FROM pg_tablespace
    UNION ALL SELECT 'parameter', 'p', 'pg_parameter_acl'::regclass, oid, 0, parname, 10, paracl FROM pg_parameter_acl
    UNION ALL SELECT 'large object', 'L', 'pg_largeobject'::regclass, oid, 0, oid::text, lomowner, lomacl FROM pg_largeobject_metadata WHERE lomacl IS NOT NULL
  ), known AS (
    SELECT object.*, nspname, nspname IS NOT NULL AND nspname ~ '^(pg_|information_schema$)' OR kind = 'language' AND object.oid < 16384 AS system,
      EXISTS (
        SELECT FROM pg_depend
        WHERE classid = class AND objid = object.oid AND objsubid = 0 AND (deptype = 'e' OR deptype = 'i' AND kind = 'routine')
      ) AS member,
      coalesce(
        (SELECT initprivs FROM pg_init_privs WHERE classoid = class AND objoid = object.oid AND objsubid = 0),
        hypertable
      ) AS initprivs,
      acldefault(type, owner) AS byDefault, hypertable IS NOT NULL AS chunk
    FROM object
    LEFT JOIN pg_namespace ON pg_namespace.oid = schema
    LEFT JOIN LATERAL (
      SELECT coalesce(relacl, acldefault('r', relowner)) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhparent
      WHERE inhrelid = object.oid AND nspname = '_timescaledb_internal'
    ) parent (hypertable) ON kind = 'table'
  )
  SELECT kind, CASE WHEN kind <> 'schema' THEN nspname END AS schema, name, system OR member OR chunk AS follows,
    ${entriesOf('coalesce(acl, byDefault)')} AS actual,
    (SELECT coalesce(jsonb_agg(entry), '[]') FROM jsonb_array_elements(${entriesOf('byDefault')}) entry WHERE entry ->> 0 = pg_get_userbyid(owner)) AS own,
    ${entriesOf('coalesce(initprivs, byDefault)')} AS initial
  FROM known
  WHERE (coalesce(nspname !~ '^_timescaledb_', true) OR chunk)
    AND (NOT (system OR member OR chunk) OR acl IS DISTINCT FROM initprivs OR nspname = 'pg_catalog' AND split_part(name, '(', 1) IN ('pg_authid', ${writers}))
    -- What PUBLIC has there, initdb grants after it has noted the initial privileges.
    AND NOT (nspname = 'information_schema' AND NOT EXISTS (SELECT FROM aclexplode(acl) WHERE grantee NOT IN (0, owner)))`

const isLargeObjectWriter = ({ kind, schema, name }: AclObject): boolean =>
  kind === 'routine' && schema === 'pg_catalog' && largeObjectWriters.some((writer) => name.startsWith(`${writer}(`))

async function checkGrants({ service, server }: Subject): Promise<Outcome> {
  const objects = await rowsOf<AclObject>(server, query)
  const grants = grantsOf(service)
  const ours = [...serviceSchemas(service), fleetSchema, extensionSchema]
  const findings = objects.flatMap((object) => {
    const { kind, schema, name, actual, own, initial, follows } = object
    const granted = grantedEntries(object, grants, service)
    const what = `${kind} ${schema === null ? '' : `${schema}.`}${name}`
    const forPublic = actual.filter(([grantee]) => grantee === null)
    if (schema === 'information_schema') return compareAcl(what, { required: own, allowed: forPublic, actual })
    if (follows && schema !== 'pg_catalog') {
      const differences = compareAcl(what, { required: initial, allowed: granted, actual })
      // The init script leaves what extensions have made as it is.
      return differences.map((finding) => ({ ...finding, help: 'GRANT or REVOKE it by hand' }))
    }
    // A list of privileges says nothing of those that were taken from PUBLIC; these were.
    const kept = isLargeObjectWriter(object) ? own : initial
    if (follows) return compareAcl(what, { required: [...kept, ...granted], allowed: [], actual })
    // In a schema that nobody declared, what is there may have what it has by default: that schema is a finding already.
    const isOurs = schema === null || ours.includes(schema)
    return compareAcl(what, { required: [...own, ...granted], allowed: isOurs ? [] : initial, actual })
  })
  const entries = objects.reduce((sum, { actual }) => sum + actual.length, 0)
  return { findings, figures: { objects: objects.length, privileges: entries } }
}

export const grants: Check = {
  id: 'grants',
  title: 'every role has the declared privileges on every object, and no others; PUBLIC has none',
  help: 'apply',
  run: checkGrants,
}
