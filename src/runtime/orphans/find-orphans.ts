// Values of soft references that lead nowhere: keys of another service's rows that are not there. No foreign key reaches that far.
import pg from 'pg'
import type { Reference } from '../../fleet/data-types.ts'
import type { Fleet, Service } from '../../fleet/types.ts'
import { OperationError } from '../../io/operation-error.ts'
import { sideBySide } from '../side-by-side.ts'
import type { FleetAccess, Session } from '../verify/access.ts'

/** Values that are looked up at a time. */
const batch = 5000
/** Orphans that are named. */
const shownOrphans = 5

/** What was found about one reference. Counts are of different values, not of rows. */
export type ReferenceReport = {
  /** `schema.table.column` of the service. */
  readonly column: string
  readonly service: string
  /** `service:schema.table.column`. */
  readonly references: string
  readonly values: number
  readonly orphans: number
  /** The first of them, in the order of the values. */
  readonly examples: readonly string[]
}

/** One reference after the other per service, services side by side. Throws `orphans` when a database cannot be asked. */
export async function findOrphans({ services }: Fleet, access: FleetAccess): Promise<ReferenceReport[]> {
  const byKey = new Map(services.map((service) => [service.key, service]))
  const all = await sideBySide(services, 4, async (service) => {
    const reports: ReferenceReport[] = []
    for (const reference of service.references) reports.push(await checked(service, byKey.get(reference.service)!, reference, access))
    return reports
  })
  return all.flat()
}

async function checked(...arguments_: Parameters<typeof check>): Promise<ReferenceReport> {
  const [from, to, reference] = arguments_
  return check(...arguments_).catch((error: Error) => {
    throw new OperationError(
      'orphans',
      `cannot compare ${from.key}:${name(reference)} with ${to.key}:${name(reference.target)}: ${error.message}`,
      'Both servers must run, and both columns must exist and have the same type.',
      error,
    )
  })
}

async function check(from: Service, to: Service, reference: Reference, access: FleetAccess): Promise<ReferenceReport> {
  const source = await access.server(from)
  const target = await access.server(to).catch(async (error: Error) => {
    await source.end()
    throw error
  })
  try {
    const type = await typeOf(target, reference.target)
    let values = 0
    let orphans = 0
    const examples: string[] = []
    // What refers is read first: what it refers to was there before it.
    for await (const some of distinctValues(source, reference)) {
      const missing = await notIn(target, reference.target, type, some)
      values += some.length
      orphans += missing.length
      examples.push(...missing.slice(0, shownOrphans - examples.length))
    }
    return { column: name(reference), service: from.key, references: `${to.key}:${name(reference.target)}`, values, orphans, examples }
  } finally {
    await Promise.all([source.end(), target.end()])
  }
}

/** All values as text, in batches: each goes on behind the last value of the one before. */
async function* distinctValues(session: Session, reference: Reference): AsyncIterable<string[]> {
  const column = pg.escapeIdentifier(reference.column)
  for (let after = ''; ; ) {
    const { rows } = await session.query(
      `SELECT DISTINCT ${column} AS value, ${column}::text AS text FROM ${table(reference)} WHERE ${column} IS NOT NULL${after} ORDER BY 1 LIMIT ${batch}`,
    )
    const values = (rows as { text: string }[]).map(({ text }) => text)
    if (values.length > 0) yield values
    if (values.length < batch) return
    after = ` AND ${column} > ${pg.escapeLiteral(values.at(-1)!)}`
  }
}

async function notIn(session: Session, target: Reference['target'], type: string, values: readonly string[]): Promise<string[]> {
  // In the type of the column, so that its index serves.
  const list = `ARRAY[${values.map((value) => pg.escapeLiteral(value)).join(', ')}]::${type}[]`
  const { rows } = await session.query(
    `SELECT value::text AS value FROM unnest(${list}) AS wanted (value)
     WHERE NOT EXISTS (SELECT FROM ${table(target)} AS target WHERE target.${pg.escapeIdentifier(target.column)} = wanted.value) ORDER BY wanted.value`,
  )
  return (rows as { value: string }[]).map(({ value }) => value)
}

async function typeOf(session: Session, target: Reference['target']): Promise<string> {
  const { rows } = await session.query(
    `SELECT format_type(atttypid, NULL) AS type FROM pg_attribute
     WHERE attrelid = ${pg.escapeLiteral(table(target))}::regclass AND attname = ${pg.escapeLiteral(target.column)}`,
  )
  const [row] = rows as { type: string }[]
  if (!row) throw new Error(`column "${target.column}" does not exist`)
  return row.type
}

const table = ({ schema, table }: Pick<Reference, 'schema' | 'table'>): string =>
  `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`

const name = ({ schema, table, column }: Reference['target']): string => `${schema}.${table}.${column}`
