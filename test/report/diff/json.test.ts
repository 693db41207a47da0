import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { impacts } from '../../../src/plan/changes/impact.ts'
import { destroyRules, type FleetDiff } from '../../../src/plan/changes/types.ts'
import { diffJson } from '../../../src/report/diff/json.ts'
import { nothing, samples } from '../../support/review-samples.ts'

const schema = JSON.parse(readFileSync('schema/diff.schema.json', 'utf8'))
const ajv = new Ajv({ strict: true, allowUnionTypes: true })
const validate = ajv.compile(schema)
const diffs = Object.entries(samples).flatMap(([name, { outcome }]): [string, FleetDiff][] =>
  'diff' in outcome ? [[name, outcome.diff]] : [],
)

describe.each(diffs)('%s', (_name, diff) => {
  test.each([false, true])('is as the schema says, with texts: %s', (texts) => {
    expect(validate(JSON.parse(diffJson(diff, { texts }))), ajv.errorsText(validate.errors)).toBe(true)
  })
})

test('says all that a diff says but for the texts of files', () => {
  const [, diff] = diffs.find(([name]) => name === 'destroy-allowed')!
  const { format, files, ...rest } = JSON.parse(diffJson(diff))
  const { files: changed, ...same } = diff
  expect(format).toBe(1)
  expect(rest).toEqual(same)
  expect(files).toEqual([{ path: 'out/infrastructure/postgres/legacy/postgresql.conf', op: 'removed' }])
  expect(JSON.parse(diffJson(diff, { texts: true })).files).toEqual(changed)
})

test('the schema knows the classes and rules that the code knows', () => {
  expect(schema.definitions.impact.enum).toEqual(impacts)
  expect([...schema.definitions.effect.enum, 'migration', 'destroy']).toEqual(impacts)
  expect(schema.definitions.change.properties.destroys.properties.rule.enum).toEqual(destroyRules)
})

test.each([
  { format: 2 },
  { impact: 'explosive' },
  { changes: [{ target: 'x' }] },
  { files: [{ path: 'x', op: 'updated', mode: '0644' }] },
  { surprise: 1 },
])('the schema refuses %j', (more) => {
  expect(validate({ ...JSON.parse(diffJson(nothing)), ...more })).toBe(false)
})
