// The fleet that each row of changes.ts changes, and the few operations that an edit is made of.
import type { Config } from '../../schema/services.ts'

/** A services.yaml as data, with the SQL files beside it. */
export type Source = { readonly config: Config; readonly files: Readonly<Record<string, string>> }

/** `set`: values by path (`services/orders/memory`); undefined takes a field out. `files`: the same for files. `comment`: text at the end. */
export type Edit = {
  readonly set?: Readonly<Record<string, unknown>>
  readonly files?: Readonly<Record<string, string | undefined>>
  readonly comment?: string
}

/**
 * Two servers. That of `orders` has one processor, so nothing runs in parallel and its /dev/shm is always 64 MB; its work_mem is declared,
 * so it follows from nothing. That of `stock` has two processors and nothing declared: what moves one tuned number moves others.
 */
export const base: Source = {
  config: {
    version: 1,
    fleet: 'shop',
    host: { memory: '16GiB', cpus: 8, disk: '1TiB', storage: 'ssd' },
    roles: {
      reader: { access: 'read-only', services: ['orders'], connections: 3 },
      keeper: { access: 'admin', services: ['orders'], connections: 2 },
    },
    services: {
      orders: {
        summary: 'Orders',
        port: 25_600,
        pool: { port: 25_610 },
        memory: '2GiB',
        schemas: ['orders'],
        sql: 'sql/orders',
        app: { privileges: { 'orders.log': ['select', 'insert'] } },
        readable: ['orders.items', 'orders.log'],
        extensions: ['pg_trgm'],
        settings: { work_mem: '4MB' },
        timeseries: { 'orders.events': { column: 'at', keep: '90 days', compliance: ['gdpr'] } },
        retention: { 'orders.log': { column: 'at', keep: '60 days', compliance: ['gdpr'] } },
        jobs: { tidy: { schedule: '*/5 * * * *', call: 'CALL orders.tidy()' } },
      },
      stock: { port: 25_601, pool: { port: 25_611 }, memory: '1GiB', cpus: 2, schemas: ['stock', 'spare'] },
    },
    applications: { shop: { image: 'registry.example/shop:1.0', uses: ['orders'] } },
  },
  files: {
    'sql/orders/0001-orders.sql': `CREATE TABLE orders.items (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders.log (at timestamptz NOT NULL, what text NOT NULL);
CREATE TABLE orders.events (at timestamptz NOT NULL, what text NOT NULL);
CREATE TABLE orders.visits (at timestamptz NOT NULL, who text NOT NULL);
CREATE PROCEDURE orders.tidy() LANGUAGE sql AS 'DELETE FROM orders.visits WHERE false';
`,
  },
}

/** What is there after an edit. */
export function edited({ config, files }: Source, { set = {}, files: changed = {} }: Edit): Source {
  const copy = structuredClone(config) as unknown as Record<string, unknown>
  for (const [path, value] of Object.entries(set)) {
    const keys = path.split('/')
    const last = keys.pop()!
    let at = copy
    for (const key of keys) {
      at[key] ??= {}
      at = at[key] as Record<string, unknown>
    }
    if (value === undefined) delete at[last]
    else at[last] = value
  }
  const all = Object.entries({ ...files, ...changed }).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { config: copy as unknown as Config, files: Object.fromEntries(all) }
}

/** As a services.yaml: JSON is YAML. */
export const yamlOf = ({ config }: Source, comment = ''): string => `${JSON.stringify(config, undefined, 2)}\n${comment}`
