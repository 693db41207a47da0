import type { TableName } from '../fleet/data-types.ts'
import type { Node } from './sql-parser.ts'

type Statement = Readonly<Record<string, Node>>

/** Why a statement cannot stand in a seed file, read from its parse tree; undefined when it can. */
export function notSeed(statement: Statement): string | undefined {
  const { InsertStmt: insert, SelectStmt: select } = statement
  if (!insert && !(select && callsSetval(select))) return 'only INSERT and SELECT setval(...) fill a database'
  if (changes(insert ?? select)) return 'each statement fills one table: write an INSERT of its own for the other'
  // Where the tree has it depends on the major: as a list, or in a node of its own since 18.
  if (insert?.['returningList'] !== undefined || insert?.['returningClause'] !== undefined) return 'nobody reads RETURNING: leave it out'
  return undefined
}

/** The table that an INSERT fills, as it names it. */
export function filledBy({ InsertStmt: insert }: Statement): Partial<TableName> | undefined {
  const { schemaname: schema, relname: table } = (insert?.['relation'] ?? {}) as { schemaname?: string; relname?: string }
  return table === undefined ? undefined : { table, ...(schema === undefined ? {} : { schema }) }
}

/** A SELECT of nothing else; where its arguments come from does not matter. */
function callsSetval({ targetList, intoClause }: Node): boolean {
  const targets = (targetList ?? []) as { ResTarget: { val?: { FuncCall?: { funcname: { String: { sval: string } }[] } } } }[]
  const names = targets.map(({ ResTarget }) => ResTarget.val?.FuncCall?.funcname.map(({ String: { sval } }) => sval).join('.'))
  return intoClause === undefined && names.length > 0 && names.every((name) => name === 'setval' || name === 'pg_catalog.setval')
}

/** Whether there is a statement inside, in a WITH, that changes rows. */
function changes(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(changes)
  if (typeof node !== 'object' || node === null) return false
  return Object.entries(node).some(([key, child]) => /^(Insert|Update|Delete|Merge)Stmt$/.test(key) || changes(child))
}
