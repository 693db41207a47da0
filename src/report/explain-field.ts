/** The parts of a JSON Schema that describe a field. */
type Node = {
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Node>>
  readonly additionalProperties?: Node | boolean
}

type Field = { readonly path: string; readonly node: Node }

/** Fields that a word names: a whole path (`services.*.pool.size`, a name in place of the star) or its end (`pool.size`). */
export function explainField(word: string, schema: object): string | undefined {
  const fields = fieldsOf(schema as Node).filter(({ path }) => names(path, word))
  return fields.length ? fields.map(describe).join('\n') : undefined
}

/** The paths of all fields, and their last words. */
export const fieldNames = (schema: object): string[] =>
  fieldsOf(schema as Node).flatMap(({ path }) => [path, path.split('.').at(-1) ?? path])

function fieldsOf(node: Node, path: readonly string[] = []): Field[] {
  const children = Object.entries(node.properties ?? {})
  if (typeof node.additionalProperties === 'object') children.push(['*', node.additionalProperties])
  return children.flatMap(([key, child]) => [
    ...(key === '*' ? [] : [{ path: [...path, key].join('.'), node: child }]),
    ...fieldsOf(child, [...path, key]),
  ])
}

function names(path: string, word: string): boolean {
  const steps = path.split('.')
  const words = word.split('.')
  const tail = steps.slice(-words.length)
  return (
    words.length <= steps.length &&
    words.every((name, index) => name === tail[index] || (tail[index] === '*' && words.length === steps.length))
  )
}

function describe({ path, node }: Field): string {
  const lines = [
    node.enum ? `  one of   ${node.enum.join(', ')}` : '',
    node.default === undefined ? '' : `  default  ${JSON.stringify(node.default)}`,
    node.examples?.length ? `  example  ${JSON.stringify(node.examples[0])}` : '',
  ].filter(Boolean)
  return `${path} (services.yaml)\n\n${node.description ?? node.title ?? ''}\n\n${lines.join('\n')}\n`
}
