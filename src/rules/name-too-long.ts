import type { Finding, Path } from '../diagnostic.ts'
import { byteLength, longestName } from '../fleet/reserved-names.ts'
import type { Service } from '../fleet/types.ts'
import type { Rule } from './rule.ts'

export const nameTooLong: Rule = {
  code: 'name-too-long',
  severity: 'error',
  why: `PostgreSQL cuts names off after ${longestName} bytes, without an error: two long names can become one, and what is looked up is not found.`,
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    database: orders_of_all_customers_in_all_countries_since_the_beginning # <-
    schemas:
      - a_schema_for_everything_that_was_ever_ordered_by_anyone_anywhere_on_earth # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    database: orders_of_all_customers
`,
  *check({ services, roles }) {
    for (const { name, origin } of roles) yield* measure('role', name, origin, 'key')
    for (const service of services) {
      const { origin, database, schemas, timeseries, retention } = service
      yield* measure('database', database, [...origin, 'database'])
      if (byteLength(database) <= longestName) yield* ownRoles(service)
      for (const [index, name] of schemas.entries()) yield* measure('schema', name, [...origin, 'schemas', index])
      for (const { table, column, origin: at } of [...timeseries, ...retention]) {
        yield* measure('table', table, at, 'key')
        yield* measure('column', column, [...at, 'column'])
      }
    }
  },
}

/** The name of the application role is written or derived, those of owner and migrator are always derived. */
function* ownRoles({ roles, origin, database }: Service): Iterable<Finding> {
  const derived = roles.filter(({ name, kind }) => name.startsWith(`${database}_`) && ['owner', 'migrator', 'app'].includes(kind))
  const longest = derived.toSorted((a, b) => byteLength(b.name) - byteLength(a.name))[0]
  if (longest && byteLength(longest.name) > longestName)
    yield {
      path: [...origin, 'database'],
      message: `the role ${longest.name} that is derived from the database has ${byteLength(longest.name)} bytes, a name has at most ${longestName}`,
      help: `shorten the name of the database by ${byteLength(longest.name) - longestName} bytes`,
    }
  for (const { name, kind } of roles)
    if (kind === 'app' && !name.startsWith(`${database}_`)) yield* measure('role', name, [...origin, 'app', 'role'])
}

function* measure(what: string, name: string, path: Path, on: 'key' | 'value' = 'value'): Iterable<Finding> {
  const length = byteLength(name)
  if (length > longestName)
    yield {
      path,
      on,
      message: `the name of the ${what} ${name} has ${length} bytes, a name has at most ${longestName}`,
      help: `shorten it by ${length - longestName} bytes`,
    }
}
