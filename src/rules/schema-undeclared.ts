import { didYouMean } from '../suggest.ts'
import type { Rule } from './rule.ts'

export const schemaUndeclared: Rule = {
  code: 'schema-undeclared',
  severity: 'error',
  why: 'A table in a schema that the service does not declare has no owner and no rights from pgfleet; most often the name is misspelt.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    schemas: [sales]
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
    retention:
      sales.carts: { column: at, keep: 30 days }
`,
  *check({ services }) {
    for (const { key, schemas, timeseries, retention } of services)
      for (const { schema, table, origin } of [...timeseries, ...retention]) {
        if (schemas.includes(schema)) continue
        const otherwise = schemas.length ? `its schemas are ${schemas.join(', ')}` : `add "${schema}" to its schemas`
        yield {
          path: origin,
          on: 'key',
          message: `${key} has no schema ${schema} for the table ${table}`,
          help: didYouMean(schema, schemas, otherwise),
        }
      }
  },
}
