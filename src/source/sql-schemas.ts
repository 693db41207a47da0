/** Schemas that a statement names: those it needs to be there, and those it makes. Each once, in the order of the text. */
export type SchemaNames = { readonly needs: readonly string[]; readonly makes: readonly string[] }

type Node = Readonly<Record<string, unknown>>

/** Found in the parse tree of one statement: relations anywhere in it, and the functions and types it creates. */
export function schemasOf(statement: unknown): SchemaNames {
  const needs = new Set<string>()
  const makes = new Set<string>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return
    const node = value as Node
    if (typeof node['schemaname'] === 'string' && 'relname' in node) needs.add(node['schemaname'])
    for (const [key, child] of Object.entries(node)) {
      const made = key === 'CreateSchemaStmt' ? (child as Node)['schemaname'] : undefined
      if (typeof made === 'string') makes.add(made)
      const schema = key in createdNames ? firstOfTwo((child as Node)[createdNames[key]!]) : undefined
      if (schema !== undefined) needs.add(schema)
      visit(child)
    }
  }
  visit(statement)
  return { needs: [...needs], makes: [...makes] }
}

/** Statements whose new object has a qualified name in a list of words. */
const createdNames: Readonly<Record<string, string>> = {
  CreateFunctionStmt: 'funcname',
  CreateEnumStmt: 'typeName',
  CreateRangeStmt: 'typeName',
  CreateDomainStmt: 'domainname',
}

function firstOfTwo(words: unknown): string | undefined {
  if (!Array.isArray(words) || words.length !== 2) return undefined
  return (words[0] as { String?: { sval?: string } }).String?.sval
}
