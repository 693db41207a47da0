import { fleetSchema, lookupFunction, lookupOwner, serviceSchemas } from '../../../fleet/database-names.ts'
import { ownerOf, superuserRole } from '../../../fleet/server-roles.ts'
import { routineName } from '../acl.ts'
import { type Check, type Outcome, rowsOf, type Subject } from '../check.ts'

type Row = { readonly schema: string | null; readonly what: string; readonly name: string; readonly owner: string }

/**
 * Everything that has an owner: objects in schemas of people, and whatever else belongs to another role than the superuser. What an extension
 * or another object has made follows that, and so do chunks of hypertables; indexes belong to the owner of their table.
 */
const query = `
  WITH object (class, oid, schema, what, name, owner) AS (
    SELECT 'pg_class'::regclass, oid, relnamespace,
      CASE relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table' ELSE 'table' END,
      relname::text, relowner
    FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace, 'routine', ${routineName}, proowner FROM pg_proc
    UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace, 'type', typname, typowner FROM pg_type
      WHERE typtype IN ('d', 'e', 'r') OR typtype = 'b' AND typcategory <> 'A' OR typtype = 'c' AND (SELECT relkind FROM pg_class WHERE oid = typrelid) = 'c'
    UNION ALL SELECT 'pg_operator'::regclass, oid, oprnamespace, 'operator', oprname, oprowner FROM pg_operator
    UNION ALL SELECT 'pg_opclass'::regclass, oid, opcnamespace, 'operator class', opcname, opcowner FROM pg_opclass
    UNION ALL SELECT 'pg_opfamily'::regclass, oid, opfnamespace, 'operator family', opfname, opfowner FROM pg_opfamily
    UNION ALL SELECT 'pg_collation'::regclass, oid, collnamespace, 'collation', collname, collowner FROM pg_collation
    UNION ALL SELECT 'pg_conversion'::regclass, oid, connamespace, 'conversion', conname, conowner FROM pg_conversion
    UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictnamespace, 'text search dictionary', dictname, dictowner FROM pg_ts_dict
    UNION ALL SELECT 'pg_ts_config'::regclass, oid, cfgnamespace, 'text search configuration', cfgname, cfgowner FROM pg_ts_config
    UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, stxnamespace, 'statistics', stxname, stxowner FROM pg_statistic_ext
    UNION ALL SELECT 'pg_event_trigger'::regclass, oid, NULL, 'event trigger', evtname, evtowner FROM pg_event_trigger
    UNION ALL SELECT 'pg_foreign_server'::regclass, oid, NULL, 'foreign server', srvname, srvowner FROM pg_foreign_server
    UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, NULL, 'foreign-data wrapper', fdwname, fdwowner FROM pg_foreign_data_wrapper
    UNION ALL SELECT 'pg_publication'::regclass, oid, NULL, 'publication', pubname, pubowner FROM pg_publication
    UNION ALL SELECT 'pg_tablespace'::regclass, oid, NULL, 'tablespace', spcname, spcowner FROM pg_tablespace
    UNION ALL SELECT 'pg_database'::regclass, oid, NULL, 'database', datname, datdba FROM pg_database WHERE datname <> current_database()
  )
  SELECT nspname AS schema, what, name, pg_get_userbyid(owner) AS owner
  FROM object LEFT JOIN pg_namespace ON pg_namespace.oid = schema
  WHERE coalesce(nspname !~ '^(pg_|information_schema$|_timescaledb_)', true)
    AND NOT EXISTS (
      SELECT FROM pg_depend
      WHERE classid = class AND objid = object.oid AND objsubid = 0 AND (deptype = 'e' OR deptype = 'i' AND what IN ('routine', 'operator family'))
    )`

async function checkOwnership({ service, server }: Subject): Promise<Outcome> {
  const rows = await rowsOf<Row>(server, query)
  const schemas = serviceSchemas(service)
  const owner = ownerOf(service)
  const findings = rows.flatMap(({ schema, what, name, owner: found }) => {
    const wanted = wantedOwner(schema, name)
    // What has no schema (a publication), or one that nobody declared, may be the owner's; other roles own nothing.
    const owners = schema === fleetSchema || what === 'database' || what === 'tablespace' ? [wanted] : [wanted, owner]
    if (owners.includes(found)) return []
    return [{ what: `${what} ${schema === null ? '' : `${schema}.`}${name}`, expected: `owned by ${wanted}`, actual: `owned by ${found}` }]
  })
  return { findings, figures: { objects: rows.length } }

  function wantedOwner(schema: string | null, name: string): string {
    if (schema !== null && schemas.includes(schema)) return owner
    return schema === fleetSchema && name.startsWith(`${lookupFunction}(`) ? lookupOwner : superuserRole
  }
}

export const ownership: Check = {
  id: 'ownership',
  title: 'everything in the schemas of the service belongs to its owner, and other roles own nothing',
  help: 'ALTER ... OWNER TO the expected role, by hand',
  run: checkOwnership,
}
