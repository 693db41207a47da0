import { definitions, type Schema } from './contract.ts'

/** The least that a schema takes, with some fields of our own: objects of GitHub have dozens that nobody here reads. */
export function shaped<T extends object>(name: string, own: T): T & Record<string, unknown> {
  const base = skeletons.get(name) ?? (least({ $ref: `#/$defs/${name}` }) as Record<string, unknown>)
  skeletons.set(name, base)
  return merge(base, own as Record<string, unknown>) as T & Record<string, unknown>
}

const skeletons = new Map<string, Record<string, unknown>>()

function merge(base: Record<string, unknown>, own: Record<string, unknown>): Record<string, unknown> {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  const merged = Object.entries(own).map(([key, value]) => [key, isObject(value) && isObject(base[key]) ? merge(base[key], value) : value])
  return { ...base, ...Object.fromEntries(merged) }
}

function least(schema: Schema): unknown {
  if (typeof schema['$ref'] === 'string') return least(definitions[schema['$ref'].split('/').at(-1)!]!)
  const options = (schema['oneOf'] ?? schema['anyOf']) as Schema[] | undefined
  if (options) return options.some(({ type }) => type === 'null') ? null : least(options[0]!)
  if (schema['allOf']) return Object.assign({}, ...(schema['allOf'] as Schema[]).map(least))
  const { type, format } = schema
  if (Array.isArray(type) && type.includes('null')) return null
  if (Array.isArray(schema['enum'])) return schema['enum'][0]
  if (type === 'array') return []
  if (type === 'integer' || type === 'number') return 1
  if (type === 'boolean') return false
  if (type === 'string') return { uri: 'https://github.test/x', 'date-time': '2026-01-01T00:00:00Z' }[format as string] ?? 'x'
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>
  const required = (schema['required'] ?? []) as string[]
  return Object.fromEntries(required.map((key) => [key, least(properties[key] ?? {})]))
}
