import type { Finding } from '../diagnostic.ts'
import { namedTables } from '../fleet/named-tables.ts'
import { reservedSchema } from '../fleet/reserved-names.ts'
import type { Service } from '../fleet/types.ts'
import { didYouMean } from '../suggest.ts'
import type { Rule } from './rule.ts'

export const schemaUndeclared: Rule = {
  code: 'schema-undeclared',
  severity: 'error',
  why: 'A schema that the service does not declare is not there when its SQL runs, and gets no rights; most often the name is misspelt.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    schemas: [sales]
    sql: sql/orders
    readable:
      - seles # <-
    retention:
      sale.carts: { column: at, keep: 30 days } # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    schemas: [sales]
    sql: sql/orders
    readable:
      - sales
    retention:
      sales.carts: { column: at, keep: 30 days }
`,
  files: {
    bad: { 'sql/orders/0001-carts.sql': 'CREATE TABLE slaes.carts (at timestamptz); -- <-\n' },
    good: { 'sql/orders/0001-carts.sql': 'CREATE TABLE sales.carts (at timestamptz);\n' },
  },
  *check({ services }) {
    for (const service of services) yield* inSql(service)
    for (const service of services)
      for (const { schema, table, origin, on } of namedTables(service)) {
        const { key, schemas } = service
        if (schemas.includes(schema)) continue
        const otherwise = schemas.length ? `its schemas are ${schemas.join(', ')}` : `add "${schema}" to its schemas`
        yield {
          path: origin,
          on,
          message: `${key} has no schema ${schema}${table === undefined ? '' : ` for the table ${table}`}`,
          help: didYouMean(schema, schemas, otherwise),
        }
      }
  },
}

/** Statements that need a schema which neither services.yaml nor the SQL before them makes; each schema once per file. */
function* inSql({ key, schemas, migrations, seeds }: Service): Iterable<Finding> {
  const there = new Set([...schemas, 'public'])
  for (const { statements } of [...migrations, ...seeds]) {
    const reported = new Set<string>()
    for (const { at, schemas: named } of statements) {
      for (const name of named.makes) there.add(name)
      for (const name of named.needs) {
        if (there.has(name) || reported.has(name) || reservedSchema(name) !== undefined) continue
        reported.add(name)
        const otherwise = `add "${name}" to the schemas of ${key}`
        yield {
          path: ['services', key, 'schemas'],
          at,
          message: `${key} has no schema ${name}`,
          help: didYouMean(name, schemas, otherwise),
        }
      }
    }
  }
}
