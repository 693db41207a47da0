import type { Migration } from '../fleet/data-types.ts'

type File = Pick<Migration, 'statements'>

/**
 * Marks statements that use an enum value in the transaction that adds it ("unsafe use of new value"; tried with 15 to 18):
 *
 * - 17 and later allow it when the transaction creates the type as well. A first start runs all files in one transaction, so only a
 *   value that is added to a type of an earlier file and used in the same file is wrong: that file, too, is one transaction later.
 * - 15 and 16 never allow it: the value cannot be used in any later file either, or a first start fails.
 *
 * Told by the text of the statements: which type a literal has, only a server knows. `'value'::text` is never taken for a use, nor is
 * the body of a function, which is looked at when it runs.
 */
export function markEnumUses<T extends File>(files: readonly T[], major: number): T[] {
  const everywhere = major < 17
  let added: Added[] = []
  return files.map((file) => {
    if (!everywhere) added = []
    const created = new Set<string>()
    const statements = file.statements.map((statement) => {
      const use = isCode.test(statement.text) ? undefined : added.find(({ used }) => used.test(statement.text))
      const create = /^create\s+type\s+(\S+)\s+as\s+enum\b/i.exec(statement.text)?.[1]
      if (create !== undefined) created.add(typeName(create))
      const add = addedBy(statement.text)
      if (add && (everywhere || !created.has(add.type))) added.push(add)
      return use && statement.forbidden === undefined ? { ...statement, forbidden: reason(use, major) } : statement
    })
    return statements.some((statement, index) => statement !== file.statements[index]) ? { ...file, statements } : file
  })
}

/** `literal` as SQL writes it, quotes included; `used` finds it. */
type Added = { readonly type: string; readonly literal: string; readonly used: RegExp }

function addedBy(sql: string): Added | undefined {
  const [, type, literal] = /^alter\s+type\s+(\S+)\s+add\s+value\s+(?:if\s+not\s+exists\s+)?('(?:[^']|'')*')/i.exec(sql) ?? []
  if (type === undefined || literal === undefined) return undefined
  const escaped = literal.replace(/[.*+?^${}()[\]|\\]/g, '\\$&')
  return { type: typeName(type), literal, used: new RegExp(`${escaped}(?!\\s*::\\s*(?:text|varchar)\\b)`) }
}

/** What names a value without using it, or only when it is called. */
const isCode = /^(?:create\s+(?:or\s+replace\s+)?(?:function|procedure)|do|alter\s+type|comment)\b/i

/** Without schema: files name a type with it or rely on the search path. */
const typeName = (name: string): string => (name.split('.').at(-1) ?? name).replaceAll('"', '').toLowerCase()

function reason({ type, literal }: Added, major: number): string {
  const rule = `${literal} is added to the enum ${type} in the same transaction, and cannot be used there`
  return major < 17
    ? `${rule} by PostgreSQL ${major}: add it where the type is created, or use PostgreSQL 17`
    : `${rule}: use it in a later file`
}
