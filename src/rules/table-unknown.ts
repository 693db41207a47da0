import type { Finding } from '../diagnostic.ts'
import { madeTables, namedTables } from '../fleet/named-tables.ts'
import type { Service } from '../fleet/types.ts'
import { didYouMean } from '../suggest.ts'
import type { Rule } from './rule.ts'

export const tableUnknown: Rule = {
  code: 'table-unknown',
  severity: 'error',
  why: 'A privilege or a retention for a table that no migration makes stops the init script, or protects nothing.',
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
      - sales.order # <-
    app:
      privileges:
        sales.log: [insert] # <-
    references:
      sales.orders.customer_id: customers:people.customer.id # <-
  customers:
    port: 5433
    memory: 2GiB
    schemas: [people]
    sql: sql/customers
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
      - sales.orders
    app:
      privileges:
        sales.orders: [select, insert]
    references:
      sales.orders.customer_id: customers:people.customers.id
  customers:
    port: 5433
    memory: 2GiB
    schemas: [people]
    sql: sql/customers
`,
  files: {
    bad: {
      'sql/orders/0001-orders.sql': 'CREATE TABLE sales.orders (customer_id bigint);\n',
      'sql/customers/0001-customers.sql': 'CREATE TABLE people.customers (id bigint PRIMARY KEY);\n',
    },
    good: {
      'sql/orders/0001-orders.sql': 'CREATE TABLE sales.orders (customer_id bigint);\n',
      'sql/customers/0001-customers.sql': 'CREATE TABLE people.customers (id bigint PRIMARY KEY);\n',
    },
  },
  *check({ services }) {
    const byKey = new Map(services.map((service) => [service.key, service]))
    const known = new Map<Service, ReadonlySet<string> | undefined>()
    const madeBy = (service: Service) => {
      if (!known.has(service)) known.set(service, madeTables(service))
      return known.get(service)
    }
    for (const service of services) {
      // Of a schema that is not there something else is said.
      for (const { schema, table, origin, on } of namedTables(service))
        if (table !== undefined && service.schemas.includes(schema))
          yield* unknown(service, madeBy(service), `${schema}.${table}`, { path: origin, on })
      for (const { service: other, target, origin } of service.references) {
        const there = byKey.get(other)
        if (there) yield* unknown(there, madeBy(there), `${target.schema}.${target.table}`, { path: origin, on: 'value' })
      }
    }
  },
}

function* unknown(
  service: Service,
  made: ReadonlySet<string> | undefined,
  name: string,
  place: Pick<Finding, 'path' | 'on'>,
): Iterable<Finding> {
  if (!made || made.has(name)) return
  yield {
    ...place,
    message: `the SQL of ${service.key} makes no table ${name}`,
    help: didYouMean(name, made, `it makes ${[...made].sort().join(', ') || 'no table at all'}`),
  }
}
