import type { Rule } from './rule.ts'

export const seedStatement: Rule = {
  code: 'seed-statement',
  severity: 'error',
  why: '`pgfleet seed` looks whether the tables are empty that the files fill, and then runs the files. It has to know these tables, and a statement that changes anything else would change it in a database that is in use.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    schemas: [sales]
    seed: seed/orders
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    schemas: [sales]
    seed: seed/orders
`,
  files: {
    bad: { 'seed/orders/0001-carts.sql': 'INSERT INTO sales.carts (id) VALUES (1);\nUPDATE sales.carts SET total = 7; -- <-\n' },
    good: {
      'seed/orders/0001-carts.sql':
        "INSERT INTO sales.carts (id, total) SELECT n, 7 FROM generate_series(1, 1000 * pg_temp.scale()) AS n;\nSELECT setval('sales.carts_id_seq', 1000 * pg_temp.scale());\n",
    },
  },
  *check({ services }) {
    for (const { seeds, origin } of services)
      for (const { statements } of seeds)
        for (const { forbidden, at } of statements)
          if (forbidden !== undefined)
            yield {
              path: [...origin, 'seed'],
              at,
              message: `this cannot stand in a seed file: ${forbidden}`,
              help: 'what the rows need beside themselves belongs in the SQL of the service, or in a job',
            }
  },
}
