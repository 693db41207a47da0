// What a service's database holds, as far as services.yaml and its SQL say.
import type { Path, Span } from '../diagnostic.ts'

export type Compliance = 'pci-dss' | 'gdpr' | 'mifid' | 'aml'

/** A PostgreSQL interval of one unit, e.g. `30 days`, and its length in seconds (a month is 30 days, a year 365.25). */
export type Duration = { readonly text: string; readonly seconds: number }

/** One file of hand-written SQL: a migration, or seed data. */
export type SqlFile = {
  /** File name, e.g. `0001-tables.sql`. */
  readonly name: string
  /** Path as found, for messages and labels. */
  readonly path: string
  readonly statements: readonly Statement[]
  /** Why the parser of the service's major refused the file; `statements` is empty then. */
  readonly error?: { readonly message: string; readonly at: Span }
}

/** A file that is applied once. `sha256`: of its text, in hex. */
export type Migration = SqlFile & { readonly sha256: string }

/** One statement: its text without the closing semicolon, and where it starts. */
export type Statement = {
  readonly text: string
  readonly at: Span
  /** Why it cannot run inside the one transaction of the init script, or is nothing for a seed file. */
  readonly forbidden?: string
  /** Schemas that it needs to be there, and that it makes. */
  readonly schemas: { readonly needs: readonly string[]; readonly makes: readonly string[] }
  readonly relations: RelationNames
  /** In a seed file: the table that it fills, as it names it. */
  readonly fills?: Partial<TableName>
}

/** Tables and views that a statement makes, as `schema.name`. `unknown`: it is code that can make others. */
export type RelationNames = { readonly makes: readonly string[]; readonly unknown: boolean }

export type TableName = { readonly schema: string; readonly table: string }

/** A schema, or one table or view of it. */
export type SchemaOrTable = { readonly schema: string; readonly table?: string; readonly origin: Path }

/** What the application may do there with rows, where that is not everything. */
export type RowPrivileges = SchemaOrTable & { readonly privileges: readonly RowPrivilege[] }
export type RowPrivilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE'

/** A column whose values are those of a column of another service; no foreign key reaches there. */
export type Reference = TableName & {
  readonly column: string
  /** Key of the other service, and its column. */
  readonly service: string
  readonly target: TableName & { readonly column: string }
  readonly origin: Path
}

export type TimeseriesTable = TableName & {
  readonly column: string
  readonly chunk: Duration
  readonly keep?: Duration
  readonly compressAfter?: Duration
  /** Whether it is a hypertable in this target; otherwise a plain table with a BRIN index. */
  readonly hypertable: boolean
  /** Regulations that its rows fall under. */
  readonly compliance: readonly Compliance[]
  readonly origin: Path
}

export type Job = {
  readonly name: string
  readonly schedule: string
  readonly call: string
  /** Why the parser does not take it for a call. */
  readonly callError?: string
  readonly origin: Path
}

export type RetentionRule = TableName & {
  readonly column: string
  readonly keep: Duration
  /** Regulations that its rows fall under. */
  readonly compliance: readonly Compliance[]
  readonly origin: Path
}
