import schema from '../../../schema/services.schema.json' with { type: 'json' }

/** The parts of a JSON Schema that say which values there are. */
export type SchemaNode = {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly SchemaNode[]
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly additionalProperties?: SchemaNode | boolean
  readonly required?: readonly string[]
  readonly items?: SchemaNode
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly minItems?: number
  readonly minProperties?: number
  readonly pattern?: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
}

export const schemaRoot = schema as SchemaNode

/** The description of what stands under a key or an index; an empty one where the schema has none. */
export function childOf(node: SchemaNode, step: string | number): SchemaNode {
  if (typeof step === 'number') return node.items ?? node.anyOf?.find(({ items }) => items)?.items ?? {}
  const entry = typeof node.additionalProperties === 'object' ? node.additionalProperties : {}
  return node.properties?.[step] ?? entry
}

/** Whether a value is one that the schema takes, as far as a single value can tell. */
export function fits(value: unknown, node: SchemaNode): boolean {
  if (node.const !== undefined) return value === node.const
  if (node.anyOf) return node.anyOf.some((one) => fits(value, one))
  if (node.enum) return node.enum.includes(value)
  const types = node.type === undefined ? [] : [node.type].flat()
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) return false
  if (typeof value === 'number') return value >= (node.minimum ?? -Infinity) && value <= (node.maximum ?? Infinity)
  if (typeof value === 'string')
    return value.length >= (node.minLength ?? 0) && (node.pattern === undefined || new RegExp(node.pattern, 'u').test(value))
  return true
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'array') return Array.isArray(value)
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}
