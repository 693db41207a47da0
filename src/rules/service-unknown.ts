import type { Finding, Path } from '../diagnostic.ts'
import { didYouMean } from '../suggest.ts'
import type { Rule } from './rule.ts'

export const serviceUnknown: Rule = {
  code: 'service-unknown',
  severity: 'error',
  why: 'A reference that leads nowhere gives an application no database, and a role no rights.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
roles:
  reports:
    access: read-only
    services: [order] # <-
services:
  orders:
    port: 5432
    memory: 2GiB
    schemas: [sales]
    references:
      sales.orders.customer_id: customer:people.customers.id # <-
  customers: { port: 5433, memory: 2GiB }
applications:
  web:
    image: registry.example/web
    uses: [oders] # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
roles:
  reports:
    access: read-only
    services: [orders]
services:
  orders:
    port: 5432
    memory: 2GiB
    schemas: [sales]
    references:
      sales.orders.customer_id: customers:people.customers.id
  customers: { port: 5433, memory: 2GiB }
applications:
  web:
    image: registry.example/web
    uses: [orders]
`,
  *check({ services, roles, applications }) {
    const keys = new Set(services.map(({ key }) => key))
    for (const { origin, services: wanted } of roles) yield* unknown(wanted, keys, [...origin, 'services'])
    for (const { origin, uses } of applications) yield* unknown(uses, keys, [...origin, 'uses'])
    for (const { references } of services) for (const { service, origin } of references) yield* unknownAt(service, keys, origin)
  },
}

function* unknown(wanted: readonly string[], keys: ReadonlySet<string>, path: Path): Iterable<Finding> {
  for (const [index, name] of wanted.entries()) yield* unknownAt(name, keys, [...path, index])
}

function* unknownAt(name: string, keys: ReadonlySet<string>, path: Path): Iterable<Finding> {
  if (!keys.has(name))
    yield {
      path,
      message: `there is no service ${name}`,
      help: didYouMean(name, keys, `services are ${[...keys].join(', ')}`),
    }
}
