// What diffFleets says of each change, against what is written in changes.ts.
import { describe, expect, test } from 'vitest'
import { diffFleets } from '../../src/plan/changes/diff-fleets.ts'
import { impacts } from '../../src/plan/changes/impact.ts'
import type { Change, FleetDiff } from '../../src/plan/changes/types.ts'
import { sidesOf } from '../support/impact-sides.ts'
import { changes, type Expected, type FleetChange } from './changes.ts'

const from = new Date('2026-03-01T00:00:00Z')

const differenceOf = async (change: FleetChange): Promise<FleetDiff> => {
  const { base, head } = await sidesOf(change)
  return diffFleets(base, head, { from })
}

const told = ({ target, impact, security, destroys }: Change): Expected => ({
  target,
  impact,
  ...(security !== undefined && { security: true }),
  ...(destroys && { rule: destroys.rule }),
})

/** Throws where the two do not agree. */
function agree(change: FleetChange, { changes: found, containers }: FleetDiff): void {
  const expected = new Set(change.expect.map(({ target }) => target))
  const matters = (one: Change) => expected.has(one.target) || (!change.more && (one.impact !== 'none' || one.security !== undefined))
  const sorted = (all: readonly Expected[]) => all.toSorted((a, b) => (a.target < b.target ? -1 : 1))
  expect(sorted(found.filter(matters).map(told))).toEqual(sorted(change.expect))
  const fates = Object.fromEntries(containers.filter(({ effect }) => effect !== 'none').map(({ container, effect }) => [container, effect]))
  expect(fates).toEqual(Object.fromEntries(Object.entries(change.containers).filter(([, fate]) => fate !== 'none')))
}

describe('prediction', () => {
  test.each(changes)('$name', async (change) => agree(change, await differenceOf(change)))

  test.each(changes)('$name: the way back names the same targets', async (change) => {
    const { base, head } = await sidesOf(change)
    const targets = ({ changes }: FleetDiff) => [...new Set(changes.map(({ target }) => target))].sort()
    expect(targets(diffFleets(head, base, { from }))).toEqual(targets(diffFleets(base, head, { from })))
  })

  test('the whole is as grave as its gravest part, which comes first', async () => {
    for (const change of changes.filter((_, i) => i % 5 === 0)) {
      const { changes: found, impact } = await differenceOf(change)
      const grades = found.map((each) => impacts.indexOf(each.impact))
      expect(grades).toEqual(grades.toSorted((a, b) => b - a))
      expect(impacts.indexOf(impact)).toBe(Math.max(0, ...grades))
    }
  })

  test.each([
    ['a larger pool: max_connections follows', { containers: { 'postgres-orders': 'reload', 'pgbouncer-orders': 'pooler-reload' } }],
    ['work_mem can change at a reload', { expect: [{ target: 'orders/setting/work_mem', impact: 'restart' }] }],
    ['a schema less', { expect: [{ target: 'stock/schema/spare', impact: 'destroy', rule: 'role-removed' }] }],
    ['one more table can be read', { expect: [{ target: 'orders/privilege/reader', impact: 'reload' }] }],
  ] as const)('a class that is wrong on purpose is found: %s', async (name, wrong) => {
    const change = changes.find((each) => each.name === name)!
    const found = await differenceOf(change)
    agree(change, found)
    expect(() => agree({ ...change, ...wrong }, found)).toThrow(/expected/)
  })
})
