// npm run github-api [VERSION]: what GitHub's published OpenAPI document says of the operations that pgfleet uses, for the strict fake of
// the tests. The package (@octokit/openapi) unpacks to 385 MB, so it is fetched into a temporary folder and no dependency.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const target = 'test/github/api/github.json'

/** An operation that is missing here is an unknown route to the fake: its call fails the test. */
const operationIds = [
  'actions/download-artifact',
  'actions/list-workflow-run-artifacts',
  'git/get-blob',
  'git/get-tree',
  'issues/add-labels',
  'issues/create-comment',
  'issues/create-label',
  'issues/delete-comment',
  'issues/get-comment',
  'issues/list-comments',
  'issues/list-labels-on-issue',
  'issues/remove-label',
  'issues/update-comment',
  'pulls/create-review',
  'pulls/create-review-comment',
  'pulls/delete-review-comment',
  'pulls/get',
  'pulls/list',
  'pulls/list-files',
  'pulls/list-review-comments',
  'repos/compare-commits-with-basehead',
  'repos/create-commit-status',
  'repos/get-combined-status-for-ref',
]

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type Fields = { [key: string]: Json }

const prose = new Set(['description', 'example', 'examples', 'title', 'externalDocs', 'deprecated', 'x-github', 'x-multi-segment'])
/** Keywords whose value is data and no schema. */
const data = new Set(['enum', 'required', 'default'])

const { version, document } = fetched(process.argv[2] ?? 'latest')
const definitions: Fields = {}
const operations = Object.fromEntries(operationIds.map((id) => [id, operation(id)]))
mkdirSync('test/github/api', { recursive: true })
writeFileSync(
  target,
  `${JSON.stringify({ source: `@octokit/openapi ${version}, api.github.com`, operations, $defs: sorted(definitions) }, null, 1)}\n`,
)
console.log(`${target}: @octokit/openapi ${version}, ${operationIds.length} operations, ${Object.keys(definitions).length} definitions`)

function fetched(wanted: string): { version: string; document: Fields } {
  const folder = mkdtempSync(join(tmpdir(), 'pgfleet-openapi-'))
  try {
    const packed = JSON.parse(
      execFileSync('npm', ['pack', `@octokit/openapi@${wanted}`, '--json', '--pack-destination', folder], { encoding: 'utf8' }),
    )[0]
    execFileSync('tar', ['-xzf', join(folder, packed.filename), '-C', folder, 'package/generated/api.github.com.json'])
    return { version: packed.version, document: JSON.parse(readFileSync(join(folder, 'package/generated/api.github.com.json'), 'utf8')) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function operation(id: string): Fields {
  for (const [path, methods] of Object.entries(document['paths'] as Fields))
    for (const [method, found] of Object.entries(methods as Fields))
      if ((found as Fields)['operationId'] === id) return described(method, path, found as Fields)
  throw new Error(`no operation ${id} in the document`)
}

function described(method: string, path: string, found: Fields): Fields {
  const parameters = ((found['parameters'] ?? []) as Json[]).map((parameter) => {
    const { name, in: place, required = false, schema } = followed(parameter)
    return { name, in: place, required, schema: schemaOf(schema!) } as Fields
  })
  const body = found['requestBody'] && bodyOf(followed(found['requestBody']))
  const responses = Object.entries(found['responses'] as Fields).map(([status, response]) => [status, bodyOf(followed(response)) ?? null])
  return { method: method.toUpperCase(), path, parameters, ...(body && { body }), responses: Object.fromEntries(responses) }
}

/** Schema of the JSON that a request or response carries; undefined when it carries none. */
function bodyOf({ content }: Fields): Json | undefined {
  const json = Object.entries((content ?? {}) as Fields).find(([type]) => type.includes('json'))?.[1] as Fields | undefined
  return json?.['schema'] && schemaOf(json['schema'])
}

function followed(node: Json): Fields {
  const reference = (node as Fields)['$ref'] as string | undefined
  if (!reference) return node as Fields
  return followed(
    reference
      .slice(2)
      .split('/')
      .reduce((at: Json, key) => (at as Fields)[key]!, document),
  )
}

/** The schema without prose, in JSON Schema's words instead of OpenAPI 3.0's (`nullable`); what it refers to is collected. */
function schemaOf(node: Json): Json {
  if (Array.isArray(node)) return node.map(schemaOf)
  if (node === null || typeof node !== 'object') return node
  if (typeof node['$ref'] === 'string') return { $ref: defined(node['$ref']) }
  const { nullable, ...rest } = node
  const schema: Fields = Object.fromEntries(
    Object.entries(rest)
      .filter(([key]) => !prose.has(key))
      .map(([key, value]) => [key, data.has(key) ? value : key === 'properties' ? propertiesOf(value as Fields) : schemaOf(value)]),
  )
  if (nullable !== true) return schema
  if (typeof schema['type'] !== 'string') return { anyOf: [schema, { type: 'null' }] }
  return {
    ...schema,
    type: [schema['type'], 'null'],
    ...(Array.isArray(schema['enum']) && !schema['enum'].includes(null) && { enum: [...schema['enum'], null] }),
  }
}

function propertiesOf(properties: Fields): Fields {
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, schemaOf(property)]))
}

function defined(reference: string): string {
  const name = reference.split('/').at(-1)!
  if (!(name in definitions)) {
    // Set before it is walked: definitions refer to themselves.
    definitions[name] = true
    definitions[name] = schemaOf(followed({ $ref: reference }))
  }
  return `#/$defs/${name}`
}

function sorted(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)))
}
