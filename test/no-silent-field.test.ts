import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { full, leaves, otherValue, sql, valueAt, withValue } from './support/every-field.ts'
import { compileText, printed } from './support/fleet.ts'

const outcome = async (config: unknown) => {
  const { artifacts, diagnostics } = await compileText(stringify(config), sql)
  return { findings: diagnostics.map(printed), artifacts: artifacts.map(({ path, content }) => `${path}\n${content}`) }
}

const before = await outcome(full)

test('the fleet is valid', () => {
  // The fields of `allow` speak through this one.
  expect(before.findings).toEqual([expect.stringContaining('[allow-expired]')])
  expect(before.artifacts.length).toBeGreaterThan(5)
})

test('every field of the schema is in the walk', () => {
  expect(leaves.length).toBeGreaterThan(60)
  const optional = ['services.*.timeseries.*.compress_after']
  expect(leaves.filter(({ path, name }) => valueAt(full, path) === undefined && !optional.includes(name)).map(({ name }) => name)).toEqual(
    [],
  )
})

test.each(leaves.map((leaf) => [leaf.name, leaf] as const))('%s is not silent', async (_, leaf) => {
  const value = otherValue(leaf, valueAt(full, leaf.path))
  expect(value).not.toEqual(valueAt(full, leaf.path))
  const after = await outcome(withValue(leaf.path, value))
  expect(after).not.toEqual(before)
})
