// Who may do what in a database of the fleet: written by hand, every cell of it, and not with any word of the program under test.
// Outcomes of statements are SQLSTATEs: https://www.postgresql.org/docs/current/errcodes-appendix.html

export const ok = '00000'
/** insufficient_privilege */
export const denied = '42501'
const no = denied
/** read_only_sql_transaction */
const ro = '25006'
/** undefined_object: there is none with this number. */
const gap = '42704'
/** division_by_zero: how a statement says no that gets a boolean. */
const off = '22012'

/** How a login ends, and what is said about it. */
export const refusals = {
  /** A line of pg_hba.conf says reject. */
  rejected: { code: '28000', message: 'pg_hba.conf rejects connection' },
  /** The pooler, to whoever may not pass it, and for a database that it does not have: always the same. */
  pooler: { code: '08P01', message: 'SASL authentication failed' },
} as const

export type Login = 'in' | keyof typeof refusals

/** Where a login comes from: the published ports, the ops container, the pooler with its certificate, the socket of the server. */
export const ways = ['pool', 'direct', 'ops', 'pooler', 'socket'] as const
export type Way = (typeof ways)[number]

export const roles = [
  'owner',
  'migrator',
  'app',
  'analytics',
  'admin',
  'monitor',
  'backup',
  'pgbouncer_auth',
  'pooled_login',
  'pgbouncer_lookup',
  'nobody',
  'postgres',
] as const
export type RoleName = (typeof roles)[number]

/** All roles with the passwords that they have. */
export const logins: Record<RoleName, Record<Way, Login>> = {
  owner: { pool: 'pooler', direct: 'rejected', ops: 'rejected', pooler: 'rejected', socket: 'rejected' },
  migrator: { pool: 'pooler', direct: 'in', ops: 'in', pooler: 'rejected', socket: 'rejected' },
  app: { pool: 'in', direct: 'rejected', ops: 'rejected', pooler: 'in', socket: 'rejected' },
  analytics: { pool: 'pooler', direct: 'in', ops: 'rejected', pooler: 'rejected', socket: 'rejected' },
  admin: { pool: 'pooler', direct: 'in', ops: 'rejected', pooler: 'rejected', socket: 'rejected' },
  monitor: { pool: 'pooler', direct: 'rejected', ops: 'in', pooler: 'rejected', socket: 'rejected' },
  backup: { pool: 'pooler', direct: 'rejected', ops: 'in', pooler: 'rejected', socket: 'rejected' },
  pgbouncer_auth: { pool: 'pooler', direct: 'rejected', ops: 'rejected', pooler: 'in', socket: 'rejected' },
  pooled_login: { pool: 'pooler', direct: 'rejected', ops: 'rejected', pooler: 'rejected', socket: 'rejected' },
  pgbouncer_lookup: { pool: 'pooler', direct: 'rejected', ops: 'rejected', pooler: 'rejected', socket: 'rejected' },
  nobody: { pool: 'pooler', direct: 'rejected', ops: 'rejected', pooler: 'rejected', socket: 'rejected' },
  postgres: { pool: 'pooler', direct: 'rejected', ops: 'rejected', pooler: 'rejected', socket: 'in' },
}

/** The way of each role that logs in: all its statements go this way. */
export const wayOf = {
  migrator: 'direct',
  app: 'pool',
  analytics: 'direct',
  admin: 'direct',
  monitor: 'ops',
  backup: 'ops',
  pgbouncer_auth: 'pooler',
  postgres: 'socket',
} as const satisfies Partial<Record<RoleName, Way>>
export type LoginRole = keyof typeof wayOf

/** Logins to the databases `postgres` and `template1` of the same server, each role by its way. */
export const otherDatabases: Record<LoginRole, Login> = {
  migrator: 'rejected',
  app: 'pooler',
  analytics: 'rejected',
  admin: 'rejected',
  monitor: 'rejected',
  backup: 'rejected',
  pgbouncer_auth: 'rejected',
  postgres: 'in',
}

/** Columns of the tables below. Those who only read come again, trying to write all the same. */
export const sessions = [
  { name: 'migrator', role: 'migrator' },
  { name: 'app', role: 'app' },
  { name: 'analytics', role: 'analytics' },
  { name: 'analytics, read-only switched off', role: 'analytics', first: 'SET default_transaction_read_only = off' },
  { name: 'analytics, in BEGIN READ WRITE', role: 'analytics', begin: 'BEGIN READ WRITE' },
  { name: 'admin', role: 'admin' },
  { name: 'monitor', role: 'monitor' },
  { name: 'backup', role: 'backup' },
  { name: 'backup, in BEGIN READ WRITE', role: 'backup', begin: 'BEGIN READ WRITE' },
  { name: 'pgbouncer_auth', role: 'pgbouncer_auth' },
  { name: 'postgres', role: 'postgres' },
] as const satisfies readonly { name: string; role: LoginRole; first?: string; begin?: string }[]

type Cells = readonly [string, string, string, string, string, string, string, string, string, string, string]

/**
 * On each table: where the application may write everything and analytics may read. No row is touched, and all is rolled back.
 */
// biome-ignore format: a table
export const onTable: Record<string, Cells> = {
  //                                          migr app  anal off  r/w  admn moni back r/w  auth post
  'SELECT count(*) FROM %t':                 [ok,  ok,  ok,  ok,  ok,  no,  no,  ok,  ok,  no,  ok],
  'INSERT INTO %t (%c) SELECT NULL WHERE false':
                                             [ok,  ok,  ro,  no,  no,  no,  no,  ro,  no,  no,  ok],
  'UPDATE %t SET %c = NULL WHERE false':     [ok,  ok,  ro,  no,  no,  no,  no,  ro,  no,  no,  ok],
  'DELETE FROM %t WHERE false':              [ok,  ok,  ro,  no,  no,  no,  no,  ro,  no,  no,  ok],
  'TRUNCATE %t CASCADE':                     [ok,  no,  ro,  no,  no,  no,  no,  ro,  no,  no,  ok],
  'ALTER TABLE %t ADD COLUMN added integer': [ok,  no,  ro,  no,  no,  no,  no,  ro,  no,  no,  ok],
  'DROP TABLE %t CASCADE':                   [ok,  no,  ro,  no,  no,  no,  no,  ro,  no,  no,  ok],
}

/** In each schema of the service. */
// biome-ignore format: a table
export const inSchema: Record<string, Cells> = {
  //                                          migr app  anal off  r/w  admn moni back r/w  auth post
  'CREATE TABLE %s.made (x integer)':        [ok,  no,  ro,  no,  no,  no,  no,  ro,  no,  no,  ok],
}

/** Once in each database. %o is its owner. */
// biome-ignore format: a table
export const inDatabase: Record<string, Cells> = {
  //                                          migr app  anal off  r/w  admn moni back r/w  auth post
  // The schema public belongs to whoever owns the database.
  'CREATE TABLE public.made (x integer)':    [ok,  no,  ro,  no,  no,  no,  no,  ro,  no,  no,  ok],
  'CREATE SCHEMA made':                      [ok,  no,  ro,  no,  no,  no,  no,  ro,  no,  no,  ok],
  'CREATE TEMPORARY TABLE made (x integer)': [ok,  no,  ro,  no,  no,  no,  no,  ro,  no,  no,  ok],
  // Another schema than those of the service.
  'SELECT count(*) FROM pgfleet.migrations': [ok,  no,  no,  no,  no,  ok,  ok,  ok,  ok,  no,  ok],
  // What a dump needs (pg_read_all_data) reads the catalogues, too.
  'SELECT rolpassword FROM pg_authid':       [no,  no,  no,  no,  no,  no,  no,  ok,  ok,  no,  ok],
  "SELECT pg_read_file('PG_VERSION')":       [no,  no,  no,  no,  no,  no,  no,  no,  no,  no,  ok],
  "COPY (SELECT 1) TO PROGRAM 'cat >/dev/null'":
                                             [no,  no,  no,  no,  no,  no,  no,  no,  no,  no,  ok],
  'SET ROLE %o':                             [ok,  no,  no,  no,  no,  no,  no,  no,  no,  no,  ok],
  'SET ROLE postgres':                       [no,  no,  no,  no,  no,  no,  no,  no,  no,  no,  ok],
  'ALTER ROLE admin NOLOGIN':                [no,  no,  ro,  no,  no,  no,  no,  ro,  no,  no,  ok],
  // Large objects: everybody may make them, unless that is taken back, and so somebody who only reads could write all the same.
  "SELECT lo_from_bytea(0, 'x')":            [ok,  ok,  no,  no,  no,  no,  no,  no,  no,  no,  ok],
  "SELECT lo_put(0, 0, 'x')":                [gap, gap, no,  no,  no,  no,  no,  no,  no,  no,  gap],
  'SELECT lo_unlink(0)':                     [gap, gap, no,  no,  no,  no,  no,  no,  no,  no,  gap],
  // Nor would PostgreSQL let them in if pg_hba.conf did.
  "SELECT 1 / has_database_privilege('postgres', 'CONNECT')::integer":
                                             [off, off, off, off, off, off, off, off, off, off, ok],
}

/** What the application may do: select, insert, update, delete, by their first letters. What analytics may: read, not, or not even find. */
export type TableAccess = {
  readonly column: string
  readonly app: string
  readonly analytics: 'reads' | 'refused' | 'hidden'
  /** What a trigger refuses to whoever has the privilege, the owner and the superuser as well: INSERT, UPDATE, DELETE, TRUNCATE by first letter. */
  readonly refused?: string
}

/** Tables with a column of each, and who may do what there. */
// biome-ignore format: a table
export const tables: Record<string, Record<string, TableAccess>> = {
  users: {
    'users.accounts':             { column: 'email',         app: 'siu',  analytics: 'refused', refused: 'T' },
    'users.credentials':          { column: 'password_hash', app: '',     analytics: 'refused', refused: 'T' },
    'users.sessions':             { column: 'token_hash',    app: 'siu',  analytics: 'refused', refused: 'T' },
    'users.roles':                { column: 'name',          app: 's',    analytics: 'reads', refused: 'T' },
    'users.account_roles':        { column: 'role',          app: 'siud', analytics: 'reads', refused: 'T' },
    'audit.events':               { column: 'operation',     app: 's',    analytics: 'hidden', refused: 'T' },
    'audit.seals':                { column: 'hash',          app: 's',    analytics: 'hidden', refused: 'T' },
    'audit.erasures':             { column: 'subject_hash',  app: 's',    analytics: 'hidden', refused: 'T' },
    'audit.login_attempts':       { column: 'email',         app: 's',    analytics: 'hidden' },
  },
  trading: {
    'trading.instruments':        { column: 'symbol',        app: 'siu',  analytics: 'reads', refused: 'T' },
    'trading.orders':             { column: 'status',        app: 's',    analytics: 'reads', refused: 'T' },
    'trading.executions':         { column: 'price',         app: 's',    analytics: 'reads', refused: 'UT' },
    'trading.positions':          { column: 'quantity',      app: 's',    analytics: 'reads', refused: 'IUDT' },
    'compliance.audit_trail':     { column: 'hash',          app: 's',    analytics: 'hidden', refused: 'UT' },
    'compliance.seals':           { column: 'hash',          app: '',     analytics: 'hidden', refused: 'UDT' },
    'compliance.trade_reports':   { column: 'status',        app: 'su',   analytics: 'hidden', refused: 'T' },
    'compliance.alerts':          { column: 'conclusion',          app: 'su',   analytics: 'hidden', refused: 'T' },
  },
  payments: {
    'payments.payments':          { column: 'currency',      app: 's',    analytics: 'refused', refused: 'T' },
    'payments.payment_methods':   { column: 'token',         app: 'siu',  analytics: 'refused', refused: 'T' },
    'payments.ledger_entries':    { column: 'amount',        app: 's',    analytics: 'refused', refused: 'UDT' },
    'payments.account_balances':  { column: 'balance',       app: 's',    analytics: 'refused', refused: 'IUDT' },
    'billing.plans':              { column: 'name',          app: 's',    analytics: 'reads', refused: 'T' },
    'billing.subscriptions':      { column: 'status',        app: 's',    analytics: 'refused', refused: 'T' },
    'billing.invoices':           { column: 'status',        app: 's',    analytics: 'refused', refused: 'T' },
    'compliance.kyc_cases':       { column: 'status',        app: 'su',   analytics: 'hidden' },
    'compliance.aml_alerts':      { column: 'status',        app: 'su',   analytics: 'hidden' },
    'compliance.fraud_assessments': { column: 'score',       app: 's',    analytics: 'hidden' },
  },
  'market-data': {
    'market.instruments':         { column: 'symbol',        app: 'siu',  analytics: 'reads' },
    'realtime.quotes':            { column: 'bid',           app: 'siu',  analytics: 'reads' },
    'historical.ticks':           { column: 'price',         app: 's',    analytics: 'reads' },
    'historical.candles_1m':      { column: 'close',         app: 's',    analytics: 'reads' },
  },
  signals: { 'signals.signals':     { column: 'symbol',      app: 'siud', analytics: 'reads' } },
  notifications: {
    'notifications.messages':     { column: 'recipient',     app: 'siud', analytics: 'hidden' },
    'templates.templates':        { column: 'name',          app: 'siud', analytics: 'reads' },
    'delivery.bounces':           { column: 'recipient',     app: 'siud', analytics: 'refused' },
  },
  risk: { 'risk.portfolios':        { column: 'currency',    app: 'siud', analytics: 'reads' } },
  education: {
    'progress.lesson_progress':   { column: 'score',         app: 'siud', analytics: 'refused' },
    'education.courses':          { column: 'title',         app: 'siud', analytics: 'reads' },
  },
  'content-intelligence': { 'generation.requests': { column: 'status', app: 'siud', analytics: 'reads' } },
}

/** What triggers say that refuse: each service has its own codes. */
export const refusedByTrigger: Record<string, string> = { users: 'TR002', trading: 'TR005', payments: 'TR002' }

export const schemas: Record<string, readonly string[]> = {
  users: ['users', 'audit'],
  trading: ['trading', 'analytics', 'compliance'],
  'market-data': ['market', 'realtime', 'historical'],
  signals: ['signals', 'backtesting'],
  payments: ['payments', 'billing', 'compliance'],
  notifications: ['notifications', 'templates', 'delivery'],
  risk: ['risk', 'metrics', 'alerts'],
  education: ['education', 'content', 'progress'],
  'content-intelligence': ['content', 'generation', 'compliance'],
}

/** Names of the roles that each service has of its own. */
export const ownRoles: Record<string, { readonly owner: string; readonly migrator: string; readonly app: string }> = {
  users: { owner: 'treum_users_owner', migrator: 'treum_users_migrator', app: 'treum_user_service' },
  trading: { owner: 'treum_trading_owner', migrator: 'treum_trading_migrator', app: 'treum_trading_service' },
  'market-data': { owner: 'treum_market_data_owner', migrator: 'treum_market_data_migrator', app: 'treum_market_data_service' },
  signals: { owner: 'treum_signals_owner', migrator: 'treum_signals_migrator', app: 'treum_signal_service' },
  payments: { owner: 'treum_payments_owner', migrator: 'treum_payments_migrator', app: 'treum_payment_service' },
  notifications: {
    owner: 'treum_notifications_owner',
    migrator: 'treum_notifications_migrator',
    app: 'treum_notification_service',
  },
  risk: { owner: 'treum_risk_owner', migrator: 'treum_risk_migrator', app: 'treum_risk_service' },
  education: { owner: 'treum_education_owner', migrator: 'treum_education_migrator', app: 'treum_education_service' },
  'content-intelligence': {
    owner: 'treum_content_intelligence_owner',
    migrator: 'treum_content_intelligence_migrator',
    app: 'treum_content_intelligence_service',
  },
}
