import type { RelationNames } from '../fleet/data-types.ts'

type Node = Readonly<Record<string, unknown>>

/** Statements that make a relation, and where their tree names it. A renamed one is another. */
const made: Readonly<Record<string, (statement: Node) => { place: unknown; name?: unknown }>> = {
  CreateStmt: ({ relation }) => ({ place: relation }),
  CreateForeignTableStmt: ({ base }) => ({ place: (base as Node)['relation'] }),
  CreateTableAsStmt: ({ into }) => ({ place: (into as Node)['rel'] }),
  ViewStmt: ({ view }) => ({ place: view }),
  RenameStmt: ({ relation, newname }) => ({ place: relation, name: newname }),
}

/** Found in the parse tree of one statement. What code makes that it runs cannot be known. */
export function relationsOf(statement: unknown): RelationNames {
  const [kind, content] = Object.entries(statement as Node)[0] ?? []
  const found = made[kind ?? '']?.(content as Node)
  const place = found?.place as { schemaname?: string; relname?: string } | undefined
  const name = found?.name ?? place?.relname
  const makes = place?.schemaname === undefined || typeof name !== 'string' ? [] : [`${place.schemaname}.${name}`]
  return {
    makes,
    unknown: kind === 'DoStmt' || kind === 'SelectStmt' || kind === 'CallStmt' || (found !== undefined && makes.length === 0),
  }
}
