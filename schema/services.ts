// Generated from services.schema.json by `npm run schema`; do not edit.

/**
 * A fleet of PostgreSQL databases: what people edit, and all they edit.
 */
export interface Config {
  /**
   * Version of this format.
   */
  version: 1
  /**
   * Name of the fleet; prefix of its databases, containers and volumes.
   */
  fleet: string
  /**
   * Major version of all servers that name none.
   */
  postgres?: 15 | 16 | 17 | 18
  /**
   * Version of the poolers: their configuration only has keys which that version knows.
   */
  pgbouncer?: '1.18' | '1.19' | '1.20' | '1.21' | '1.22' | '1.23' | '1.24'
  host: Host
  ops?: Ops
  network?: Network
  allowances?: DirectAllowances
  assumptions?: Assumptions
  /**
   * People and tools that work with several services, directly and not through the pool. Keys are role names.
   */
  roles?: {
    [k: string]: Role
  }
  /**
   * The databases. Keys are lower-case words joined by hyphens.
   */
  services: {
    [k: string]: Service
  }
  /**
   * Programs that use the databases through their pools. They are started only when named.
   */
  applications?: {
    [k: string]: Application
  }
  backup?: Backup
  /**
   * Losses that are meant. A change that destroys something is refused in a review unless an entry here names its rule and its target; `pgfleet diff` prints the entry to add. Remove it once the change is merged: an entry that permits nothing is a finding.
   */
  allow?: AllowedLoss[]
}
/**
 * What the fleet may use of its machine. The sums of the services must fit.
 */
export interface Host {
  /**
   * Memory for all servers and poolers together. Binary units: MiB, GiB, TiB (PostgreSQL's MB and GB are these, too).
   */
  memory: string
  /**
   * Processors of the machine. A server cannot have more than these.
   */
  cpus: number
  /**
   * Disk for the data directories. Binary units: MiB, GiB, TiB (PostgreSQL's MB and GB are these, too).
   */
  disk: string
  /**
   * Kind of disk: sets the planner costs and the read-ahead.
   */
  storage?: 'nvme' | 'ssd' | 'hdd'
}
/**
 * The container that runs what is scheduled: jobs, retention, backups and their verification.
 */
export interface Ops {
  /**
   * Folder of the pgfleet package, from which the image of the container is built. Relative to services.yaml.
   */
  package?: string
}
/**
 * Addresses of the container networks.
 */
export interface Network {
  /**
   * First one or two octets of all subnets. Two cover 1,024 services whose ports lie close together; larger fleets take one.
   */
  base?: string
}
/**
 * Connections that pgfleet's own roles may hold to each server, beside the pool. Enforced as connection limits and counted against max_connections.
 */
export interface DirectAllowances {
  /**
   * Connections of the role that changes schemas.
   */
  migrator?: number
  /**
   * Connections of the role that reads statistics.
   */
  monitor?: number
  /**
   * Connections of the role that dumps the database: a parallel dump needs its jobs plus one.
   */
  backup?: number
}
/**
 * What the memory and disk proofs assume. They are bounds under these assumptions, not forecasts. A service may override them.
 */
export interface Assumptions {
  /**
   * Sorts and hashes that one connection runs at the same time; each may use work_mem (a hash hash_mem_multiplier times that).
   */
  operations_per_connection?: number
  /**
   * Private memory of one server process beside work_mem: catalogue caches, plans, stack. Binary units: MiB, GiB, TiB (PostgreSQL's MB and GB are these, too).
   */
  backend_overhead?: string
  /**
   * CREATE INDEX or VACUUM commands run by people at the same time; each may use maintenance_work_mem.
   */
  manual_maintenance?: number
  /**
   * Size of one compressed backup divided by the size of its database.
   */
  backup_ratio?: number
}
/**
 * What the role may do, and where.
 */
export interface Role {
  /**
   * read-only: may read all schemas, and cannot write even when asked to; admin: may see statistics, cancel queries and run maintenance, but is no superuser and reads no data.
   */
  access: 'read-only' | 'admin'
  /**
   * Where the role exists: all, or a list of services.
   */
  services?: 'all' | [string, ...string[]]
  /**
   * Connections the role may hold to each server.
   */
  connections?: number
  /**
   * Longest time that one statement of the role may run. A whole number and a unit, as in a PostgreSQL interval.
   */
  statement_timeout?: string
}
/**
 * One database on one PostgreSQL server with one pooler.
 */
export interface Service {
  /**
   * What the database holds, in a few words. Printed in the generated files and as the comment of the database.
   */
  summary?: string
  /**
   * Name of the database: letters, digits, underscore, hyphen and full stop (PgBouncer can name no others). Derived when left out: the fleet and the service key, joined by an underscore.
   */
  database?: string
  /**
   * Name of the volume that holds the data. Derived when left out: the service key and -data. A service that gets another key keeps its data when it keeps this name.
   */
  volume?: string
  /**
   * Port on which the server itself is published, for migrations, administration and analytics.
   */
  port: number
  /**
   * Major version of this server. Derived when left out: the major of the fleet.
   */
  postgres?: 15 | 16 | 17 | 18
  /**
   * Picks the tuning profile. oltp: short transactions; timeseries: ingestion by time; analytics: large reads; ledger: money, nothing may be lost; queue: short-lived rows; search: reads with full-text indexes.
   */
  workload?: 'oltp' | 'timeseries' | 'analytics' | 'ledger' | 'queue' | 'search'
  /**
   * Memory limit of the server. The tuning is derived from it and proven to fit. Binary units: MiB, GiB, TiB (PostgreSQL's MB and GB are these, too).
   */
  memory: string
  /**
   * Processors the server may use; fractions are allowed. Parallelism is derived from it.
   */
  cpus?: number
  /**
   * Expected size of the data directory. Bounds the WAL, and counts against the disk of the host and of the backups. No default: a service without it counts as empty there. Binary units: MiB, GiB, TiB (PostgreSQL's MB and GB are these, too).
   */
  disk?: string
  pool?: Pool
  app?: ApplicationRole
  /**
   * Extensions of the database. Those that must be preloaded are put into shared_preload_libraries.
   *
   * Items: Name of an extension, as in CREATE EXTENSION.
   */
  extensions?: string[]
  /**
   * Apache has hypertables and drop_chunks. Compression and policies are in Community only, which the Debian packages do not carry.
   */
  timescaledb?: 'apache' | 'community'
  /**
   * Schemas of the database, owned by its owner role. They are the search path of the application, in this order.
   *
   * Items: Name of a schema.
   */
  schemas?: string[]
  /**
   * Folder with NNNN-name.sql files, applied in order, each once. Relative to this file. No default: a service without it starts with empty schemas.
   */
  sql?: string
  /**
   * Folder with NNNN-name.sql files that `pgfleet seed` fills the empty database with: INSERT statements only. Relative to this file. No default: a service without it is not filled.
   */
  seed?: string
  /**
   * Schemas, tables and views (schema.table) that read-only roles may read. All schemas of the service when left out; no default.
   *
   * Items: schema or schema.table.
   */
  readable?: string[]
  /**
   * Columns (schema.table.column) that hold keys of another service. No foreign key can check them: `pgfleet orphans` does.
   */
  references?: {
    /**
     * service:schema.table.column.
     */
    [k: string]: string
  }
  /**
   * Server settings that replace the tuned ones, by their PostgreSQL names.
   */
  settings?: {
    /**
     * Value of the setting. Give a unit where the setting has one: a bare number counts in the base unit of the setting.
     */
    [k: string]: string | number | boolean
  }
  /**
   * Tables (schema.table) that grow by time: hypertables where the service has TimescaleDB, otherwise plain tables with a BRIN index.
   */
  timeseries?: {
    [k: string]: TimeSeriesTable
  }
  /**
   * Procedures and functions of the database that run on a schedule.
   */
  jobs?: {
    [k: string]: Job
  }
  /**
   * Tables (schema.table) whose old rows are deleted every night.
   */
  retention?: {
    [k: string]: RetentionRule
  }
  /**
   * Regulations the data falls under. They switch auditing on, forbid settings that lose data, and are noted on the database.
   *
   * Items: pci-dss: card data; gdpr: personal data; mifid: trading records; aml: anti money laundering.
   */
  compliance?: ('pci-dss' | 'gdpr' | 'mifid' | 'aml')[]
  backup?: ServiceBackup
  assumptions?: AssumptionsOfThisService
}
/**
 * The PgBouncer in front of the server.
 */
export interface Pool {
  /**
   * Port on which the pooler is published. Derived when left out: the port of the server plus 1000.
   */
  port?: number
  /**
   * When a server connection goes back to the pool.
   */
  mode?: 'session' | 'transaction' | 'statement'
  /**
   * Server connections of the application role (PgBouncer's pool_size).
   */
  size?: number
  /**
   * Further server connections once a client has waited five seconds (PgBouncer's reserve_pool_size).
   */
  reserve?: number
  /**
   * Clients that may be connected to the pooler (PgBouncer's max_client_conn).
   */
  max_clients?: number
}
/**
 * The role with which applications work: it reads and writes rows and changes no schema.
 */
export interface ApplicationRole {
  /**
   * Name of the application role. Derived when left out: the database name with _service.
   */
  role?: string
  /**
   * What the role may do with the rows of a schema or of a table or view (schema.table) where it is not everything. A table goes before its schema; an empty list is nothing at all.
   */
  privileges?: {
    /**
     * Of select, insert, update and delete.
     *
     * Items: As in GRANT.
     */
    [k: string]: ('select' | 'insert' | 'update' | 'delete')[]
  }
}
/**
 * How a table is cut by time.
 */
export interface TimeSeriesTable {
  /**
   * The time column.
   */
  column: string
  /**
   * Time range of one chunk. A whole number and a unit, as in a PostgreSQL interval.
   */
  chunk?: string
  /**
   * Rows older than this are dropped, in whole chunks where the target can. Kept for ever when left out; no default. A whole number and a unit, as in a PostgreSQL interval.
   */
  keep?: string
  /**
   * The regulations that the rows fall under. All of the service when left out; no default.
   *
   * Items: One of the regulations of the service.
   */
  compliance?: ('pci-dss' | 'gdpr' | 'mifid' | 'aml')[]
  /**
   * Chunks older than this are compressed (Community edition only). Never when left out; no default. A whole number and a unit, as in a PostgreSQL interval.
   */
  compress_after?: string
}
/**
 * One scheduled call.
 */
export interface Job {
  /**
   * Five cron fields (minute, hour, day of month, month, day of week), UTC.
   */
  schedule: string
  /**
   * The call: schema.function(arguments) or CALL schema.procedure(arguments).
   */
  call: string
}
/**
 * Which rows go.
 */
export interface RetentionRule {
  /**
   * The time column that says how old a row is.
   */
  column: string
  /**
   * Rows older than this are deleted. A whole number and a unit, as in a PostgreSQL interval.
   */
  keep: string
  /**
   * The regulations that the rows fall under. All of the service when left out; no default.
   *
   * Items: One of the regulations of the service.
   */
  compliance?: ('pci-dss' | 'gdpr' | 'mifid' | 'aml')[]
}
/**
 * How the database is backed up. The schedule and retention are those of the fleet.
 */
export interface ServiceBackup {
  /**
   * critical: each night a backup is verified; standard: once a week.
   */
  class?: 'critical' | 'standard'
}
/**
 * Replaces the assumptions of the fleet for this service, field by field.
 */
export interface AssumptionsOfThisService {
  /**
   * Sorts and hashes that one connection runs at the same time; each may use work_mem (a hash hash_mem_multiplier times that).
   */
  operations_per_connection?: number
  /**
   * Private memory of one server process beside work_mem: catalogue caches, plans, stack. Binary units: MiB, GiB, TiB (PostgreSQL's MB and GB are these, too).
   */
  backend_overhead?: string
  /**
   * CREATE INDEX or VACUUM commands run by people at the same time; each may use maintenance_work_mem.
   */
  manual_maintenance?: number
  /**
   * Size of one compressed backup divided by the size of its database.
   */
  backup_ratio?: number
}
/**
 * One program.
 */
export interface Application {
  /**
   * Container image of the program.
   */
  image: string
  /**
   * Services whose database the program uses. It reaches no other.
   *
   * Items: Key of a service.
   */
  uses?: string[]
}
/**
 * When backups are taken and how long each kind is kept.
 */
export interface Backup {
  daily?: Daily
  weekly?: Weekly
  monthly?: Monthly
  verify?: Verify
  /**
   * Disk for the backups. Where given, the backups that the retention keeps must fit. No default. Binary units: MiB, GiB, TiB (PostgreSQL's MB and GB are these, too).
   */
  disk?: string
}
/**
 * The backup of every night.
 */
export interface Daily {
  /**
   * Time of day. 24-hour clock, UTC.
   */
  at?: string
  /**
   * How long daily backups are kept. A whole number and a unit, as in a PostgreSQL interval.
   */
  keep?: string
}
/**
 * The full backup of the week.
 */
export interface Weekly {
  /**
   * Day of the week.
   */
  on?: 'monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday' | 'sunday'
  /**
   * Time of day. 24-hour clock, UTC.
   */
  at?: string
  /**
   * How long weekly backups are kept. A whole number and a unit, as in a PostgreSQL interval.
   */
  keep?: string
}
/**
 * The archive of the month.
 */
export interface Monthly {
  /**
   * Day of the month.
   */
  day?: number
  /**
   * Time of day. 24-hour clock, UTC.
   */
  at?: string
  /**
   * How long monthly backups are kept. A whole number and a unit, as in a PostgreSQL interval.
   */
  keep?: string
}
/**
 * When backups are verified: every day for the critical class, once a week for the standard class.
 */
export interface Verify {
  /**
   * Day of the week for the standard class.
   */
  on?: 'monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday' | 'sunday'
  /**
   * Time of day. 24-hour clock, UTC.
   */
  at?: string
}
/**
 * One change that may destroy something.
 */
export interface AllowedLoss {
  /**
   * Which loss: a service, its database or its volume gone or replaced, a schema, a role or an extension gone, rows or backups kept for a shorter time, transactions no longer safe, another major version on the same volume.
   */
  rule:
    | 'service-removed'
    | 'database-replaced'
    | 'volume-replaced'
    | 'schema-removed'
    | 'role-removed'
    | 'extension-removed'
    | 'retention-shortened'
    | 'backup-reduced'
    | 'durability-off'
    | 'major-on-same-volume'
  /**
   * What is lost, as `pgfleet diff` names it.
   */
  target: string
  /**
   * Why the loss is meant; shown in the review.
   */
  reason: string
  /**
   * Last day on which the entry permits anything (UTC).
   */
  expires: string
}
