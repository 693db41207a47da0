// npm run schema: the TypeScript types of services.yaml, from its JSON Schema. --check only compares.
import { readFileSync, writeFileSync } from 'node:fs'
import { compile } from 'json-schema-to-typescript'

const target = 'schema/services.ts'
const schema = JSON.parse(readFileSync('schema/services.schema.json', 'utf8'))

/** Only objects with fields of their own become named types: an alias per scalar would hide what may be written. */
function untitle(node: unknown): void {
  if (node === null || typeof node !== 'object') return
  const record = node as Record<string, unknown>
  if (typeof record['title'] === 'string' && typeof record['properties'] !== 'object') delete record['title']
  for (const value of Object.values(record)) untitle(value)
}
untitle(schema)
schema.title = 'Config'

const text = await compile(schema, 'Config', {
  additionalProperties: false,
  bannerComment: '// Generated from services.schema.json by `npm run schema`; do not edit.',
  style: { semi: false, singleQuote: true, printWidth: 140 },
})
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error(`${target} is stale: run npm run schema`)
    process.exitCode = 1
  }
} else writeFileSync(target, text)
