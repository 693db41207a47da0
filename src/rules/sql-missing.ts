import { sqlFoldersOf } from '../fleet/sql-folders.ts'
import type { Rule } from './rule.ts'

export const sqlMissing: Rule = {
  code: 'sql-missing',
  severity: 'error',
  why: 'A folder without SQL gives an empty database that looks healthy.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    sql: sql/order # <-
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
  files: { good: { 'sql/orders/0001-tables.sql': 'CREATE TABLE orders (id bigint PRIMARY KEY);\n' } },
  *check({ services }) {
    for (const service of services)
      for (const { field, folder, files } of sqlFoldersOf(service))
        if (files.length === 0)
          yield {
            path: [...service.origin, field],
            message: `there are no *.sql files in ${folder}`,
            help: 'the path is relative to services.yaml; files are named like 0001-tables.sql',
          }
  },
}
