import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'

// services.schema.json is what editors show: every field must explain itself, and what it says must be true.

type Schema = {
  readonly title?: string
  readonly description?: string
  readonly examples?: readonly unknown[]
  readonly default?: unknown
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly propertyNames?: Schema
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly pattern?: string
  readonly patternErrorMessage?: string
}

const schema = JSON.parse(readFileSync('schema/services.schema.json', 'utf8')) as Schema
const ajv = () => new Ajv({ strict: true, allowUnionTypes: true, keywords: ['patternErrorMessage'] })

/** Every subschema with its place; `field` when it is what a key holds, so that it can have a default. */
function* walk(
  node: Schema,
  place: string,
  field: boolean,
  required: boolean,
): Generator<{ node: Schema; place: string; field: boolean; required: boolean }> {
  yield { node, place, field, required }
  for (const [name, child] of Object.entries(node.properties ?? {}))
    yield* walk(child, place === '' ? name : `${place}.${name}`, true, node.required?.includes(name) ?? false)
  if (typeof node.additionalProperties === 'object') yield* walk(node.additionalProperties, `${place}.*`, false, true)
  if (node.items) yield* walk(node.items, `${place}[]`, false, true)
}

const nodes = [...walk(schema, '', false, true)]

test('the walk sees the whole schema', () => {
  const places = nodes.map(({ place }) => place)
  expect(places).toEqual(
    expect.arrayContaining(['version', 'host.memory', 'services.*.pool.max_clients', 'services.*.settings.*', 'services.*.extensions[]']),
  )
  expect(nodes.length).toBeGreaterThan(90)
})

test('it is strict draft-07', () => {
  expect((schema as { $schema?: string }).$schema).toBe('http://json-schema.org/draft-07/schema#')
  expect(() => ajv().compile(schema)).not.toThrow()
})

test.each(nodes)('$place has a title, a description and examples that are valid', ({ node }) => {
  expect(node.title).toMatch(/^\S.*\S$/)
  expect(node.description).toMatch(/^\S.*\.$/s)
  expect(node.examples?.length).toBeGreaterThan(0)
  const validate = ajv().compile(node)
  for (const example of node.examples ?? []) expect(validate(example), JSON.stringify(example)).toBe(true)
})

const fields = nodes.filter(({ field }) => field)

test.each(fields)('$place has a valid default, or is required, or says where its value comes from', ({ node, required }) => {
  if (node.default !== undefined) expect(ajv().validate(node, node.default), JSON.stringify(node.default)).toBe(true)
  else if (!required) expect(node.description).toMatch(/derived|no default/i)
})

test.each(nodes.filter(({ node }) => node.properties))('$place knows every key', ({ node }) => {
  expect(node.additionalProperties).toBe(false)
})

const patterns = nodes.flatMap(({ node, place }) =>
  [node, node.propertyNames ?? {}].filter(({ pattern }) => pattern).map((part) => ({ place, ...part })),
)

test.each(patterns)('$place explains its pattern with an example that fits', ({ pattern, patternErrorMessage }) => {
  const example = /, e\.g\. (.+)$/.exec(patternErrorMessage ?? '')?.[1]
  expect(example, patternErrorMessage).toMatch(new RegExp(pattern!, 'u'))
})
