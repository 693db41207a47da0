// Every field of services.yaml, with a fleet that uses it and another value for it.
import { readFileSync } from 'node:fs'

/** A fleet that is valid and uses every field of the schema; the walk below fails where it does not. */
export const full = {
  version: 1,
  fleet: 'demo',
  postgres: 17,
  pgbouncer: '1.24',
  host: { memory: '64GiB', cpus: 16, disk: '2TiB', storage: 'nvme' },
  ops: { package: 'node_modules/pgfleet' },
  network: { base: '10.77' },
  allowances: { migrator: 2, monitor: 3, backup: 3 },
  assumptions: { operations_per_connection: 1, backend_overhead: '5MiB', manual_maintenance: 1, backup_ratio: 0.2 },
  roles: { analytics: { access: 'read-only', services: 'all', connections: 3, statement_timeout: '5 minutes' } },
  services: {
    orders: {
      summary: 'Orders',
      database: 'demo_orders',
      volume: 'orders-data',
      port: 5433,
      postgres: 17,
      workload: 'oltp',
      memory: '8GiB',
      cpus: 4,
      disk: '20GiB',
      pool: { port: 6433, mode: 'transaction', size: 20, reserve: 5, max_clients: 1000 },
      app: { role: 'demo_orders_service', privileges: { audit: ['select'], 'app.events': ['select', 'insert'] } },
      extensions: ['timescaledb', 'pg_stat_statements'],
      timescaledb: 'apache',
      schemas: ['app', 'audit'],
      sql: 'sql/orders',
      seed: 'seed/orders',
      readable: ['app', 'audit.trail'],
      references: { 'app.events.id': 'stock:stock.items.id' },
      settings: { checkpoint_timeout: '10min' },
      timeseries: { 'app.events': { column: 'at', chunk: '1 day', keep: '30 days', compliance: ['gdpr'] } },
      jobs: { tidy: { schedule: '5 4 * * *', call: 'CALL app.tidy()' } },
      retention: { 'audit.trail': { column: 'at', keep: '7 years', compliance: ['gdpr'] } },
      compliance: ['gdpr'],
      backup: { class: 'standard' },
      assumptions: { operations_per_connection: 1, backend_overhead: '5MiB', manual_maintenance: 1, backup_ratio: 0.2 },
    },
    stock: { port: 5434, memory: '2GiB', disk: '10GiB' },
  },
  applications: { shop: { image: 'registry.example/shop:1.0', uses: ['orders'] } },
  backup: {
    daily: { at: '02:00', keep: '30 days' },
    weekly: { on: 'sunday', at: '03:00', keep: '12 weeks' },
    monthly: { day: 1, at: '04:00', keep: '12 months' },
    verify: { on: 'monday', at: '05:00' },
    disk: '1TiB',
  },
  allow: [{ rule: 'schema-removed', target: 'orders/schema/old', reason: 'moved', expires: '2026-01-01' }],
}

export const sql = {
  'sql/orders/0001-tables.sql':
    'CREATE TABLE app.events (id bigint, at timestamptz NOT NULL);\nCREATE TABLE audit.trail (id bigint, at timestamptz NOT NULL);\n',
  'seed/orders/0001-events.sql': 'INSERT INTO app.events SELECT n, pg_temp.until() FROM generate_series(1, pg_temp.scale()) AS n;\n',
}

/** Another value that the schema takes, where it cannot be found from the schema alone. */
const others: Record<string, unknown> = {
  fleet: 'other',
  'host.memory': '9GiB',
  'host.cpus': 2,
  'host.disk': '25GiB',
  'network.base': '10.78',
  'assumptions.operations_per_connection': 40,
  'assumptions.backend_overhead': '200MiB',
  'assumptions.manual_maintenance': 16,
  'assumptions.backup_ratio': 2,
  'roles.*.services': ['orders'],
  'roles.*.statement_timeout': '9 minutes',
  'services.*.database': 'demo_other',
  'services.*.memory': '4GiB',
  'services.*.disk': '40GiB',
  'services.*.app.role': 'other_service',
  'services.*.extensions': ['timescaledb'],
  'services.*.extensions[]': 'pgaudit',
  'services.*.schemas': ['app', 'audit', 'more'],
  'services.*.schemas[]': 'more',
  'services.*.sql': 'sql/elsewhere',
  'services.*.seed': 'seed/elsewhere',
  'services.*.app.privileges.*': ['update'],
  'services.*.app.privileges.*[]': 'delete',
  'services.*.readable': ['app'],
  'services.*.readable[]': 'audit',
  'services.*.references.*': 'nowhere:stock.items.id',
  'services.*.settings.*': '20min',
  'services.*.timeseries.*.column': 'moment',
  'services.*.timeseries.*.chunk': '2 days',
  'services.*.timeseries.*.keep': '60 days',
  'services.*.timeseries.*.compliance': ['mifid'],
  'services.*.timeseries.*.compliance[]': 'mifid',
  'services.*.timeseries.*.compress_after': '7 days',
  'services.*.jobs.*.schedule': '6 4 * * *',
  'services.*.jobs.*.call': 'CALL app.tidy(2)',
  'services.*.retention.*.column': 'moment',
  'services.*.retention.*.keep': '8 years',
  'services.*.retention.*.compliance': ['mifid'],
  'services.*.retention.*.compliance[]': 'mifid',
  'services.*.compliance': ['gdpr', 'mifid'],
  'services.*.compliance[]': 'mifid',
  'services.*.assumptions.operations_per_connection': 40,
  'services.*.assumptions.backend_overhead': '200MiB',
  'services.*.assumptions.manual_maintenance': 16,
  'services.*.assumptions.backup_ratio': 2,
  'applications.*.image': 'registry.example/shop:2.0',
  'applications.*.uses': ['orders', 'stock'],
  'applications.*.uses[]': 'stock',
  'backup.daily.keep': '31 days',
  'backup.weekly.keep': '13 weeks',
  'backup.monthly.keep': '13 months',
  'backup.disk': '10GiB',
  allow: [],
  'allow[]': { rule: 'role-removed', target: 'orders/role/old', reason: 'moved', expires: '2026-01-01' },
  'allow[].rule': 'role-removed',
  'allow[].expires': '2026-02-01',
  'services.*.volume': 'other-data',
}

type Schema = {
  type?: string
  const?: unknown
  enum?: unknown[]
  properties?: Record<string, Schema>
  additionalProperties?: Schema | false
  items?: Schema
  maximum?: number
  description?: string
  pattern?: string
}
export type Field = { readonly name: string; readonly path: readonly (string | number)[]; readonly schema: Schema }

/** Every field of the schema, with the place of one value of it in `data`. */
function* fields(schema: Schema, data: unknown, name: string, path: (string | number)[]): Iterable<Field> {
  if (name) yield { name, path, schema }
  const record = (data ?? {}) as Record<string, unknown>
  for (const [key, child] of Object.entries(schema.properties ?? {}))
    yield* fields(child, record[key], name ? `${name}.${key}` : key, [...path, key])
  if (schema.additionalProperties) {
    const key = Object.keys(record)[0] ?? 'missing'
    yield* fields(schema.additionalProperties, record[key], `${name}.*`, [...path, key])
  }
  if (schema.items && Array.isArray(data)) yield* fields(schema.items, data[0], `${name}[]`, [...path, 0])
}

const schema = JSON.parse(readFileSync('schema/services.schema.json', 'utf8')) as Schema
export const leaves = [...fields(schema, full, '', [])].filter(({ schema }) => !schema.properties && !schema.additionalProperties)

/** Another value that the schema takes there. */
export function otherValue({ name, schema }: Field, value: unknown): unknown {
  if (name in others) return others[name]
  if ('const' in schema) return 99
  if (schema.enum) return schema.enum.find((one) => one !== value)
  if (schema.type === 'integer' || schema.type === 'number') return Number(value) + 1
  if (schema.pattern?.includes('[0-5]')) return '06:30'
  if (schema.type === 'string') return 'changed'
  throw new Error(`${name} needs an entry in \`others\``)
}

export const valueAt = (data: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((node, key) => (node as Record<string | number, unknown> | undefined)?.[key], data)

/** The fleet with one value in place of another. */
export function withValue(path: readonly (string | number)[], value: unknown): unknown {
  const copy = structuredClone(full) as unknown
  const parent = valueAt(copy, path.slice(0, -1)) as Record<string | number, unknown>
  parent[path.at(-1)!] = value
  return copy
}
