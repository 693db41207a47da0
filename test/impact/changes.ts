// Changes of a fleet and what they do, written by hand from the documentation of PostgreSQL and PgBouncer and from what our generators
// print; never read from what classifies. Three tests hold it against the world: predict.test.ts (diffFleets says the same),
// test/docker/impact-hash.test.ts (Compose makes anew what is called `recreate`) and test/docker/impact.test.ts (servers, poolers and clients
// notice just that).
//
// When a setting can change: https://www.postgresql.org/docs/current/view-pg-settings.html (context); a role: sql-alterrole.html and
// sql-alterdatabase.html (new sessions); a key of the pooler: https://www.pgbouncer.org/config.html and SHOW CONFIG (changeable).
import type { Effect, Impact } from '../../src/plan/changes/impact.ts'
import type { DestroyRule } from '../../src/plan/changes/types.ts'
import type { Edit } from './base.ts'

/**
 * One change that must be told. `note` and values are not compared. Names: `orders` (a service), `orders/memory`, `orders/shm_size`,
 * `orders/pool/size`, `orders/setting/work_mem`, `orders/role/reader` (a role on that server), `orders/privilege/reader` (its rights),
 * `orders/schema/audit`, `orders/extension/citext`, `orders/retention/orders.log`, `orders/timeseries/orders.events`,
 * `orders/job/tidy`, `orders/sql/0002-price.sql`, `application/shop`, `backup/daily`, `host/memory`, `network/base`, `fleet/name`.
 */
export type Expected = {
  readonly target: string
  readonly impact: Impact
  readonly security?: true
  readonly rule?: DestroyRule
}

/** What becomes of a container, and of the process in it. */
export type Fate = Effect | 'created' | 'removed'

export type FleetChange = {
  readonly name: string
  /** On both sides: the base is another one. */
  readonly given?: Edit
  readonly edit: Edit
  /** What no services.yaml changes, only another version of pgfleet: text of a generated file of the head. */
  readonly patch?: { readonly path: string; readonly from: string; readonly to: string }
  /** Every target that is not `none`, and those that are and must be told; all settings that change, the tuned ones, too. */
  readonly expect: readonly Expected[]
  /** More targets follow that need not be told one by one. */
  readonly more?: true
  /** By the name of the Compose service; `none` for those left out. */
  readonly containers: Readonly<Record<string, Fate>>
  /** Networks with another definition: `up` leaves them as they are, so it takes a `down` first. */
  readonly networks?: readonly string[]
}

const orders = (path: string, value: unknown): Edit => ({ set: { [`services/orders/${path}`]: value } })
const setting = (name: string, value: unknown): Edit => orders(`settings/${name}`, value)

/**
 * The container of a server is made anew. Compose makes those anew that depend on it, too, though nothing of theirs changed: its pooler goes
 * with it, and whoever is connected there. (`config --hash` and the label of the pooler are the same before and after.)
 */
const serverAnew = (key: string): FleetChange['containers'] => ({ [`postgres-${key}`]: 'recreate', [`pgbouncer-${key}`]: 'recreate' })

/** A declared setting of `orders` alone. */
const reloads = (name: string, value: unknown): FleetChange => ({
  name: `${name} can change at a reload`,
  edit: setting(name, value),
  expect: [{ target: `orders/setting/${name}`, impact: 'reload' }],
  containers: { 'postgres-orders': 'reload' },
})
const newSessions = (name: string, value: unknown): FleetChange => ({
  name: `${name} is fixed when a session begins`,
  edit: setting(name, value),
  expect: [{ target: `orders/setting/${name}`, impact: 'new-sessions' }],
  containers: { 'postgres-orders': 'new-sessions' },
})
const restarts = (name: string, value: unknown): FleetChange => ({
  name: `${name} is fixed when the server starts`,
  edit: setting(name, value),
  expect: [{ target: `orders/setting/${name}`, impact: 'restart' }],
  containers: { 'postgres-orders': 'restart' },
})

const nothing: FleetChange[] = [
  { name: 'a comment', edit: { comment: '# Looked through in May.\n' }, expect: [], containers: {} },
  { name: 'the same memory in another unit', edit: setting('work_mem', '4096kB'), expect: [], containers: {} },
  { name: 'a default written out', edit: orders('cpus', 1), expect: [], containers: {} },
  {
    name: 'fields left out that say what is the default',
    edit: { set: { 'services/orders/summary': undefined, 'services/orders/pool': undefined } },
    given: { set: { 'services/orders/summary': '', 'services/orders/pool': { port: 26_600 } } },
    expect: [],
    containers: {},
  },
  {
    name: 'a summary',
    edit: orders('summary', 'Orders and invoices'),
    expect: [{ target: 'orders/summary', impact: 'none' }],
    containers: {},
  },
  {
    name: 'a second regulation: auditing is on already',
    given: orders('compliance', ['gdpr']),
    edit: orders('compliance', ['gdpr', 'aml']),
    expect: [{ target: 'orders/compliance', impact: 'none' }],
    containers: {},
  },
  {
    name: 'memory of the host',
    edit: { set: { 'host/memory': '32GiB' } },
    expect: [{ target: 'host/memory', impact: 'none' }],
    containers: {},
  },
  { name: 'processors of the host', edit: { set: { 'host/cpus': 16 } }, expect: [{ target: 'host/cpus', impact: 'none' }], containers: {} },
  { name: 'disk of the host', edit: { set: { 'host/disk': '2TiB' } }, expect: [{ target: 'host/disk', impact: 'none' }], containers: {} },
  {
    name: 'an assumption that only a proof uses',
    edit: orders('assumptions', { operations_per_connection: 2 }),
    expect: [{ target: 'orders/assumptions', impact: 'none' }],
    containers: {},
  },
  {
    name: 'a reference to another service: `pgfleet orphans` looks at it, nobody else',
    given: {
      files: { 'sql/stock/0001-parts.sql': 'CREATE TABLE stock.parts (id bigint PRIMARY KEY);\n' },
      set: { 'services/stock/sql': 'sql/stock' },
    },
    edit: orders('references', { 'orders.items.id': 'stock:stock.parts.id' }),
    expect: [{ target: 'orders/reference/orders.items.id', impact: 'none' }],
    containers: {},
  },
]

/** Ops reads its crontab every minute, and out/ops/fleet.json with each command: nothing is started anew. */
const schedules: FleetChange[] = [
  {
    name: 'the time of the nightly backup',
    edit: { set: { 'backup/daily/at': '03:30' } },
    expect: [{ target: 'backup/daily', impact: 'none' }],
    containers: {},
  },
  {
    name: 'backups kept longer',
    edit: { set: { 'backup/daily/keep': '60 days' } },
    expect: [{ target: 'backup/daily', impact: 'none' }],
    containers: {},
  },
  {
    name: 'the day of the weekly backup',
    edit: { set: { 'backup/weekly/on': 'monday' } },
    expect: [{ target: 'backup/weekly', impact: 'none' }],
    containers: {},
  },
  {
    name: 'the time of the verification',
    edit: { set: { 'backup/verify/at': '06:00' } },
    expect: [{ target: 'backup/verify', impact: 'none' }],
    containers: {},
  },
  {
    name: 'backups verified every night',
    edit: orders('backup/class', 'critical'),
    expect: [{ target: 'orders/backup', impact: 'none' }],
    containers: {},
  },
  {
    name: 'the schedule of a job',
    edit: orders('jobs/tidy/schedule', '0 * * * *'),
    expect: [{ target: 'orders/job/tidy', impact: 'none' }],
    containers: {},
  },
  {
    name: 'a new job',
    edit: orders('jobs/tidy-more', { schedule: '30 4 * * *', call: 'CALL orders.tidy()' }),
    expect: [{ target: 'orders/job/tidy-more', impact: 'none' }],
    containers: {},
  },
  { name: 'a job less', edit: orders('jobs', undefined), expect: [{ target: 'orders/job/tidy', impact: 'none' }], containers: {} },
]

const settings: FleetChange[] = [
  // Contexts user, superuser, sighup.
  reloads('work_mem', '5MB'),
  reloads('random_page_cost', 2),
  reloads('idle_in_transaction_session_timeout', '10min'),
  reloads('statement_timeout', '10min'),
  reloads('jit', true),
  reloads('log_min_duration_statement', '250ms'),
  reloads('deadlock_timeout', '2s'),
  reloads('log_statement', 'ddl'),
  reloads('temp_file_limit', '10GB'),
  reloads('checkpoint_timeout', '10min'),
  reloads('autovacuum_naptime', '30s'),
  reloads('bgwriter_delay', '100ms'),
  // cpus is 1: nothing is parallel, and no shared memory follows from these two.
  reloads('hash_mem_multiplier', 1.5),
  reloads('maintenance_work_mem', '96MB'),
  {
    name: 'a setting that another one is tuned by',
    edit: setting('max_wal_size', '2GB'),
    expect: [
      { target: 'orders/setting/max_wal_size', impact: 'reload' },
      { target: 'orders/setting/min_wal_size', impact: 'reload' },
    ],
    containers: { 'postgres-orders': 'reload' },
  },
  {
    name: 'a declared setting taken out: the tuned value comes back',
    given: setting('checkpoint_timeout', '10min'),
    edit: setting('checkpoint_timeout', undefined),
    expect: [{ target: 'orders/setting/checkpoint_timeout', impact: 'reload' }],
    containers: { 'postgres-orders': 'reload' },
  },
  // Contexts superuser-backend and backend.
  newSessions('log_connections', true),
  newSessions('log_disconnections', true),
  newSessions('jit_debugging_support', true),
  newSessions('post_auth_delay', '1s'),
  // Context postmaster.
  restarts('shared_buffers', '640MB'),
  restarts('wal_level', 'logical'),
  restarts('wal_buffers', '8MB'),
  restarts('huge_pages', 'try'),
  restarts('max_worker_processes', 10),
  restarts('max_wal_senders', 12),
  restarts('max_replication_slots', 12),
  restarts('max_prepared_transactions', 5),
  restarts('max_locks_per_transaction', 128),
  restarts('track_activity_query_size', '2kB'),
  restarts('track_commit_timestamp', true),
  restarts('max_files_per_process', 900),
  {
    name: 'autovacuum_max_workers of 17 is fixed when the server starts; what each may use follows at a reload',
    edit: setting('autovacuum_max_workers', 4),
    expect: [
      { target: 'orders/setting/autovacuum_max_workers', impact: 'restart' },
      { target: 'orders/setting/autovacuum_work_mem', impact: 'reload' },
    ],
    containers: { 'postgres-orders': 'restart' },
  },
  {
    // https://www.postgresql.org/docs/18/release-18.html: "Allow the server variable autovacuum_max_workers to be changed without a restart".
    name: 'autovacuum_max_workers of 18 can change at a reload',
    given: orders('postgres', 18),
    edit: setting('autovacuum_max_workers', 4),
    expect: [
      { target: 'orders/setting/autovacuum_max_workers', impact: 'reload' },
      { target: 'orders/setting/autovacuum_work_mem', impact: 'reload' },
    ],
    containers: { 'postgres-orders': 'reload' },
  },
  {
    name: 'autovacuum_worker_slots of 18 is fixed when the server starts',
    given: orders('postgres', 18),
    edit: setting('autovacuum_worker_slots', 20),
    expect: [{ target: 'orders/setting/autovacuum_worker_slots', impact: 'restart' }],
    containers: { 'postgres-orders': 'restart' },
  },
]

/** Fields that are turned into settings. */
const tuned: FleetChange[] = [
  {
    name: 'expected size: room for WAL',
    edit: orders('disk', '40GiB'),
    expect: [
      { target: 'orders/disk', impact: 'none' },
      { target: 'orders/setting/max_wal_size', impact: 'reload' },
      { target: 'orders/setting/min_wal_size', impact: 'reload' },
    ],
    containers: { 'postgres-orders': 'reload' },
  },
  {
    name: 'another disk under all servers',
    edit: { set: { 'host/storage': 'nvme' } },
    expect: [
      { target: 'host/storage', impact: 'none' },
      { target: 'orders/setting/effective_io_concurrency', impact: 'reload' },
      { target: 'stock/setting/effective_io_concurrency', impact: 'reload' },
    ],
    containers: { 'postgres-orders': 'reload', 'postgres-stock': 'reload' },
  },
  {
    name: 'another kind of work',
    edit: orders('workload', 'search'),
    expect: [
      { target: 'orders/workload', impact: 'none' },
      { target: 'orders/setting/autovacuum_vacuum_scale_factor', impact: 'reload' },
      { target: 'orders/setting/autovacuum_analyze_scale_factor', impact: 'reload' },
      { target: 'orders/setting/max_wal_size', impact: 'reload' },
      { target: 'orders/setting/min_wal_size', impact: 'reload' },
    ],
    containers: { 'postgres-orders': 'reload' },
  },
  {
    name: 'the first regulation: who connects is logged',
    edit: orders('compliance', ['gdpr']),
    expect: [
      { target: 'orders/compliance', impact: 'none' },
      { target: 'orders/setting/log_connections', impact: 'new-sessions' },
      { target: 'orders/setting/log_disconnections', impact: 'new-sessions' },
    ],
    containers: { 'postgres-orders': 'new-sessions' },
  },
  {
    // Half of work_mem for twice the operations: /dev/shm stays what it was.
    name: 'an assumption that work_mem follows from',
    edit: { set: { 'services/stock/assumptions': { operations_per_connection: 2 } } },
    expect: [
      { target: 'stock/assumptions', impact: 'none' },
      { target: 'stock/setting/work_mem', impact: 'reload' },
    ],
    containers: { 'postgres-stock': 'reload' },
  },
]

/** CONNECTION LIMIT and ALTER ROLE SET count for new sessions; memberships and privileges for all. */
const access: FleetChange[] = [
  {
    name: 'a longer statement timeout of a role',
    edit: { set: { 'roles/reader/statement_timeout': '10 minutes' } },
    expect: [{ target: 'role/reader', impact: 'new-sessions' }],
    containers: { 'postgres-orders': 'new-sessions' },
  },
  {
    name: 'a connection handed from one role to another: the sum stays',
    edit: { set: { 'roles/reader/connections': 4, 'roles/keeper/connections': 1 } },
    expect: [
      { target: 'role/reader', impact: 'new-sessions' },
      { target: 'role/keeper', impact: 'new-sessions' },
    ],
    containers: { 'postgres-orders': 'new-sessions' },
  },
  {
    name: 'a role that read may now administer',
    edit: { set: { 'roles/reader/access': 'admin' } },
    expect: [{ target: 'role/reader', impact: 'new-sessions', security: true }],
    more: true,
    containers: { 'postgres-orders': 'new-sessions' },
  },
  {
    name: 'a new role: max_connections follows',
    edit: { set: { 'roles/auditor': { access: 'read-only', services: ['orders'], connections: 2 } } },
    expect: [
      { target: 'role/auditor', impact: 'reload', security: true },
      { target: 'orders/setting/max_connections', impact: 'restart' },
    ],
    containers: { 'postgres-orders': 'restart' },
  },
  {
    name: 'a new role whose connections the pool gives up: nothing starts anew',
    edit: {
      set: {
        'roles/auditor': { access: 'read-only', services: ['orders'], connections: 2 },
        'services/orders/pool/size': 18,
      },
    },
    expect: [
      { target: 'role/auditor', impact: 'reload', security: true },
      { target: 'orders/pool/size', impact: 'pooler-reload' },
    ],
    containers: { 'postgres-orders': 'reload', 'pgbouncer-orders': 'pooler-reload' },
  },
  {
    // Its server runs in parallel: work_mem pays for the connections, and /dev/shm follows work_mem.
    name: 'a read-only role on one more server',
    edit: { set: { 'roles/reader/services': ['orders', 'stock'] } },
    expect: [
      { target: 'stock/role/reader', impact: 'reload', security: true },
      { target: 'stock/setting/max_connections', impact: 'restart' },
      { target: 'stock/setting/work_mem', impact: 'reload' },
      { target: 'stock/shm_size', impact: 'recreate' },
    ],
    containers: serverAnew('stock'),
  },
  {
    name: 'one more connection of the monitor, on all servers',
    edit: { set: { allowances: { monitor: 4 } } },
    expect: [
      { target: 'orders/setting/max_connections', impact: 'restart' },
      { target: 'allowance/monitor', impact: 'new-sessions' },
      { target: 'stock/setting/max_connections', impact: 'restart' },
      { target: 'stock/setting/work_mem', impact: 'reload' },
      { target: 'stock/shm_size', impact: 'recreate' },
    ],
    containers: { 'postgres-orders': 'restart', ...serverAnew('stock') },
  },
  {
    name: 'the application may do more with a table',
    edit: orders('app/privileges', { 'orders.log': ['select', 'insert', 'update'] }),
    expect: [{ target: 'orders/privilege/shop_orders_service', impact: 'reload', security: true }],
    containers: { 'postgres-orders': 'reload' },
  },
  {
    name: 'the application may do less with a table',
    edit: orders('app/privileges', { 'orders.log': ['insert'] }),
    expect: [{ target: 'orders/privilege/shop_orders_service', impact: 'reload' }],
    containers: { 'postgres-orders': 'reload' },
  },
  {
    name: 'a table that the application had less of: its schema counts again',
    edit: orders('app', undefined),
    expect: [{ target: 'orders/privilege/shop_orders_service', impact: 'reload', security: true }],
    containers: { 'postgres-orders': 'reload' },
  },
  {
    name: 'one more table can be read',
    edit: orders('readable', ['orders.items', 'orders.log', 'orders.visits']),
    expect: [{ target: 'orders/privilege/reader', impact: 'reload', security: true }],
    containers: { 'postgres-orders': 'reload' },
  },
  {
    name: 'one table less can be read',
    edit: orders('readable', ['orders.items']),
    expect: [{ target: 'orders/privilege/reader', impact: 'reload' }],
    containers: { 'postgres-orders': 'reload' },
  },
  {
    name: 'no list of what can be read: everything is',
    edit: orders('readable', undefined),
    expect: [{ target: 'orders/privilege/reader', impact: 'reload', security: true }],
    containers: { 'postgres-orders': 'reload' },
  },
]

const database: FleetChange[] = [
  {
    name: 'an extension of PostgreSQL itself that nothing preloads',
    edit: orders('extensions', ['pg_trgm', 'citext']),
    expect: [{ target: 'orders/extension/citext', impact: 'reload' }],
    containers: { 'postgres-orders': 'reload' },
  },
  {
    name: 'an extension that is preloaded',
    edit: orders('extensions', ['pg_trgm', 'pg_stat_statements']),
    expect: [
      { target: 'orders/extension/pg_stat_statements', impact: 'restart' },
      { target: 'orders/setting/shared_preload_libraries', impact: 'restart' },
      { target: 'orders/setting/pg_stat_statements.max', impact: 'restart' },
      { target: 'orders/setting/pg_stat_statements.track', impact: 'reload' },
    ],
    containers: { 'postgres-orders': 'restart' },
  },
  {
    name: 'an extension with a package of its own: another image',
    edit: orders('extensions', ['pg_trgm', 'hypopg']),
    expect: [{ target: 'orders/extension/hypopg', impact: 'recreate' }],
    containers: serverAnew('orders'),
  },
  {
    name: 'an extension with a package that is preloaded',
    edit: orders('extensions', ['pg_trgm', 'pgaudit']),
    expect: [
      { target: 'orders/extension/pgaudit', impact: 'recreate' },
      { target: 'orders/setting/shared_preload_libraries', impact: 'restart' },
      { target: 'orders/setting/pgaudit.log', impact: 'reload' },
      { target: 'orders/setting/pgaudit.log_parameter', impact: 'reload' },
    ],
    containers: serverAnew('orders'),
  },
  {
    // ALTER DATABASE SET search_path counts for new sessions.
    name: 'a new schema: open sessions do not look into it',
    edit: orders('schemas', ['orders', 'invoices']),
    expect: [{ target: 'orders/schema/invoices', impact: 'new-sessions' }],
    containers: { 'postgres-orders': 'new-sessions' },
  },
  {
    name: 'the order of schemas: the search path of new sessions',
    edit: { set: { 'services/stock/schemas': ['spare', 'stock'] } },
    expect: [{ target: 'stock/search_path', impact: 'new-sessions' }],
    containers: { 'postgres-stock': 'new-sessions' },
  },
  {
    name: 'new SQL',
    edit: { files: { 'sql/orders/0002-price.sql': 'ALTER TABLE orders.items ADD COLUMN price numeric;\n' } },
    expect: [{ target: 'orders/sql/0002-price.sql', impact: 'migration' }],
    containers: { 'postgres-orders': 'reload' },
  },
  {
    name: 'the first SQL of a service',
    edit: {
      files: { 'sql/stock/0001-parts.sql': 'CREATE TABLE stock.parts (id bigint PRIMARY KEY);\n' },
      set: { 'services/stock/sql': 'sql/stock' },
    },
    expect: [{ target: 'stock/sql/0001-parts.sql', impact: 'migration' }],
    containers: { 'postgres-stock': 'reload' },
  },
  {
    name: 'a table that grows by time: an index is built while writers wait',
    edit: orders('timeseries/orders.visits', { column: 'at' }),
    expect: [{ target: 'orders/timeseries/orders.visits', impact: 'migration' }],
    containers: { 'postgres-orders': 'reload' },
  },
  {
    name: 'rows kept longer',
    edit: orders('retention/orders.log/keep', '90 days'),
    expect: [{ target: 'orders/retention/orders.log', impact: 'reload' }],
    containers: { 'postgres-orders': 'reload' },
  },
  {
    name: 'rows kept for ever from now on',
    edit: orders('retention', undefined),
    expect: [{ target: 'orders/retention/orders.log', impact: 'reload' }],
    containers: { 'postgres-orders': 'reload' },
  },
]

/**
 * PgBouncer takes all of a pool at a RELOAD. Its container has a limit of files, max_clients + 2 x size + reserve + 101 in steps of 1024, and
 * one of memory, 32 MiB + 64 kiB for each client in steps of 32 MiB: 2048 files and 96 MiB here, enough for 1024 clients.
 */
const pools: FleetChange[] = [
  {
    name: 'connections are given back after the session',
    edit: orders('pool/mode', 'session'),
    expect: [{ target: 'orders/pool/mode', impact: 'pooler-reload' }],
    containers: { 'pgbouncer-orders': 'pooler-reload' },
  },
  {
    name: 'connections are given back after each statement',
    edit: orders('pool/mode', 'statement'),
    expect: [{ target: 'orders/pool/mode', impact: 'pooler-reload' }],
    containers: { 'pgbouncer-orders': 'pooler-reload' },
  },
  {
    name: 'size and reserve traded against each other: the sum stays',
    edit: { set: { 'services/orders/pool/size': 21, 'services/orders/pool/reserve': 4 } },
    expect: [
      { target: 'orders/pool/size', impact: 'pooler-reload' },
      { target: 'orders/pool/reserve', impact: 'pooler-reload' },
    ],
    containers: { 'pgbouncer-orders': 'pooler-reload' },
  },
  {
    // The same values under the names of that version; the program is Debian's in any case.
    name: 'another version of PgBouncer in the files',
    edit: { set: { pgbouncer: '1.23' } },
    expect: [{ target: 'fleet/pgbouncer', impact: 'pooler-reload' }],
    containers: { 'pgbouncer-orders': 'pooler-reload', 'pgbouncer-stock': 'pooler-reload' },
  },
  {
    name: 'a key that PgBouncer reads at its start',
    edit: {},
    patch: { path: 'infrastructure/postgres/connection-pools.conf', from: 'listen_backlog = 1024', to: 'listen_backlog = 2048' },
    expect: [],
    more: true,
    containers: { 'pgbouncer-orders': 'pooler-restart', 'pgbouncer-stock': 'pooler-restart' },
  },
  {
    name: 'a key that PgBouncer reads at a reload',
    edit: {},
    patch: { path: 'infrastructure/postgres/connection-pools.conf', from: 'query_wait_timeout = 120', to: 'query_wait_timeout = 60' },
    expect: [],
    more: true,
    containers: { 'pgbouncer-orders': 'pooler-reload', 'pgbouncer-stock': 'pooler-reload' },
  },
  {
    name: 'a larger pool: max_connections follows',
    edit: orders('pool/size', 25),
    expect: [
      { target: 'orders/pool/size', impact: 'pooler-reload' },
      { target: 'orders/setting/max_connections', impact: 'restart' },
    ],
    containers: { 'postgres-orders': 'restart', 'pgbouncer-orders': 'pooler-reload' },
  },
  {
    name: 'a larger reserve: max_connections follows',
    edit: orders('pool/reserve', 6),
    expect: [
      { target: 'orders/pool/reserve', impact: 'pooler-reload' },
      { target: 'orders/setting/max_connections', impact: 'restart' },
    ],
    containers: { 'postgres-orders': 'restart', 'pgbouncer-orders': 'pooler-reload' },
  },
  {
    // 1900 + 2 x 20 + 5 + 101 is 2046.
    name: 'a larger pool that needs more files than the step has',
    given: orders('pool/max_clients', 1900),
    edit: orders('pool/size', 22),
    expect: [
      { target: 'orders/pool/size', impact: 'recreate' },
      { target: 'orders/setting/max_connections', impact: 'restart' },
    ],
    containers: { 'postgres-orders': 'restart', 'pgbouncer-orders': 'recreate' },
  },
  {
    name: 'a few more clients: files and memory are there',
    edit: orders('pool/max_clients', 1024),
    expect: [{ target: 'orders/pool/max_clients', impact: 'pooler-reload' }],
    containers: { 'pgbouncer-orders': 'pooler-reload' },
  },
  {
    name: 'twice the clients: more files and memory for the pooler',
    edit: orders('pool/max_clients', 2000),
    expect: [{ target: 'orders/pool/max_clients', impact: 'recreate' }],
    containers: { 'pgbouncer-orders': 'recreate' },
  },
  {
    name: 'another port of the pool',
    edit: orders('pool/port', 25_620),
    expect: [{ target: 'orders/pool/port', impact: 'recreate' }],
    containers: { 'pgbouncer-orders': 'recreate' },
  },
]

const containers: FleetChange[] = [
  {
    name: 'more memory: the tuning follows',
    edit: orders('memory', '3GiB'),
    expect: [
      { target: 'orders/memory', impact: 'recreate' },
      { target: 'orders/setting/shared_buffers', impact: 'restart' },
      { target: 'orders/setting/effective_cache_size', impact: 'reload' },
      { target: 'orders/setting/maintenance_work_mem', impact: 'reload' },
      { target: 'orders/setting/autovacuum_work_mem', impact: 'reload' },
    ],
    containers: serverAnew('orders'),
  },
  {
    name: 'half a processor more: only its share',
    edit: orders('cpus', 1.5),
    expect: [{ target: 'orders/cpus', impact: 'recreate' }],
    containers: serverAnew('orders'),
  },
  {
    // From four on there is one worker per processor, below it PostgreSQL's eight.
    name: 'four processors: parallel queries, and shared memory for them',
    edit: orders('cpus', 4),
    expect: [
      { target: 'orders/cpus', impact: 'recreate' },
      { target: 'orders/shm_size', impact: 'recreate' },
      { target: 'orders/setting/max_worker_processes', impact: 'restart' },
      { target: 'orders/setting/max_parallel_workers', impact: 'reload' },
      { target: 'orders/setting/max_parallel_workers_per_gather', impact: 'reload' },
      { target: 'orders/setting/max_parallel_maintenance_workers', impact: 'reload' },
    ],
    containers: serverAnew('orders'),
  },
  {
    name: 'work_mem where queries run in parallel: /dev/shm follows',
    edit: { set: { 'services/stock/settings': { work_mem: '4MB' } } },
    expect: [
      { target: 'stock/setting/work_mem', impact: 'reload' },
      { target: 'stock/shm_size', impact: 'recreate' },
    ],
    containers: serverAnew('stock'),
  },
  {
    name: 'no parallel queries any more: /dev/shm follows',
    edit: { set: { 'services/stock/settings': { max_parallel_workers_per_gather: 0 } } },
    expect: [
      { target: 'stock/setting/max_parallel_workers_per_gather', impact: 'reload' },
      { target: 'stock/shm_size', impact: 'recreate' },
    ],
    containers: serverAnew('stock'),
  },
  {
    // Its networks lie where its port says.
    name: 'another port of the server: other networks',
    edit: orders('port', 25_650),
    expect: [{ target: 'orders/port', impact: 'recreate' }],
    more: true,
    containers: { 'postgres-orders': 'recreate', 'pgbouncer-orders': 'recreate', ops: 'recreate', shop: 'recreate' },
    networks: ['orders-application', 'orders-database'],
  },
  {
    name: 'other addresses for all',
    edit: { set: { 'network/base': '10.78' } },
    expect: [{ target: 'network/base', impact: 'recreate' }],
    more: true,
    containers: {
      'postgres-orders': 'recreate',
      'pgbouncer-orders': 'recreate',
      'postgres-stock': 'recreate',
      'pgbouncer-stock': 'recreate',
      ops: 'recreate',
      shop: 'recreate',
    },
    networks: ['edge', 'orders-application', 'orders-database', 'stock-application', 'stock-database'],
  },
  {
    name: 'a new service: ops joins its network',
    edit: { set: { 'services/returns': { port: 25_602, memory: '1GiB' } } },
    expect: [
      { target: 'returns', impact: 'none' },
      { target: 'container/ops', impact: 'recreate' },
    ],
    containers: { 'postgres-returns': 'created', 'pgbouncer-returns': 'created', ops: 'recreate' },
  },
  {
    // Twelve ends, the gateway and three other addresses fill a /28.
    name: 'the seventh service: the edge network is too small and all that publish a port join another',
    given: { set: Object.fromEntries([3, 4, 5, 6].map((n) => [`services/s${n}`, { port: 25_600 + n, memory: '1GiB' }])) },
    edit: { set: { 'services/s7': { port: 25_607, memory: '1GiB' } } },
    expect: [
      { target: 's7', impact: 'none' },
      { target: 'network/edge', impact: 'recreate' },
      { target: 'container/ops', impact: 'recreate' },
    ],
    more: true,
    containers: {
      ...Object.fromEntries(
        ['orders', 'stock', 's3', 's4', 's5', 's6'].flatMap((key) => [
          [`postgres-${key}`, 'recreate'],
          [`pgbouncer-${key}`, 'recreate'],
        ]),
      ),
      'postgres-s7': 'created',
      'pgbouncer-s7': 'created',
      ops: 'recreate',
    },
    networks: ['edge'],
  },
]

const applications: FleetChange[] = [
  {
    name: 'another image of an application',
    edit: { set: { 'applications/shop/image': 'registry.example/shop:1.1' } },
    expect: [{ target: 'application/shop', impact: 'recreate' }],
    containers: { shop: 'recreate' },
  },
  {
    name: 'an application uses one more service',
    edit: { set: { 'applications/shop/uses': ['orders', 'stock'] } },
    expect: [{ target: 'application/shop', impact: 'recreate', security: true }],
    containers: { shop: 'recreate' },
  },
  {
    name: 'an application uses none any more',
    edit: { set: { 'applications/shop/uses': [] } },
    expect: [{ target: 'application/shop', impact: 'recreate' }],
    containers: { shop: 'recreate' },
  },
  {
    name: 'a new application',
    edit: { set: { 'applications/desk': { image: 'registry.example/desk:1.0', uses: ['stock'] } } },
    expect: [{ target: 'application/desk', impact: 'none', security: true }],
    containers: { desk: 'created' },
  },
]

/** `stock` under another key. */
const goods = { port: 25_601, pool: { port: 25_611 }, memory: '1GiB', cpus: 2, schemas: ['stock', 'spare'], database: 'shop_stock' }
const renamed: FleetChange['containers'] = {
  'postgres-stock': 'removed',
  'pgbouncer-stock': 'removed',
  'postgres-goods': 'created',
  'pgbouncer-goods': 'created',
  ops: 'recreate',
}

const destruction: FleetChange[] = [
  {
    name: 'a service less',
    edit: { set: { 'services/stock': undefined } },
    expect: [
      { target: 'stock', impact: 'destroy', rule: 'service-removed' },
      { target: 'container/ops', impact: 'recreate' },
    ],
    containers: { 'postgres-stock': 'removed', 'pgbouncer-stock': 'removed', ops: 'recreate' },
  },
  {
    name: 'another database: the old one is left behind, and no server makes the new one',
    edit: { set: { 'services/stock/database': 'warehouse' } },
    expect: [{ target: 'stock/database/shop_stock', impact: 'destroy', rule: 'database-replaced' }],
    more: true,
    containers: serverAnew('stock'),
  },
  {
    // The volume is named after the key.
    name: 'another key with the same database: an empty volume',
    given: { set: { 'services/stock/database': 'shop_stock' } },
    edit: { set: { 'services/stock': undefined, 'services/goods': goods } },
    expect: [{ target: 'stock', impact: 'destroy', rule: 'service-removed' }],
    more: true,
    containers: renamed,
  },
  {
    name: 'another key with the same database and volume: a rename',
    given: { set: { 'services/stock/database': 'shop_stock', 'services/stock/volume': 'stock-data' } },
    edit: { set: { 'services/stock': undefined, 'services/goods': { ...goods, volume: 'stock-data' } } },
    expect: [{ target: 'goods+stock/renamed', impact: 'recreate' }],
    more: true,
    containers: renamed,
  },
  {
    name: 'another volume',
    edit: { set: { 'services/stock/volume': 'stock-data-2' } },
    expect: [{ target: 'stock/volume', impact: 'destroy', rule: 'volume-replaced' }],
    containers: serverAnew('stock'),
  },
  {
    // Another project for Compose: other containers, networks and volumes; and other databases.
    name: 'another name of the fleet',
    edit: { set: { fleet: 'store' } },
    expect: [{ target: 'fleet/name', impact: 'destroy', rule: 'volume-replaced' }],
    more: true,
    containers: {
      'postgres-orders': 'recreate',
      'pgbouncer-orders': 'recreate',
      'postgres-stock': 'recreate',
      'pgbouncer-stock': 'recreate',
      ops: 'recreate',
      shop: 'recreate',
    },
  },
  {
    name: 'a schema less',
    edit: { set: { 'services/stock/schemas': ['stock'] } },
    expect: [{ target: 'stock/schema/spare', impact: 'destroy', rule: 'schema-removed' }],
    more: true,
    containers: { 'postgres-stock': 'new-sessions' },
  },
  {
    name: 'a role less: max_connections follows',
    edit: { set: { 'roles/keeper': undefined } },
    expect: [
      { target: 'role/keeper', impact: 'destroy', rule: 'role-removed' },
      { target: 'orders/setting/max_connections', impact: 'restart' },
    ],
    containers: { 'postgres-orders': 'restart' },
  },
  {
    // The connection string of the application is read when its container is made.
    name: 'another name of the application role',
    edit: orders('app/role', 'shop_orders_app'),
    expect: [{ target: 'orders/role/shop_orders_service', impact: 'destroy', rule: 'role-removed' }],
    more: true,
    containers: { 'postgres-orders': 'reload', shop: 'recreate' },
  },
  {
    name: 'an extension less',
    edit: orders('extensions', []),
    expect: [{ target: 'orders/extension/pg_trgm', impact: 'destroy', rule: 'extension-removed' }],
    containers: { 'postgres-orders': 'reload' },
  },
  {
    name: 'an extension less that was preloaded',
    given: orders('extensions', ['pg_trgm', 'pg_stat_statements']),
    edit: orders('extensions', ['pg_trgm']),
    expect: [
      { target: 'orders/extension/pg_stat_statements', impact: 'destroy', rule: 'extension-removed' },
      { target: 'orders/setting/shared_preload_libraries', impact: 'restart' },
      { target: 'orders/setting/pg_stat_statements.max', impact: 'restart' },
      { target: 'orders/setting/pg_stat_statements.track', impact: 'reload' },
    ],
    containers: { 'postgres-orders': 'restart' },
  },
  {
    // Nothing drops it, and its library goes with the image: event triggers of it would keep the script from running. DROP EXTENSION first.
    name: 'an extension less whose package goes',
    given: orders('extensions', ['pg_trgm', 'pgaudit']),
    edit: orders('extensions', ['pg_trgm']),
    expect: [
      { target: 'orders/extension/pgaudit', impact: 'destroy', security: true, rule: 'extension-removed' },
      { target: 'orders/setting/shared_preload_libraries', impact: 'restart' },
      { target: 'orders/setting/pgaudit.log', impact: 'reload', security: true },
      { target: 'orders/setting/pgaudit.log_parameter', impact: 'reload' },
    ],
    containers: serverAnew('orders'),
  },
  {
    name: 'rows kept for a shorter time',
    edit: orders('retention/orders.log/keep', '30 days'),
    expect: [{ target: 'orders/retention/orders.log', impact: 'destroy', rule: 'retention-shortened' }],
    containers: { 'postgres-orders': 'reload' },
  },
  {
    name: 'rows that were kept for ever',
    edit: orders('retention/orders.visits', { column: 'at', keep: '1 year' }),
    expect: [{ target: 'orders/retention/orders.visits', impact: 'destroy', rule: 'retention-shortened' }],
    containers: { 'postgres-orders': 'reload' },
  },
  {
    name: 'a time series kept for a shorter time',
    edit: orders('timeseries/orders.events/keep', '30 days'),
    expect: [{ target: 'orders/timeseries/orders.events', impact: 'destroy', rule: 'retention-shortened' }],
    containers: { 'postgres-orders': 'reload' },
  },
  {
    name: 'daily backups kept for a shorter time',
    edit: { set: { 'backup/daily/keep': '7 days' } },
    expect: [{ target: 'backup/daily', impact: 'destroy', rule: 'backup-reduced' }],
    containers: {},
  },
  {
    name: 'monthly backups kept for a shorter time',
    edit: { set: { 'backup/monthly/keep': '6 months' } },
    expect: [{ target: 'backup/monthly', impact: 'destroy', rule: 'backup-reduced' }],
    containers: {},
  },
  {
    // fsync and full_page_writes off are errors of their own: such a head is not compiled.
    name: 'commits that do not wait for the disk',
    edit: setting('synchronous_commit', 'off'),
    expect: [{ target: 'orders/setting/synchronous_commit', impact: 'destroy', rule: 'durability-off' }],
    containers: { 'postgres-orders': 'reload' },
  },
  {
    // Ops has the client programs of the newest major.
    name: 'a newer major on the same volume',
    edit: { set: { 'services/stock/postgres': 18 } },
    expect: [{ target: 'stock/postgres', impact: 'destroy', rule: 'major-on-same-volume' }],
    more: true,
    containers: { ...serverAnew('stock'), ops: 'recreate' },
  },
  {
    name: 'an older major on the same volume',
    edit: { set: { 'services/stock/postgres': 16 } },
    expect: [{ target: 'stock/postgres', impact: 'destroy', rule: 'major-on-same-volume' }],
    more: true,
    containers: serverAnew('stock'),
  },
]

/** Gravest class last. */
export const changes: readonly FleetChange[] = [
  ...nothing,
  ...schedules,
  ...settings,
  ...tuned,
  ...access,
  ...database,
  ...pools,
  ...containers,
  ...applications,
  ...destruction,
]
