import type { Rule } from './rule.ts'

export const sqlTransaction: Rule = {
  code: 'sql-transaction',
  severity: 'error',
  why: 'The init script runs in one transaction, so that a server is complete or empty. What PostgreSQL refuses in a transaction, or what would leave it, stops the script.',
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
    bad: {
      'sql/orders/0001-tables.sql': 'CREATE TABLE orders (id bigint, at timestamptz);\nCREATE INDEX CONCURRENTLY ON orders (at); -- <-\n',
    },
    good: { 'sql/orders/0001-tables.sql': 'CREATE TABLE orders (id bigint, at timestamptz);\nCREATE INDEX ON orders (at);\n' },
  },
  *check({ services }) {
    for (const { migrations, origin } of services)
      for (const { statements } of migrations)
        for (const { forbidden, at } of statements)
          if (forbidden !== undefined)
            yield {
              path: [...origin, 'sql'],
              at,
              message: `the init script cannot run this: ${forbidden}`,
              help: 'the files of a service run in one transaction, as its owner role',
            }
  },
}
