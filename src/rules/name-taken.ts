import type { Finding, Path } from '../diagnostic.ts'
import { opsHost, opsVolumes } from '../fleet/container-names.ts'
import { fleetOwnRoles } from '../fleet/reserved-names.ts'
import type { Fleet, Role, Service } from '../fleet/types.ts'
import type { Rule } from './rule.ts'

export const nameTaken: Rule = {
  code: 'name-taken',
  severity: 'error',
  why: 'Two roles of one name on a server would be one role with the rights of both. Databases of one name cannot be told apart in backups, a volume that two servers write to is destroyed, and applications share their name space with servers, poolers and the ops container.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
roles:
  monitor: { access: read-only } # <-
services:
  orders: { port: 5432, memory: 2GiB }
  archive:
    port: 5433
    memory: 2GiB
    database: shop_orders # <-
    volume: orders-data # <-
    app: { role: shop_orders_owner } # <-
  orders-direct: { port: 5434, memory: 2GiB } # <-
applications:
  postgres-orders: { image: registry.example/orders, uses: [orders] } # <-
  ops: { image: registry.example/ops, uses: [orders] } # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
roles:
  reports: { access: read-only }
services:
  orders: { port: 5432, memory: 2GiB }
  archive:
    port: 5433
    memory: 2GiB
    database: shop_archive
applications:
  orders: { image: registry.example/orders, uses: [orders] }
`,
  *check(fleet) {
    yield* databases(fleet)
    yield* volumes(fleet)
    yield* fleetRoles(fleet)
    for (const service of fleet.services) yield* rolesOf(service)
    const hosts = new Map(fleet.services.flatMap((service) => [service.host, service.pool.host].map((host) => [host, service] as const)))
    for (const { name, origin } of fleet.applications) {
      if (name === opsHost)
        yield {
          path: origin,
          on: 'key',
          message: `an application cannot be named ${name}: so is the container that runs what is scheduled`,
          help: 'choose another name',
        }
      const service = hosts.get(name)
      if (service)
        yield {
          path: origin,
          on: 'key',
          message: `an application cannot be named ${name}: so is the ${service.host === name ? 'server' : 'pooler'} of ${service.key}`,
          help: 'choose another name',
          related: [{ path: service.origin, on: 'key', message: 'the service' }],
        }
    }
    yield* variables(fleet)
  },
}

/** An application gets DATABASE_URL_<SERVICE> and, for the server itself, DATABASE_URL_<SERVICE>_DIRECT. */
function* variables({ services }: Fleet): Iterable<Finding> {
  const byKey = new Map(services.map((service) => [service.key, service]))
  for (const { key, origin } of services) {
    const other = key.endsWith('-direct') ? byKey.get(key.slice(0, -'-direct'.length)) : undefined
    if (other)
      yield {
        path: origin,
        on: 'key',
        message: `the variable of ${key} for applications is the direct one of ${other.key}`,
        help: 'choose a key that is not another one with -direct',
        related: [{ path: other.origin, on: 'key', message: 'the other service' }],
      }
  }
}

function* databases({ services }: Fleet): Iterable<Finding> {
  const taken = new Map<string, Service>()
  for (const service of services) {
    const first = taken.get(service.database)
    if (!first) taken.set(service.database, service)
    else
      yield {
        path: [...service.origin, 'database'],
        message: `the database of ${service.key} has the name ${service.database}, as that of ${first.key} has`,
        help: 'choose another name',
        related: [{ path: [...first.origin, 'database'], message: `the database of ${first.key}` }],
      }
  }
}

/** The ops container has two of its own. */
function* volumes({ services }: Fleet): Iterable<Finding> {
  const taken = new Map<string, Service>()
  for (const service of services) {
    const { key, origin, volume } = service
    const first = taken.get(volume)
    if (!first) taken.set(volume, service)
    if (first || Object.values(opsVolumes).includes(volume))
      yield {
        path: [...origin, 'volume'],
        message: `the volume of ${key} has the name ${volume}, as that of ${first?.key ?? opsHost} has`,
        help: 'choose another name',
        ...(first ? { related: [{ path: [...first.origin, 'volume'], message: `the volume of ${first.key}` }] } : {}),
      }
  }
}

function* fleetRoles({ roles }: Fleet): Iterable<Finding> {
  for (const { name, origin } of roles)
    if (Object.hasOwn(fleetOwnRoles, name))
      yield {
        path: origin,
        on: 'key',
        message: `pgfleet makes a role ${name} on every server: it ${fleetOwnRoles[name]}`,
        help: 'choose another name',
      }
}

/** Derived and fleet roles come first: of a pair, the one that is written in services.yaml is marked. */
function* rolesOf({ key, origin, roles }: Service): Iterable<Finding> {
  const taken = new Map<string, Role>()
  const weight = ({ kind }: Role) => (kind === 'app' ? 2 : kind === 'read-only' || kind === 'admin' ? 1 : 0)
  for (const role of roles.toSorted((a, b) => weight(a) - weight(b))) {
    const first = taken.get(role.name)
    if (!first) taken.set(role.name, role)
    else if (weight(role) === 2 || !Object.hasOwn(fleetOwnRoles, role.name))
      yield {
        path: pathOf(role, origin),
        on: role.kind === 'app' ? 'value' : 'key',
        message: `${key} has two roles named ${role.name}: the ${role.kind} role and the ${first.kind} role`,
        help: 'choose another name',
        related: [{ path: pathOf(first, origin), message: `the ${first.kind} role comes from here` }],
      }
  }
}

function pathOf({ name, kind }: Role, origin: Path): Path {
  if (kind === 'app') return [...origin, 'app', 'role']
  if (kind === 'read-only' || kind === 'admin') return ['roles', name]
  return kind === 'owner' || kind === 'migrator' ? [...origin, 'database'] : origin
}
