// What the comparison of two fleets says, against the table that was written by hand; the servers' answer is in test/docker/impact.test.ts.
import { describe, expect, test } from 'vitest'
import { diffFleets } from '../../src/plan/changes/diff-fleets.ts'
import type { FleetDiff } from '../../src/plan/changes/types.ts'
import { sidesOf } from '../support/impact-sides.ts'
import { changes, type Expected } from './changes.ts'

const from = new Date('2026-06-01T00:00:00Z')
const shown = ({ target, impact, security, rule }: Expected): string =>
  [target, impact, security ? 'security' : '', rule ?? ''].filter(Boolean).join(' ')
const found = ({ changes }: FleetDiff): string[] =>
  changes.map(({ target, impact, security, destroys }) =>
    shown({ target, impact, ...(security ? { security: true } : {}), ...(destroys ? { rule: destroys.rule } : {}) }),
  )

describe.each(changes)('$name', (change) => {
  test('changes, classes, rules, flags and containers are those of the table', async () => {
    const { base, head } = await sidesOf(change)
    const diff = diffFleets(base, head, { from })
    const wanted = change.expect.map(shown)
    if (change.more) expect(found(diff)).toEqual(expect.arrayContaining(wanted))
    else expect(found(diff).sort()).toEqual(wanted.sort())
    const reached = diff.containers.filter(({ effect }) => effect !== 'none').map(({ container, effect }) => [container, effect])
    expect(Object.fromEntries(reached)).toEqual(Object.fromEntries(Object.entries(change.containers).filter(([, fate]) => fate !== 'none')))
  })

  test('the way back names the same targets, and its rollback is its own way there', async () => {
    const { base, head } = await sidesOf(change)
    const [there, back] = [diffFleets(base, head, { from }), diffFleets(head, base, { from })]
    expect(back.changes.map(({ target }) => target).sort()).toEqual(there.changes.map(({ target }) => target).sort())
    expect(there.rollback.impact).toBe(back.impact)
    expect(there.rollback.steps).toEqual(back.apply)
  })

  test('compared with itself nothing changes', async () => {
    const { head } = await sidesOf(change)
    expect(diffFleets(head, head, { from })).toMatchObject({ changes: [], impact: 'none', containers: [], apply: [], files: [] })
  })
})
