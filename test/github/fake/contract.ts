// GitHub's published contract of the operations in use (npm run github-api): what is asked and what is answered has to obey it.
import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'

type Parameter = { name: string; in: 'path' | 'query'; required: boolean; schema: object }

export type Operation = {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly parameters: readonly Parameter[]
  readonly body?: Schema
  readonly responses: Readonly<Record<string, Schema | null>>
}

export type Schema = { readonly [key: string]: unknown }

const document = JSON.parse(readFileSync(new URL('../api/github.json', import.meta.url), 'utf8'))

const operations: Operation[] = Object.entries(document.operations).map(([id, found]) => ({ id, ...(found as Omit<Operation, 'id'>) }))

export const definitions: Readonly<Record<string, Schema>> = document.$defs

/** Where GitHub is known to answer otherwise than it writes. */
const deviations: readonly [definition: string, path: readonly string[]][] = [
  // The repository of a fork that was deleted; lists of pull requests have it right.
  ['pull-request', ['head', 'repo']],
  // A comment on a line that is not in the diff any more.
  ['pull-request-review-comment', ['line']],
]
for (const [definition, path] of deviations) {
  let schema = document.$defs[definition]
  for (const name of path.slice(0, -1)) schema = schema.properties[name]
  schema.properties[path.at(-1)!] = { anyOf: [schema.properties[path.at(-1)!], { type: 'null' }] }
}

const ajv = new Ajv({ strict: false, allErrors: true, logger: false, coerceTypes: false })
ajv.addFormat('uri', (text) => URL.canParse(text))
ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
const coercing = new Ajv({ strict: false, allErrors: true, logger: false, coerceTypes: true })

/** The operation that a request names, with what its path says. */
export function operationOf(method: string, path: string): { operation: Operation; params: Record<string, string> } | undefined {
  for (const operation of operations) {
    if (operation.method !== method) continue
    // Names of labels and refs may hold slashes only when they are escaped.
    const pattern = new RegExp(`^${operation.path.replaceAll('.', '\\.').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`)
    const groups = pattern.exec(path)?.groups
    if (groups) {
      const params = Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodeURIComponent(value)]))
      return { operation, params }
    }
  }
  return undefined
}

const compiled = new Map<string, ValidateFunction>()

function problems(key: string, schema: Schema, value: unknown, validator = ajv): string[] {
  const validate = compiled.get(key) ?? validator.compile({ ...schema, $defs: definitions })
  compiled.set(key, validate)
  if (validate(value)) return []
  return (validate.errors ?? []).map(({ instancePath, message }) => `${key}${instancePath} ${message}`)
}

/** Breaches in a request: also what GitHub would silently ignore, which nobody sends on purpose. */
export function requestProblems(operation: Operation, params: object, query: URLSearchParams, body: unknown): string[] {
  const of = (place: Parameter['in']) => operation.parameters.filter((parameter) => parameter.in === place)
  const schemaOf = (place: Parameter['in']): Schema => ({
    type: 'object',
    properties: Object.fromEntries(of(place).map(({ name, schema }) => [name, schema])),
    required: of(place).flatMap(({ name, required }) => (required ? [name] : [])),
    additionalProperties: false,
  })
  return [
    ...problems(`${operation.id} path`, schemaOf('path'), { ...params }, coercing),
    ...problems(`${operation.id} query`, schemaOf('query'), Object.fromEntries(query), coercing),
    ...bodyProblems(operation, body),
  ]
}

function bodyProblems({ id, body: schema }: Operation, body: unknown): string[] {
  if (!schema) return body === undefined ? [] : [`${id} takes no body`]
  const known = propertiesOf(schema)
  const unknown = Object.keys((body ?? {}) as object).filter((name) => !known.has(name))
  return [...unknown.map((name) => `${id} body has unknown ${name}`), ...problems(`${id} body`, schema, body)]
}

function propertiesOf(schema: Schema): Set<string> {
  const own = Object.keys((schema['properties'] ?? {}) as object)
  const nested = ['oneOf', 'anyOf', 'allOf']
    .flatMap((key) => (schema[key] as Schema[] | undefined) ?? [])
    .flatMap((one) => [...propertiesOf(one)])
  return new Set([...own, ...nested])
}

/** Breaches in an answer of ours. Refusals that the document does not list have GitHub's usual form. */
export function responseProblems(operation: Operation, status: number, body: unknown): string[] {
  const schema = operation.responses[status]
  if (schema) return problems(`${operation.id} ${status}`, schema, body)
  if (schema === null) return body === undefined ? [] : [`${operation.id} ${status} has no body`]
  return status >= 400 ? problems('error', definitions['basic-error']!, body) : [`${operation.id} never answers ${status}`]
}
