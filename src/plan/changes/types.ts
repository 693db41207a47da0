import type { Path } from '../../diagnostic.ts'
import type { Effect, Impact } from './impact.ts'

/** What the changes of a fleet are sorted into, for reading. */
export type Area =
  | 'fleet'
  | 'host'
  | 'service'
  | 'resources'
  | 'setting'
  | 'pool'
  | 'role'
  | 'privilege'
  | 'access'
  | 'extension'
  | 'schema'
  | 'sql'
  | 'retention'
  | 'job'
  | 'backup'
  | 'network'
  | 'application'
  | 'file'

/** Rules of destruction: what an entry of `allow:` in services.yaml names. */
export const destroyRules = [
  'service-removed',
  'database-replaced',
  'volume-replaced',
  'schema-removed',
  'role-removed',
  'extension-removed',
  'retention-shortened',
  'backup-reduced',
  'durability-off',
  'major-on-same-volume',
] as const

export type DestroyRule = (typeof destroyRules)[number]

/** What the fleet of one side has that the other has not, or has otherwise. */
export type Change = {
  /** Names what changes, the same in both directions of a comparison: `trading/setting/shared_buffers`. */
  readonly target: string
  readonly area: Area
  readonly kind: 'added' | 'removed' | 'changed' | 'renamed'
  /** Key of the service it belongs to; undefined for the fleet as a whole. */
  readonly service?: string
  /** What a reader calls it: `shared_buffers`, `role analytics`, `schema audit`. */
  readonly subject: string
  /** Values in units and meaning: `128MB`. Absent on the side that has none. */
  readonly before?: string
  readonly after?: string
  /** What the values mean together: `x8`, `next runs: ...`, `1,040 -> 2,080 clients`. */
  readonly note?: string
  readonly impact: Impact
  /** What applying it does to the containers; a migration or a loss can have none. */
  readonly effect: Effect
  /** Why it needs the eyes of who answers for security. */
  readonly security?: string
  /** Which rule of destruction it falls under; `allowed` is the reason of the entry that permits it. */
  readonly destroys?: { readonly rule: DestroyRule; readonly allowed?: string }
  /** What stays to be done by hand, or how the data gets across. */
  readonly advice?: string
  /** Containers that it reaches, by the names of their Compose services: `postgres-trading`, `pgbouncer-trading`, `ops`. */
  readonly containers: readonly string[]
  /** Where it stands in services.yaml, on the sides that have it. */
  readonly at: { readonly base?: Path; readonly head?: Path }
}

/** One thing to do, in its place in the order. */
export type Step = { readonly command: string; readonly why: string }

/** A sum against its limit: `used` and `limit` are bytes, connections or processors. */
export type Use = { readonly used: number; readonly limit: number }

export type BudgetRow = {
  /** Key of a service, undefined for the host. */
  readonly service?: string
  readonly kind: 'memory' | 'connections' | 'cpus' | 'disk' | 'backup-disk'
  readonly unit: 'bytes' | 'connections' | 'cpus'
  readonly before?: Use
  readonly after?: Use
  /** What is left afterwards is less than a tenth of the limit. */
  readonly tight: boolean
}

/** An entry of `allow:` that permits nothing here. */
export type UnusedAllow = {
  readonly rule: string
  readonly target: string
  readonly why: 'stale' | 'expired'
  readonly index: number
  readonly message: string
}

/** What becomes of one generated file. */
export type FileChange = {
  readonly path: string
  readonly op: 'created' | 'updated' | 'removed'
  readonly before: string
  readonly after: string
}

/** What becomes of one container, by the name of its Compose service: the gravest effect of all changes on it. */
export type ContainerEffect = { readonly container: string; readonly effect: Effect | 'created' | 'removed' }

/** What a change of services.yaml means. */
export type FleetDiff = {
  /** Gravest first, then by service and target. */
  readonly changes: readonly Change[]
  /** The gravest class of all changes. */
  readonly impact: Impact
  readonly containers: readonly ContainerEffect[]
  readonly budgets: readonly BudgetRow[]
  /** What applies it, in order. */
  readonly apply: readonly Step[]
  /** What takes it back: class and commands of the reverse, and what does not come back. */
  readonly rollback: { readonly impact: Impact; readonly steps: readonly Step[]; readonly lost: readonly string[] }
  readonly unusedAllows: readonly UnusedAllow[]
  readonly files: readonly FileChange[]
  /** Things that could not be compared, and why: `the SQL of trading: its folder is not there; taken as unchanged`. */
  readonly notes: readonly string[]
}
