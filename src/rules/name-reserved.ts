import type { Finding, Path } from '../diagnostic.ts'
import { reservedDatabase, reservedRole, reservedSchema } from '../fleet/reserved-names.ts'
import type { Rule } from './rule.ts'

export const nameReserved: Rule = {
  code: 'name-reserved',
  severity: 'error',
  why: 'PostgreSQL, PgBouncer and pgfleet keep some names for themselves. Creating them fails, or gives rights to something else.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
roles:
  pg_reports: { access: read-only } # <-
services:
  orders:
    port: 5432
    memory: 2GiB
    database: pgbouncer # <-
    app: { role: public } # <-
    schemas:
      - pgfleet # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
roles:
  reports: { access: read-only }
services:
  orders:
    port: 5432
    memory: 2GiB
    database: orders
    app: { role: orders_app }
    schemas:
      - sales
`,
  *check({ services, roles }) {
    for (const { name, origin } of roles) yield* refuse('role', name, reservedRole(name), origin, 'key')
    for (const { origin, database, roles: own, schemas } of services) {
      yield* refuse('database', database, reservedDatabase(database), [...origin, 'database'])
      for (const { name, kind } of own) if (kind === 'app') yield* refuse('role', name, reservedRole(name), [...origin, 'app', 'role'])
      for (const [index, name] of schemas.entries()) yield* refuse('schema', name, reservedSchema(name), [...origin, 'schemas', index])
    }
  },
}

function* refuse(what: string, name: string, why: string | undefined, path: Path, on: 'key' | 'value' = 'value'): Iterable<Finding> {
  if (why) yield { path, on, message: `a ${what} cannot be named ${name}: ${why}`, help: 'choose another name' }
}
