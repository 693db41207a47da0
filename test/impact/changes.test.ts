// The table itself: each row compiles, and the table covers what there is.
import { describe, expect, test } from 'vitest'
import { impacts } from '../../src/plan/changes/impact.ts'
import { destroyRules } from '../../src/plan/changes/types.ts'
import { sidesOf } from '../support/impact-sides.ts'
import { changes } from './changes.ts'

describe('the table of changes', () => {
  test.each(changes)('$name: both sides compile', async (change) => {
    const { base, head } = await sidesOf(change)
    expect(head.fleet.services.length + base.fleet.services.length).toBeGreaterThan(2)
  })

  test('names say what is what, and every class and rule is there', () => {
    expect(new Set(changes.map(({ name }) => name)).size).toBe(changes.length)
    expect(changes.length).toBeGreaterThanOrEqual(70)
    const expected = changes.flatMap(({ expect }) => expect)
    // No services.yaml changes a key that PgBouncer reads at its start only: such a row is a patch.
    const classes = new Set([...expected.map(({ impact }) => impact), ...changes.flatMap(({ containers }) => Object.values(containers))])
    expect(impacts.filter((impact) => !classes.has(impact))).toEqual([])
    const rules = new Set(expected.flatMap(({ rule }) => rule ?? []))
    expect(destroyRules.filter((rule) => !rules.has(rule))).toEqual([])
    expect(expected.filter(({ security }) => security).length).toBeGreaterThanOrEqual(8)
  })
})
