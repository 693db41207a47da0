import { alias, anchored, printYaml, type Yaml } from '../yaml.ts'

export type Fields = Readonly<Record<string, Yaml>>

/** A block that is merged by its name, and what is added to it. */
export const merged = (name: string, fields: Fields): Fields => ({ '<<': alias(name), ...fields })

/** Gives fields a name: they are printed where they stand, and can be merged below. */
export const block = (name: string, fields: Fields): Yaml => anchored(name, fields)

/** Entries under a heading, printed one by one: a tree of 10,000 services would take much memory. */
export function printMap(heading: string, entries: Iterable<readonly [name: string, fields: Fields]>): string {
  const parts = [`${heading}:\n`]
  for (const [name, fields] of entries) parts.push(printYaml({ [name]: fields }, '  '))
  return parts.length === 1 ? `${heading}: {}\n` : parts.join('')
}
