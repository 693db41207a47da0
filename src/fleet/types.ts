import type { Path } from '../diagnostic.ts'
import type { Allow } from './allow.ts'
import type { Build, Catalogs, Major, PostgresCatalog } from './catalog.ts'
import type {
  Compliance,
  Duration,
  Job,
  Migration,
  Reference,
  RetentionRule,
  RowPrivileges,
  SchemaOrTable,
  SqlFile,
  TimeseriesTable,
} from './data-types.ts'

/** A number of bytes. */
export type Bytes = number
export type Workload = 'oltp' | 'timeseries' | 'analytics' | 'ledger' | 'queue' | 'search'
export type Storage = 'nvme' | 'ssd' | 'hdd'

/**
 * The resolved model: every default filled in, every reference followed, every number computed. Generators print it and decide
 * nothing; rules check it. `origin` is the path of the part in services.yaml, for findings.
 */
export type Fleet = {
  readonly name: string
  readonly target: Target
  readonly host: Host
  readonly pgbouncerVersion: string
  readonly network: NetworkPlan
  readonly services: readonly Service[]
  /** Roles of people and tools, as declared (each service's `roles` holds those that exist there). */
  readonly roles: readonly FleetRole[]
  readonly applications: readonly Application[]
  readonly backup: BackupPlan
  readonly ops: Ops
  /** Everything that runs on a clock, in crontab order. */
  readonly schedule: readonly ScheduledTask[]
  readonly proofs: readonly Proof[]
  /** Losses that are meant. */
  readonly allows: readonly Allow[]
  readonly catalogs: Catalogs
}

/** Where a fleet runs, and what that place can do. What it cannot do is a finding or is listed as left out, never silence. */
export type Target = {
  readonly name: 'compose' | 'embedded'
  /** Build of the PostgreSQL binaries: decides which enum values and settings exist. */
  readonly build: Build
  /** Extensions that can be created there beside the contrib modules of the build. */
  readonly extensions: readonly string[]
  readonly pooler: boolean
  /** Where the pooler is whatever the machine has: which one. It decides about the version, not services.yaml. */
  readonly installedPooler?: InstalledPooler
  /** Where there could be a pooler and is none: why. */
  readonly poolerMissing?: string
  readonly tls: boolean
  readonly scheduler: boolean
  /** When true, what is missing is left out and listed; when false it is an error. */
  readonly lenient: boolean
  /** Paths as the server process sees them, by service key. */
  readonly paths: (service: string) => ServerPaths
  /** Port on which a process listens, server or pooler, by its declared port. */
  readonly listenPort: (declared: number) => number
}

/** A PgBouncer of the machine at hand. */
export type InstalledPooler = {
  readonly program: string
  /** As it says itself, `1.24.1`. */
  readonly version: string
  /** The version in the catalogue that it is treated as, `1.24`. */
  readonly catalogued: string
  /** Name of the operating system user that it runs as; so does the server. */
  readonly osUser: string
}

export type ServerPaths = {
  /** postgresql.conf, pg_hba.conf and pg_ident.conf. */
  readonly config: string
  /** ca.crt, server.crt, server.key. */
  readonly tls: string
  /** One file per role, named like it, holding its SCRAM verifier. */
  readonly verifiers: string
  readonly socket: string
}

export type Host = { readonly memory: Bytes; readonly cpus: number; readonly disk: Bytes; readonly storage: Storage; readonly origin: Path }

export type Service = {
  readonly key: string
  readonly origin: Path
  readonly summary: string
  readonly database: string
  /** Name of the volume of its data, without the prefix of the fleet. */
  readonly volume: string
  readonly major: Major
  readonly workload: Workload
  /** Memory limit of the server. */
  readonly memory: Bytes
  readonly cpus: number
  /** Expected size, 0 when not given. */
  readonly disk: Bytes
  /** Name of the server in its networks, e.g. `postgres-trading`. */
  readonly host: string
  /** Declared port: published by compose, listened on by the embedded runtime. */
  readonly port: number
  /** Port that the server process listens on in this target. */
  readonly listenPort: number
  readonly pool: Pool
  readonly roles: readonly Role[]
  readonly extensions: readonly Extension[]
  readonly timescaledb: 'apache' | 'community'
  readonly schemas: readonly string[]
  /** Settings as written in services.yaml: what rules check. */
  readonly declared: Readonly<Record<string, string | number | boolean>>
  /** The catalogue of its major version. */
  readonly catalog: PostgresCatalog
  /** Every line of postgresql.conf, in printing order. */
  readonly settings: readonly ServerSetting[]
  /** Folder of its SQL as found (the path that the keys of `files` start with), undefined when none is declared. */
  readonly sqlFolder?: string
  readonly migrations: readonly Migration[]
  /** The same for the files that fill an empty database. */
  readonly seedFolder?: string
  readonly seeds: readonly SqlFile[]
  readonly timeseries: readonly TimeseriesTable[]
  readonly jobs: readonly Job[]
  readonly retention: readonly RetentionRule[]
  /** What the application may do, where that is not everything. */
  readonly rowPrivileges: readonly RowPrivileges[]
  /** What read-only roles may read; everything when undefined. */
  readonly readable?: readonly SchemaOrTable[]
  readonly references: readonly Reference[]
  readonly compliance: readonly Compliance[]
  readonly backupClass: 'critical' | 'standard'
  readonly assumptions: Assumptions
  readonly addresses: ServiceAddresses
  readonly paths: ServerPaths
  /** Declared things this target lacks and leaves out (only where the target is lenient). */
  readonly leftOut: readonly LeftOut[]
}

/** One thing that this target does not do, and why: shown to the user. */
export type LeftOut = { readonly what: string; readonly why: string }

export type Pool = {
  /** Name of the pooler in its networks, e.g. `pgbouncer-trading`. */
  readonly host: string
  /** Port published on the host; inside its networks the pooler listens on 5432. */
  readonly port: number
  /** Port that the pooler's process listens on in this target. */
  readonly listenPort: number
  readonly mode: 'session' | 'transaction' | 'statement'
  readonly size: number
  readonly reserve: number
  readonly maxClients: number
  /** Server connections of the role that looks passwords up. */
  readonly authSize: number
  /** Memory limit of the pooler. */
  readonly memory: Bytes
}

export type RoleKind = 'owner' | 'migrator' | 'app' | 'read-only' | 'admin' | 'monitor' | 'backup' | 'pooler' | 'pooled'

/** A role of one server. `owner` and `pooled` cannot log in: they own, or are a group. */
export type Role = {
  readonly name: string
  readonly kind: RoleKind
  readonly login: boolean
  /** Connections it may hold (CONNECTION LIMIT), undefined when the pooler bounds it or when it cannot log in. */
  readonly connections?: number
  readonly memberOf: readonly string[]
  /** Parameters set for the role (ALTER ROLE ... SET). */
  readonly parameters: Readonly<Record<string, string>>
  /** How it authenticates: with a password, with a client certificate, or not at all. */
  readonly authentication: 'password' | 'certificate' | 'none'
}

export type FleetRole = {
  readonly name: string
  readonly access: 'read-only' | 'admin'
  readonly services: readonly string[]
  readonly connections: number
  readonly statementTimeout: Duration
  readonly origin: Path
}

export type Extension = { readonly name: string; readonly preload: boolean; readonly origin: Path }

/** A line of postgresql.conf. */
export type ServerSetting = {
  readonly name: string
  /** As printed, before quoting: `16MB`, `off`, `0.9`. */
  readonly value: string
  /** Printed as the comment beside it. */
  readonly why: string
  /** tuned: by a formula; declared: in services.yaml; fleet: what pgfleet owns and nobody may override. */
  readonly source: 'tuned' | 'declared' | 'fleet'
  /** Heading it is printed under. */
  readonly group: string
}

export type Application = { readonly name: string; readonly image: string; readonly uses: readonly string[]; readonly origin: Path }

/** The container that runs what is scheduled. `package`: folder of the pgfleet that it is built from, relative to services.yaml. */
export type Ops = { readonly package: string; readonly memory: Bytes }

export type BackupPlan = {
  readonly daily: { readonly at: string; readonly keep: Duration }
  readonly weekly: { readonly on: number; readonly at: string; readonly keep: Duration }
  readonly monthly: { readonly day: number; readonly at: string; readonly keep: Duration }
  readonly verify: { readonly on: number; readonly at: string }
  readonly disk?: Bytes
  readonly origin: Path
}

/** A line of the crontab: five fields, and the arguments that pgfleet is called with. */
export type ScheduledTask = {
  readonly name: string
  readonly schedule: string
  readonly args: readonly string[]
  readonly comment: string
  readonly origin: Path
}

export type Assumptions = {
  readonly operationsPerConnection: number
  readonly backendOverhead: Bytes
  readonly manualMaintenance: number
  readonly backupRatio: number
}

/**
 * Addresses relative to the base (the first octets, e.g. `10.77`), so that a variable can move them. Offsets count from the start
 * of the base. Each service takes two /28 networks whose place follows from its port alone: other services can come and go.
 */
export type NetworkPlan = { readonly base: string; readonly edge: Subnet; readonly slots: number }
export type Subnet = { readonly offset: number; readonly prefix: number }
export type ServiceAddresses = {
  readonly slot: number
  /** Server, pooler and ops. */
  readonly database: Subnet
  /** Pooler and the applications that use it. */
  readonly application: Subnet
  readonly server: number
  readonly pooler: number
  readonly ops: number
  readonly poolerForApplications: number
}

/** One inequality that must hold: the sum of the terms is at most the limit. Printed as it is; a broken one is a finding. */
export type Proof = {
  readonly kind: 'connections' | 'memory' | 'host-memory' | 'host-disk' | 'backup-disk'
  /** Service key, undefined for the host. */
  readonly service?: string
  readonly unit: 'connections' | 'bytes'
  readonly terms: readonly Term[]
  readonly limit: {
    readonly name: string
    readonly value: number
    readonly path: Path
    /** The smallest value under which a broken proof would hold, where the sum grows with the limit itself. */
    readonly fits?: number
  }
}

/** A part of a sum: its name, how it comes about, its amount, and the path of the field that changes it. */
export type Term = {
  readonly name: string
  readonly how: string
  readonly amount: number
  readonly path: Path
  /** Where the field is a number of its own: its value (kB for memory), and what one more of it adds to the sum. */
  readonly field?: { readonly value: number; readonly unit: 'connections' | 'kB'; readonly each: number }
}
