import { Alias, Document, type Node } from 'yaml'

/** A block that is merged by its name, and what is added to it. */
export const merged = (anchor: string, value: object) => ({ '<<': new Alias(anchor), ...value })

export type Printer = {
  /** Prints a document, or a part of one. */
  readonly print: (value: object) => string
  /** Prints the entries under a heading one by one: a tree of 10,000 services would not fit into memory. */
  readonly printMap: (heading: string, entries: Iterable<readonly [name: string, value: object]>) => string
  /** Gives a value a name: it is printed where it stands, and can be merged below. */
  readonly block: (anchor: string, value: object) => Node
}

/** Prints YAML for Compose. Its parser knows words and numbers of YAML 1.1 (`on`, `0:0`), so those are quoted. */
export function printer(): Printer {
  const document = new Document(undefined, { compat: 'yaml-1.1', merge: true, aliasDuplicateObjects: false })
  const print = (value: object): string => {
    document.contents = document.createNode(value)
    return document.toString({ lineWidth: 0, blockQuote: false, verifyAliasOrder: false })
  }
  return {
    print,
    printMap: (heading, entries) => {
      const lines = [`${heading}:\n`]
      for (const [name, value] of entries) lines.push(print({ [heading]: { [name]: value } }).slice(heading.length + 2))
      return lines.length === 1 ? `${heading}: {}\n` : lines.join('')
    },
    block: (anchor, value) => {
      const node = document.createNode(value) as Node & { anchor?: string }
      node.anchor = anchor
      return node
    },
  }
}
