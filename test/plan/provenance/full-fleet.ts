/** A fleet of two services that has every kind of field, without errors. */
export const fullFleet = `version: 1
fleet: demo
postgres: 17
pgbouncer: "1.24"
host: { memory: 64GiB, cpus: 16, disk: 2TiB, storage: nvme }
ops: { package: node_modules/pgfleet }
network: { base: "10.77" }
allowances: { migrator: 2, monitor: 3, backup: 3 }
assumptions: { operations_per_connection: 1, backend_overhead: 5MiB }
roles:
  analytics: { access: read-only, services: all, connections: 4, statement_timeout: 5 minutes }
  admin: { access: admin, services: [orders] }
services:
  orders:
    summary: Orders
    database: demo_orders
    port: 5433
    workload: oltp
    memory: 8GiB
    cpus: 4
    disk: 20GiB
    pool: { port: 6433, mode: transaction, size: 20, reserve: 5, max_clients: 1000 }
    app: { role: demo_orders_service, privileges: { audit: [select], app.events: [select, insert] } }
    extensions: [timescaledb, pg_stat_statements]
    schemas: [app, audit]
    sql: sql/orders
    readable: [app, audit.trail]
    settings: { checkpoint_timeout: 10min, work_mem: 8MB }
    timeseries: { app.events: { column: at, chunk: 1 day, keep: 30 days } }
    jobs: { tidy: { schedule: "5 4 * * *", call: CALL app.tidy() } }
    retention: { audit.trail: { column: at, keep: 7 years } }
    compliance: [gdpr]
    backup: { class: critical }
  stock-items: { summary: Stock, port: 5434, memory: 2GiB, disk: 10GiB, workload: search }
applications:
  shop: { image: "registry.example/shop:1.0", uses: [orders, stock-items] }
backup:
  daily: { at: "02:00", keep: 30 days }
  weekly: { on: sunday, at: "03:00", keep: 12 weeks }
  monthly: { day: 1, at: "04:00", keep: 12 months }
  verify: { on: monday, at: "05:00" }
`

export const fullSql: Readonly<Record<string, string>> = {
  'sql/orders/0001-tables.sql':
    'CREATE TABLE app.events (\n  id bigint,\n  at timestamptz NOT NULL\n);\nCREATE TABLE audit.trail (id bigint, at timestamptz NOT NULL);\n',
  'sql/orders/0002-index.sql': 'CREATE INDEX events_id_idx ON app.events (id);\n',
}
