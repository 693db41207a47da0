// What every database of the fleet keeps to, read from its catalogue. Each query gives one row per breach.
import type pg from 'pg'

/** Objects in the schemas of the service ($1). Chunks and partitions follow their table. */
const relations = `
  relation AS (
    SELECT pg_class.*, nspname, format('%I.%I', nspname, relname) AS name
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = ANY ($1) AND NOT relispartition
  )`

const own = `
  own AS (
    SELECT indrelid, indexrelid, indkey::int2[] AS keys, indnkeyatts, indnatts, indpred, indexprs, indisunique, indisprimary, amname,
      relation.name AS name, relation.relname, pg_get_indexdef(indexrelid) AS definition
    FROM pg_index JOIN relation ON relation.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
  )`

export const lints: Readonly<Record<string, string>> = {
  'a foreign key has an index that begins with its columns': `
    WITH ${relations}
    SELECT format('%s on %s', conname, conrelid::regclass) AS breach
    FROM pg_constraint JOIN relation ON relation.oid = conrelid
    WHERE contype = 'f' AND conparentid = 0 AND NOT EXISTS (
      SELECT FROM pg_index
      WHERE indrelid = conrelid AND indisvalid AND (indpred IS NULL OR pg_get_expr(indpred, indrelid) ~ 'IS NOT NULL')
        AND (indkey::int2[])[0:cardinality(conkey) - 1] @> conkey AND conkey @> (indkey::int2[])[0:cardinality(conkey) - 1]
    )`,
  'no two indexes do the same': `
    WITH ${relations}, ${own}
    SELECT format('%s and %s', a.name, b.name) AS breach
    FROM own a JOIN own b ON a.indrelid = b.indrelid AND a.indexrelid < b.indexrelid
    WHERE regexp_replace(a.definition, '^CREATE (UNIQUE )?INDEX \\S+ ', '') = regexp_replace(b.definition, '^CREATE (UNIQUE )?INDEX \\S+ ', '')`,
  'no index is the beginning of another one': `
    WITH ${relations}, ${own}
    SELECT format('%s is the beginning of %s', a.name, b.name) AS breach
    FROM own a JOIN own b ON a.indrelid = b.indrelid AND a.indexrelid <> b.indexrelid
    WHERE a.amname = 'btree' AND b.amname = 'btree' AND NOT a.indisunique AND a.indnatts = a.indnkeyatts AND a.indnatts < b.indnkeyatts
      AND a.indexprs IS NULL AND b.indexprs IS NULL AND a.indpred IS NULL AND b.indpred IS NULL
      AND a.keys[0:a.indnkeyatts - 1] = b.keys[0:a.indnkeyatts - 1]
      AND (SELECT (indoption::int2[])[0:a.indnkeyatts - 1] FROM pg_index WHERE indexrelid = a.indexrelid)
        = (SELECT (indoption::int2[])[0:a.indnkeyatts - 1] FROM pg_index WHERE indexrelid = b.indexrelid)`,
  'every index is valid': `
    WITH ${relations} SELECT relation.name AS breach FROM pg_index JOIN relation ON relation.oid = indexrelid WHERE NOT indisvalid`,
  'every table and view has a comment': `
    WITH ${relations}
    SELECT name AS breach FROM relation WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND obj_description(oid, 'pg_class') IS NULL`,
  'every function and procedure has a comment': `
    SELECT oid::regprocedure::text AS breach FROM pg_proc
    WHERE pronamespace::regnamespace::text = ANY ($1) AND obj_description(oid, 'pg_proc') IS NULL`,
  'every partial, covering, expression and non-btree index says what it is for': `
    WITH ${relations}, ${own}
    SELECT name AS breach FROM own
    WHERE (indpred IS NOT NULL OR indexprs IS NOT NULL OR indnatts > indnkeyatts OR amname <> 'btree')
      AND obj_description(indexrelid, 'pg_class') IS NULL`,
  'every table has a primary key': `
    WITH ${relations}
    SELECT name AS breach FROM relation
    -- Rows that only pass through have none.
    WHERE relkind IN ('r', 'p') AND relpersistence = 'p' AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = relation.oid AND contype = 'p')`,
  'every time has a time zone': `
    WITH ${relations}
    SELECT format('%s.%I', name, attname) AS breach FROM relation JOIN pg_attribute ON attrelid = relation.oid
    WHERE relkind IN ('r', 'p', 'v', 'm') AND atttypid = 'timestamp'::regtype`,
  'no column has the type money, varchar or char': `
    WITH ${relations}
    SELECT format('%s.%I', name, attname) AS breach FROM relation JOIN pg_attribute ON attrelid = relation.oid
    WHERE relkind IN ('r', 'p') AND atttypid IN ('money'::regtype, 'varchar'::regtype, 'bpchar'::regtype)`,
  'nothing is in the schema public': `
    SELECT format('%s %s', 'relation', oid::regclass) AS breach FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT format('%s %s', 'routine', oid::regprocedure) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT format('%s %s', 'type', oid::regtype) FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typcategory <> 'A'`,
  'a function that runs as its owner has a search path of its own, and the schema of temporary objects last': `
    SELECT oid::regprocedure::text AS breach FROM pg_proc
    WHERE pronamespace::regnamespace::text = ANY ($1) AND prosecdef
      AND NOT coalesce(proconfig, '{}') && ARRAY['search_path=pg_catalog, pg_temp', 'search_path=""']`,
  // One that commits cannot, and for one that computes from its arguments alone it would only take time.
  'a function written in plpgsql has a search path of its own': `
    SELECT oid::regprocedure::text AS breach FROM pg_proc
    WHERE pronamespace::regnamespace::text = ANY ($1) AND prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')
      AND NOT (prokind = 'p' AND prosrc ~* '\\mcommit\\M') AND provolatile <> 'i'
      AND NOT EXISTS (SELECT FROM unnest(proconfig) setting WHERE setting LIKE 'search_path=%')`,
  'a view has the rights of who reads it, unless its comment says why not': `
    WITH ${relations}
    SELECT name AS breach FROM relation
    WHERE relkind = 'v' AND NOT coalesce(reloptions, '{}') @> '{security_invoker=true}'
      AND coalesce(obj_description(oid, 'pg_class'), '') !~* 'rights of (its|the) owner'`,
}

/** Breaches of one database, by the sentence that does not hold. */
export async function breaches(client: pg.Client, schemas: readonly string[]): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const [sentence, query] of Object.entries(lints)) {
    const { rows } = await client.query<{ breach: string }>(query, query.includes('$1') ? [schemas] : [])
    if (rows.length > 0) found[sentence] = rows.map(({ breach }) => breach).sort()
  }
  return found
}
