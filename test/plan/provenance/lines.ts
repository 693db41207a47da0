// Where lines of the compiled fleet of this repository come from, written by hand from services.yaml and what the lines mean.

/**
 * A line of the output and the places that it comes from. Places are written as in messages, list items by what they say. `#`: the name of the
 * entry; `~`: not written, so its default; `sql/...:N`: a line of hand-written SQL. `first` is what provides the value.
 */
export type Row = { readonly file: string; readonly line: string; readonly from: readonly string[]; readonly because?: readonly string[] }

const conf = (service: string) => `infrastructure/postgres/${service}/postgresql.conf`
const hba = 'infrastructure/postgres/trading/pg_hba.conf'
const ini = 'infrastructure/pgbouncer/trading/pgbouncer.ini'
const cron = 'infrastructure/schedule/pgfleet.cron'
const compose = 'docker-compose.separated-databases.yml'
const init = (service: string) => `infrastructure/postgres/${service}-db-init.sql`
const image = 'docker/postgres-17-pgaudit-timescaledb.Dockerfile'

const row = (file: string, line: string, ...from: string[]): Row => ({ file, line, from })
/** Fields of the service that a path begins with. */
const of = (service: string, ...fields: string[]): string[] => fields.map((field) => field.replace(/^([~#]?)/, `$1services.${service}.`))

const allowances = ['~allowances.migrator', '~allowances.monitor', '~allowances.backup']
const people = ['#roles.analytics', 'roles.analytics.services', '#roles.admin', 'roles.admin.services']
const connections = [
  ...allowances,
  'roles.analytics.services',
  'roles.admin.services',
  '~roles.analytics.connections',
  '~roles.admin.connections',
]
const toAnalytics = ['#roles.analytics', 'roles.analytics.services']
const critical = ['users', 'trading', 'payments', 'risk']
const standard = ['market-data', 'signals', 'notifications', 'education', 'content-intelligence']
const named = (services: readonly string[]): string[] => services.map((key) => `#services.${key}`)
const classes = [...critical.map((key) => `services.${key}.backup.class`), ...standard.map((key) => `~services.${key}.backup.class`)]
const extensions = ['extensions[timescaledb]', 'extensions[pg_stat_statements]', 'extensions[pgaudit]']

export const rows: readonly Row[] = [
  // postgresql.conf
  row(conf('trading'), '# postgres-trading: Orders, executions, order trail', 'services.trading.summary', '#services.trading'),
  row(conf('trading'), 'cluster_name = trading', '#services.trading'),
  row(conf('trading'), 'ssl = on'),
  row(conf('trading'), 'allow_alter_system = off', 'postgres'),
  row(conf('trading'), "shared_preload_libraries = 'timescaledb,pg_stat_statements,pgaudit'", ...of('trading', ...extensions)),
  row(conf('trading'), 'superuser_reserved_connections = 3'),
  row(
    conf('trading'),
    'max_connections = 74',
    ...of('trading', 'pool.size', '~pool.reserve'),
    ...connections,
    '#roles.analytics',
    '#roles.admin',
  ),
  row(conf('trading'), 'max_worker_processes = 8', 'services.trading.cpus'),
  row(conf('trading'), 'max_parallel_workers = 3', 'services.trading.cpus'),
  row(conf('trading'), 'autovacuum_max_workers = 3', 'services.trading.cpus'),
  row(conf('trading'), 'autovacuum_vacuum_scale_factor = 0.05', 'services.trading.workload'),
  row(conf('trading'), "shared_buffers = '2GB'", 'services.trading.memory'),
  row(conf('trading'), 'huge_pages = try', 'services.trading.memory'),
  row(conf('trading'), "autovacuum_work_mem = '170MB'", ...of('trading', 'memory', 'cpus')),
  row(conf('trading'), "wal_buffers = '16MB'", ...of('trading', 'settings.wal_buffers', 'memory')),
  row(
    conf('trading'),
    "work_mem = '25575kB'",
    ...of('trading', 'memory', 'cpus', 'workload', 'pool.size', '~pool.reserve'),
    ...connections,
    '~assumptions.operations_per_connection',
    '~assumptions.backend_overhead',
    '~assumptions.manual_maintenance',
  ),
  row(conf('trading'), 'max_locks_per_transaction = 256', ...of('trading', 'extensions[timescaledb]', 'memory')),
  row(conf('trading'), "max_wal_size = '8GB'", ...of('trading', 'workload', 'disk')),
  row(conf('trading'), 'checkpoint_completion_target = 0.9', 'services.trading.settings.checkpoint_completion_target'),
  row(conf('trading'), 'wal_level = replica'),
  row(conf('trading'), 'random_page_cost = 1.1', 'host.storage'),
  row(conf('trading'), 'effective_io_concurrency = 1000', 'host.storage'),
  row(conf('trading'), 'jit = off', 'services.trading.workload'),
  row(conf('trading'), "log_min_duration_statement = '500ms'", 'services.trading.workload'),
  row(conf('trading'), 'log_connections = on', 'services.trading.compliance[mifid]'),
  row(conf('trading'), "pgaudit.log = 'ddl, role, write'", 'services.trading.extensions[pgaudit]'),
  row(conf('trading'), 'timescaledb.license = apache', 'services.trading.extensions[timescaledb]'),
  row(conf('trading'), 'synchronous_commit = off', 'services.trading.settings.synchronous_commit'),
  row(conf('users'), "max_wal_size = '5GB'", ...of('users', 'disk', 'workload')),
  row(conf('users'), "min_wal_size = '1280MB'", ...of('users', 'disk', 'workload')),
  row(conf('payments'), 'fsync = on', 'services.payments.settings.fsync'),
  row(conf('payments'), 'log_disconnections = on', 'services.payments.compliance'),
  row(conf('signals'), 'log_connections = off', '~services.signals.compliance'),
  row(conf('signals'), 'max_parallel_workers_per_gather = 1', 'services.signals.cpus'),
  row(conf('signals'), 'default_statistics_target = 500', 'services.signals.workload'),
  row(conf('signals'), "maintenance_work_mem = '768MB'", ...of('signals', 'memory', 'workload')),
  row(conf('market-data'), "effective_cache_size = '4GB'", ...of('market-data', 'settings.effective_cache_size', 'memory')),
  row(conf('notifications'), "autovacuum_naptime = '15s'", 'services.notifications.workload'),
  row(conf('education'), 'autovacuum_analyze_scale_factor = 0.05', 'services.education.workload'),

  // pg_hba.conf, pg_ident.conf
  row(hba, '# Who may log in to postgres-trading', '#services.trading'),
  row(
    hba,
    'hostssl  "treum_trading"  "treum_trading_service"   10.77.39.35/32',
    ...of('trading', 'app.role', 'database', 'port'),
    '~network.base',
  ),
  row(hba, 'hostssl  "treum_trading"  "treum_trading_migrator"  10.77.39.36/32', ...of('trading', 'database', 'port'), '~network.base'),
  row(hba, 'hostssl  "treum_trading"  "analytics"', 'services.trading.database', ...toAnalytics, '~network.base'),
  row(hba, 'host     all              all'),
  row('infrastructure/postgres/trading/pg_ident.conf', 'pooler  "pgbouncer-trading"', '#services.trading'),

  // PgBouncer
  row(ini, '; pgbouncer-trading: Orders, executions, order trail', 'services.trading.summary', '#services.trading'),
  row(ini, '; At most 50 connections', ...of('trading', 'pool.size', '~pool.reserve')),
  row(
    ini,
    'treum_trading = host=postgres-trading',
    ...of('trading', 'pool.size', '~pool.reserve', 'database'),
    '#services.trading',
    '~pgbouncer',
  ),
  row(ini, 'auth_dbname = treum_trading', 'services.trading.database', '~pgbouncer'),
  row(ini, 'pool_mode = transaction', 'services.trading.pool.mode'),
  row(ini, 'max_client_conn = 2000', 'services.trading.pool.max_clients'),
  row('infrastructure/pgbouncer/market-data/pgbouncer.ini', 'max_client_conn = 1000', '~services.market-data.pool.max_clients'),
  row('infrastructure/postgres/connection-pools.conf', 'max_prepared_statements = 200', '~pgbouncer'),
  row('infrastructure/postgres/connection-pools.conf', 'listen_addr = 0.0.0.0'),

  // Environment of applications
  row('env/trading.env', '# Connection strings of trading.', '#applications.trading'),
  row(
    'env/trading.env',
    '# trading: Orders, executions, order trail',
    'services.trading.summary',
    '#services.trading',
    'applications.trading.uses[trading]',
  ),
  row(
    'env/trading.env',
    'DATABASE_URL_TRADING=',
    ...of('trading', 'app.role', 'database'),
    '#services.trading',
    'applications.trading.uses[trading]',
  ),
  row(
    'env/trading.env',
    'DATABASE_URL_MARKET_DATA_DIRECT=',
    ...of('market-data', 'database', 'port'),
    '#services.market-data',
    'applications.trading.uses[market-data]',
  ),
  row(
    'env/risk.env',
    '# market-data: Instruments, quotes, ticks, candles',
    'services.market-data.summary',
    '#services.market-data',
    'applications.risk.uses[market-data]',
  ),

  // Schedule
  row(cron, 'MAILTO=root'),
  row(cron, '# backup-weekly: Weekly full backup, kept 12 weeks', 'backup.weekly.keep'),
  row(cron, '0 2 * * * root', 'backup.daily.at', 'backup.daily.keep'),
  row(cron, '0 3 * * 0 root', 'backup.weekly.at', 'backup.weekly.keep', 'backup.weekly.on'),
  row(cron, '0 4 1 * * root', 'backup.monthly.day', 'backup.monthly.at', 'backup.monthly.keep'),
  row(cron, '0 5 * * * root', 'backup.verify.at', ...named(critical), ...classes),
  row(cron, '0 5 * * 1 root', 'backup.verify.at', 'backup.verify.on', ...named(standard), ...classes),
  row(
    cron,
    '*/15 * * * * root cd "$PGFLEET_HOME" && pgfleet job run users remove-expired-sessions',
    'services.users.jobs.remove-expired-sessions.schedule',
    '#services.users.jobs.remove-expired-sessions',
    '#services.users',
  ),
  row(
    cron,
    '# job-trading-seal-audit-trail:',
    'services.trading.jobs.seal-audit-trail.call',
    '#services.trading.jobs.seal-audit-trail',
    '#services.trading',
  ),
  row(cron, '# retention-risk: Old rows of risk', '#services.risk'),
  row(cron, '0 1 * * * root cd "$PGFLEET_HOME" && pgfleet retention run notifications', '#services.notifications'),

  // ops/fleet.json
  row('ops/fleet.json', '  "fleet": "treum",', 'fleet'),
  row('ops/fleet.json', '      "database": "treum_trading",', 'services.trading.database'),
  row('ops/fleet.json', '        "migrator": "treum_trading_migrator",', 'services.trading.database'),
  row('ops/fleet.json', '      "host": "postgres-education",', '#services.education'),
  row('ops/fleet.json', '"call": "CALL trading.expire_orders()"', 'services.trading.jobs.expire-orders.call'),
  row('ops/fleet.json', '"name": "screen-layering",', '#services.trading.jobs.screen-layering'),
  row('ops/fleet.json', '"name": "job-risk-measure",', '#services.risk.jobs.measure', '#services.risk'),
  row('ops/fleet.json', '"12 weeks"', 'backup.weekly.keep'),

  // The compose file
  row(compose, '# payments: Payments, ledger, billing, KYC and AML', 'services.payments.summary', '#services.payments'),
  row(compose, 'name: ${PGFLEET_PREFIX:-treum}', 'fleet'),
  row(compose, '  read_only: true'),
  row(compose, '  PGFLEET_SUBNET_BASE: ${PGFLEET_SUBNET_BASE:-10.77}', '~network.base'),
  row(
    compose,
    'x-postgres-17-pgaudit-timescaledb: ',
    ...of('trading', 'extensions[pgaudit]', 'extensions[timescaledb]'),
    'postgres',
    ...of('market-data', 'extensions[timescaledb]', 'extensions[pgaudit]'),
  ),
  row(compose, '    container_name: ${PGFLEET_PREFIX:-treum}_postgres_market_data', '#services.market-data', 'fleet'),
  row(compose, '      PGFLEET_DATABASE: treum_trading', 'services.trading.database'),
  row(compose, '    mem_limit: 10g', 'services.market-data.memory'),
  row(compose, '    cpu_quota: 300000', 'services.trading.cpus'),
  row(compose, '      - ${PGFLEET_BIND:-127.0.0.1}:5433:5432', 'services.trading.port'),
  row(compose, '      - ${PGFLEET_BIND:-127.0.0.1}:6433:5432', 'services.trading.pool.port'),
  row(compose, '    mem_limit: 160m', 'services.trading.pool.max_clients'),
  row(compose, '      nofile: 3072', ...of('trading', 'pool.max_clients', 'pool.size')),
  row(compose, '        ipv4_address: ${PGFLEET_SUBNET_BASE:-10.77}.39.35', '~network.base', 'services.trading.port'),
  row(
    compose,
    '      postgres-trading: ${PGFLEET_SUBNET_BASE:-10.77}.39.34',
    '#services.trading',
    'services.trading.port',
    '~network.base',
  ),
  row(compose, '  postgres-signals:', '#services.signals'),
  row(compose, '      context: ${PGFLEET_PACKAGE:-..}', 'ops.package'),
  row(compose, '        CLIENT: postgresql-client-17', 'postgres'),
  row(compose, '    image: registry.example/treum/trading:1.0', 'applications.trading.image'),
  row(compose, '      - ./env/risk.env', '#applications.risk'),
  {
    ...row(image, '    postgresql-17-timescaledb', 'postgres'),
    because: ['trading', 'market-data'].map((key) => `services.${key}.extensions[timescaledb]`),
  },

  // Init scripts: roles and the database
  row(init('users'), "  IF current_database() <> 'treum_users' THEN", 'services.users.database'),
  row(init('users'), 'SET LOCAL transaction_timeout = 0;', 'postgres'),
  row(init('users'), "  ('monitor', 'monitor'),"),
  row(init('users'), "  ('treum_user_service', 'app'),", 'services.users.app.role'),
  row(init('users'), "  ('treum_users_migrator', 'migrator'),", 'services.users.database'),
  row(init('users'), "  ('pg_maintain', 'admin'),", '#roles.admin', 'roles.admin.access', 'roles.admin.services', 'postgres'),
  row(init('users'), 'ALTER ROLE "treum_users_migrator" NOSUPERUSER', 'services.users.database', '~allowances.migrator'),
  row(init('users'), 'ALTER ROLE "analytics" SET "statement_timeout"', ...toAnalytics, '~roles.analytics.statement_timeout'),
  row(init('users'), 'COMMENT ON DATABASE "treum_users"', ...of('users', 'summary', 'database', 'compliance[gdpr]')),
  row(init('users'), '  FOREACH wanted IN ARRAY', ...of('users', 'extensions[pg_stat_statements]', 'extensions[pgaudit]')),
  row(init('users'), 'ALTER DATABASE "treum_users" SET search_path', ...of('users', 'database', 'schemas[users]', 'schemas[audit]')),
  row(init('users'), "  FOREACH role IN ARRAY ARRAY['treum_users_migrator',", ...of('users', 'app.role', 'database'), ...people),

  // Hand-written SQL
  row(init('users'), "  ('0001-accounts.sql', 'sql/users/0001-accounts.sql'", 'sql/users/0001-accounts.sql:1', 'services.users.sql'),
  row(init('users'), '  EXECUTE $pgfleet$/* sql/users/0001-accounts.sql:7 */', 'sql/users/0001-accounts.sql:7', 'services.users.sql'),
  row(init('users'), '  CONSTRAINT email_address_check CHECK', 'sql/users/0001-accounts.sql:6', 'services.users.sql'),

  // Time series, retention, jobs
  row(
    init('trading'),
    '    PERFORM extensions.create_hypertable(grown,',
    ...of('trading', 'timeseries."trading.executions".column', 'timeseries."trading.executions".chunk', 'extensions[timescaledb]'),
  ),
  row(
    init('trading'),
    '  PERFORM extensions.drop_chunks(',
    ...of('trading', 'timeseries."trading.executions".keep', '#timeseries."trading.executions"', 'extensions[timescaledb]'),
  ),
  row(
    init('risk'),
    '    CREATE INDEX ON "metrics"."measurements" USING brin',
    ...of('risk', 'timeseries."metrics.measurements".column', '#timeseries."metrics.measurements"'),
  ),
  row(
    init('risk'),
    '  -- metrics.measurements: 1 year',
    ...of(
      'risk',
      'timeseries."metrics.measurements".keep',
      'timeseries."metrics.measurements".compliance',
      '#timeseries."metrics.measurements"',
    ),
  ),
  row(
    init('users'),
    '  -- audit.events: 2 years (gdpr)',
    ...of('users', 'retention."audit.events".keep', '#retention."audit.events"', 'compliance[gdpr]'),
  ),
  row(init('users'), '      DELETE FROM "audit"."events"', '#services.users.retention."audit.events"'),
  row(
    init('users'),
    "  ('audit.login_attempts', '90 days')",
    ...of('users', 'retention."audit.login_attempts".keep', '#retention."audit.login_attempts"'),
  ),
  row(
    init('users'),
    "  ('check-audit', '30 1 * * *', 'CALL audit.check_integrity()')",
    ...of('users', 'jobs.check-audit.schedule', 'jobs.check-audit.call', '#jobs.check-audit'),
  ),

  // Privileges
  row(
    init('users'),
    'ALTER DEFAULT PRIVILEGES FOR ROLE "treum_users_owner" IN SCHEMA "audit" GRANT SELECT ON TABLES',
    ...of('users', 'app.privileges.audit[select]', 'database', 'app.role', 'schemas[audit]'),
  ),
  row(
    init('users'),
    'GRANT USAGE ON SCHEMA "users" TO "analytics";',
    'services.users.schemas[users]',
    'services.users.readable',
    'roles.analytics.access',
    // If admin could read, it would be in this line, too.
    'roles.admin.access',
    ...toAnalytics,
  ),
  row(
    init('users'),
    'REVOKE ALL ON "users"."credentials"',
    ...of('users', '#app.privileges."users.credentials"', 'app.role', 'schemas[users]'),
  ),
  row(
    init('users'),
    'GRANT SELECT, INSERT, UPDATE ON "users"."sessions"',
    ...of(
      'users',
      '#app.privileges."users.sessions"',
      ...['select', 'insert', 'update'].map((privilege) => `app.privileges."users.sessions"[${privilege}]`),
      'app.role',
    ),
  ),
  row(
    init('users'),
    'GRANT SELECT ON "users"."roles" TO "analytics";',
    'services.users.readable[users.roles]',
    'roles.analytics.access',
    ...toAnalytics,
  ),
]
