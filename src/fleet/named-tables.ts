import type { Path } from '../diagnostic.ts'
import type { SchemaOrTable } from './data-types.ts'
import type { Service } from './types.ts'

/** A schema or table that services.yaml names: the name is a key of a map, or a value. */
export type Named = SchemaOrTable & { readonly on: 'key' | 'value' }

/** Every schema and table that a service names of its own. */
export const namedTables = ({ timeseries, retention, rowPrivileges, readable, references }: Service): Named[] => [
  ...[...timeseries, ...retention, ...rowPrivileges, ...references].map(({ schema, origin, ...rest }) =>
    named(schema, rest, origin, 'key'),
  ),
  ...(readable ?? []).map(({ schema, origin, ...rest }) => named(schema, rest, origin, 'value')),
]

const named = (schema: string, { table }: { readonly table?: string }, origin: Path, on: Named['on']): Named => ({
  schema,
  ...(table === undefined ? {} : { table }),
  origin,
  on,
})

/** The tables and views that the SQL of a service makes, as `schema.name`; undefined where that cannot be known. */
export function madeTables({ migrations }: Service): ReadonlySet<string> | undefined {
  const relations = migrations.flatMap(({ statements }) => statements.map(({ relations }) => relations))
  if (relations.length === 0 || migrations.some(({ error }) => error) || relations.some(({ unknown }) => unknown)) return undefined
  return new Set(relations.flatMap(({ makes }) => makes))
}
