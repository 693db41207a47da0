import { sqlFoldersOf } from '../fleet/sql-folders.ts'
import type { Rule } from './rule.ts'

export const sqlSyntax: Rule = {
  code: 'sql-syntax',
  severity: 'error',
  why: "The SQL is parsed with PostgreSQL's own parser of the service's major version: what it refuses, the server refuses.",
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    sql: sql/orders
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    sql: sql/orders
`,
  files: {
    bad: { 'sql/orders/0001-tables.sql': 'CREATE TABLE orders (\n  id bigint PRIMARY KEY\n  total numeric(12,2) -- <-\n);\n' },
    good: { 'sql/orders/0001-tables.sql': 'CREATE TABLE orders (\n  id bigint PRIMARY KEY,\n  total numeric(12,2)\n);\n' },
  },
  *check({ services }) {
    for (const service of services)
      for (const { field, files } of sqlFoldersOf(service))
        for (const { name, error } of files)
          if (error)
            yield {
              path: [...service.origin, field],
              at: error.at,
              message: `PostgreSQL ${service.major} cannot parse ${name}: ${error.message}`,
              help: 'correct the statement; psql commands such as \\i are not SQL',
            }
  },
}
