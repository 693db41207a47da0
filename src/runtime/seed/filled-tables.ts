// The tables that the seed files of a service fill: what they are called in full, and which of them hold rows.
import pg from 'pg'
import { extensionSchema, serviceSchemas } from '../../fleet/database-names.ts'
import type { Service } from '../../fleet/types.ts'
import type { Queryable } from '../verify/verify-settings.ts'

/** A name without a schema is looked for where the statement would find it. */
export const seedSearchPath = (service: Service): readonly string[] => [...serviceSchemas(service), extensionSchema]

/** Qualified and quoted, each once, by name. One that is not there is not in the list: its INSERT says so, and where. */
export async function filledTables(client: Queryable, service: Service): Promise<string[]> {
  const named = service.seeds.flatMap(({ statements }) => statements.flatMap(({ fills }) => (fills?.table === undefined ? [] : [fills])))
  if (named.length === 0) return []
  const literal = (text: string | undefined) => (text === undefined ? 'NULL::text' : pg.escapeLiteral(text))
  const rows = await client.query(`
    SELECT DISTINCT format('%I.%I', found.nspname, found.relname) AS name
    FROM (VALUES ${named.map(({ schema, table }) => `(${literal(schema)}, ${literal(table)})`).join(', ')}) AS named (schema, name)
    CROSS JOIN LATERAL (
      SELECT nspname, relname
      FROM pg_class
      JOIN pg_namespace ON pg_namespace.oid = relnamespace
      JOIN unnest(ARRAY[${seedSearchPath(service).map(literal).join(', ')}]) WITH ORDINALITY AS path (schema, place)
        ON nspname = coalesce(named.schema, path.schema)
      WHERE relname = named.name AND relkind IN ('r', 'p', 'v', 'f')
      ORDER BY place
      LIMIT 1
    ) AS found
    ORDER BY 1`)
  return (rows.rows as { name: string }[]).map(({ name }) => name)
}

/** Those of them that hold rows. */
export async function notEmpty(client: Queryable, tables: readonly string[]): Promise<string[]> {
  if (tables.length === 0) return []
  const looks = tables.map((name) => `SELECT ${pg.escapeLiteral(name)} AS name, EXISTS (SELECT FROM ${name}) AS filled`)
  const { rows } = await client.query(`SELECT name FROM (${looks.join(' UNION ALL ')}) AS tables WHERE filled ORDER BY name`)
  return (rows as { name: string }[]).map(({ name }) => name)
}
