// No field of services.yaml changes in silence: the comparison names it, and names it for what it is.
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { diffFleets } from '../../../src/plan/changes/diff-fleets.ts'
import type { CompiledSide } from '../../../src/plan/changes/side.ts'
import { full, leaves, otherValue, sql, valueAt, withValue } from '../../support/every-field.ts'
import { compileText } from '../../support/fleet.ts'

const compiled = async (config: unknown): Promise<CompiledSide | undefined> => {
  const { fleet, artifacts } = await compileText(stringify(config), sql)
  return fleet && { fleet, artifacts }
}
const base = (await compiled(full))!

/** Permissions are no part of what runs; what they do is in allow.test.ts. */
const fields = leaves.filter(({ name }) => !name.startsWith('allow') && name !== 'version')

test.each(fields.map((field) => [field.name, field] as const))('%s is named when it changes', async (_, field) => {
  const head = await compiled(withValue(field.path, otherValue(field, valueAt(full, field.path))))
  // The other value of some fields is a mistake, which is a finding instead: test/no-silent-field.test.ts.
  if (!head) return
  const { changes } = diffFleets(base, head, { from: new Date('2026-06-01T00:00:00Z') })
  expect(changes.length).toBeGreaterThan(0)
  expect(changes.filter(({ area }) => area === 'file')).toEqual([])
})
