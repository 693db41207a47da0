import type { Artifact } from '../../artifact.ts'
import type { Service } from '../../fleet/types.ts'
import type { Queryable } from './verify-settings.ts'

/** A way in which a live service is not what was declared. */
export type Finding = {
  /** What is meant, e.g. `table shop.items: SELECT for analyst`. */
  readonly what: string
  readonly expected: string
  readonly actual: string
  /** What to do about it, where that is another thing than the check says. */
  readonly help?: string
}

/** What a check found, and how much it looked at, e.g. `{ roles: 10 }`. */
export type Outcome = { readonly findings: readonly Finding[]; readonly figures: Readonly<Record<string, number>> }

/** A live service beside its declaration. */
export type Subject = {
  readonly service: Service
  /** All that was generated for the target, by path. */
  readonly artifacts: ReadonlyMap<string, Artifact>
  /** The service's own database, as superuser; names are looked up in pg_catalog only. */
  readonly server: Queryable
}

export type Check = {
  /** Stable, kebab-case. */
  readonly id: string
  /** What holds when it passes. */
  readonly title: string
  /** What to do when it does not: a sentence, or `apply` where running the init script again brings everything back. */
  readonly help: string
  readonly run: (subject: Subject) => Promise<Outcome>
}

/** A check that asks the pooler, whose console has SHOW commands and no SQL. */
export type PoolerCheck = Omit<Check, 'run'> & {
  readonly run: (subject: Omit<Subject, 'server'>, console: Queryable) => Promise<Outcome>
}

/** The rows of a query. */
export async function rowsOf<Row>(client: Queryable, text: string): Promise<Row[]> {
  return (await client.query(text)).rows as Row[]
}

/** The rows of a SHOW command of PgBouncer; node-postgres makes numbers of some columns. */
export async function textRowsOf(console: Queryable, command: string): Promise<Readonly<Record<string, string | null>>[]> {
  const rows = await rowsOf<Record<string, unknown>>(console, command)
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)])))
}
