import { describe, expect, test } from 'vitest'
import { diffFleets } from '../../../src/plan/changes/diff-fleets.ts'
import { failClasses, meeting } from '../../../src/plan/changes/fail-on.ts'
import type { CompiledSide } from '../../../src/plan/changes/side.ts'
import { compileText } from '../../support/fleet.ts'

const fleet = (schemas: string, allow = '') => `version: 1
fleet: shop
host: { memory: 64GiB, cpus: 16, disk: 1TiB, storage: ssd }
services:
  orders: { port: 5432, memory: 2GiB, schemas: ${schemas} }
${allow}`

const entry = (rule: string, target: string, expires: string) => `allow:
  - { rule: ${rule}, target: ${target}, reason: moved to the warehouse, expires: ${expires} }
`

const compiled = async (yaml: string): Promise<CompiledSide> => {
  const { fleet, artifacts } = await compileText(yaml)
  return { fleet: fleet!, artifacts }
}

/** The schema `old` goes; tests compile on 2026-06-01. */
const dropped = async (allow: string) =>
  diffFleets(await compiled(fleet('[app, old]')), await compiled(fleet('[app]', allow)), { from: new Date(0) })

describe('a loss', () => {
  test('is refused without an entry', async () => {
    const diff = await dropped('')
    expect(diff.changes[0]).toMatchObject({ target: 'orders/schema/old', impact: 'destroy', destroys: { rule: 'schema-removed' } })
    expect(diff.changes[0]!.destroys).not.toHaveProperty('allowed')
    for (const each of failClasses) expect(meeting(diff.changes, [each]).length, each).toBe(each === 'security' ? 0 : 1)
  })

  test.each(['2026-06-01', '2026-06-02'])('is permitted until the end of the day: %s', async (expires) => {
    const diff = await dropped(entry('schema-removed', 'orders/schema/old', expires))
    expect(diff.changes[0]).toMatchObject({ impact: 'destroy', destroys: { rule: 'schema-removed', allowed: 'moved to the warehouse' } })
    expect(diff.unusedAllows).toEqual([])
    expect(meeting(diff.changes, ['destroy', 'restart'])).toEqual([])
  })

  test.each([
    ['expired', 'schema-removed', 'orders/schema/old', '2026-05-31'],
    ['stale', 'role-removed', 'orders/schema/old', '2027-01-01'],
    ['stale', 'schema-removed', 'orders/schema/app', '2027-01-01'],
  ])('is not permitted by an entry that is %s (%s of %s)', async (why, rule, target, expires) => {
    const diff = await dropped(entry(rule, target, expires))
    expect(diff.changes[0]!.destroys).toEqual({ rule: 'schema-removed' })
    expect(diff.unusedAllows).toMatchObject([{ rule, target, why, index: 0 }])
  })
})

test('an entry that stays after its change is stale, with nothing else changed', async () => {
  const [base, head] = [fleet('[app]'), fleet('[app]', entry('schema-removed', 'orders/schema/old', '2027-01-01'))]
  const diff = diffFleets(await compiled(base), await compiled(head), { from: new Date(0) })
  expect(diff.changes).toEqual([])
  expect(diff.unusedAllows).toMatchObject([{ why: 'stale', message: expect.stringContaining('remove the entry') }])
})

test('an entry that the base has permits no later loss of the same target; another reason is another entry', async () => {
  const older = entry('schema-removed', 'orders/schema/old', '2027-01-01')
  const base = await compiled(fleet('[app, old]', older))
  const again = diffFleets(base, await compiled(fleet('[app]', older)), { from: new Date(0) })
  expect(again.changes[0]!.destroys).toEqual({ rule: 'schema-removed' })
  expect(again.unusedAllows).toMatchObject([{ why: 'stale', message: expect.stringContaining('was there before') }])
  const renewed = older.replace('moved to the warehouse', 'moved once more')
  const meant = diffFleets(base, await compiled(fleet('[app]', renewed)), { from: new Date(0) })
  expect(meant.changes[0]!.destroys).toEqual({ rule: 'schema-removed', allowed: 'moved once more' })
  expect(meant.unusedAllows).toEqual([])
})
