// Any two valid fleets: what is said of the way there holds together, and fits into a comment.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffFleets } from '../../../src/plan/changes/diff-fleets.ts'
import { impacts } from '../../../src/plan/changes/impact.ts'
import type { CompiledSide } from '../../../src/plan/changes/side.ts'
import type { FleetDiff } from '../../../src/plan/changes/types.ts'
import { leastBudget, reviewBody } from '../../../src/report/markdown/body.ts'
import { base, type Edit, edited, yamlOf } from '../../impact/base.ts'
import { changes } from '../../impact/changes.ts'
import { compileText } from '../../support/fleet.ts'
import { problemsOf } from '../../support/markdown-tree.ts'
import { review } from '../../support/review-samples.ts'

const from = new Date('2026-06-01T00:00:00Z')
const edits = changes.flatMap(({ given, edit }) => [...(given ? [given] : []), edit])

/** Some edits of the table, one after the other. Not all go together: such a fleet is none. */
const fleet = fc.uniqueArray(fc.nat(edits.length - 1), { maxLength: 6 }).map((indexes) => indexes.map((index) => edits[index]!))
const known = new Map<string, CompiledSide | undefined>()

async function compiled(these: readonly Edit[]): Promise<CompiledSide> {
  const source = these.reduce(edited, base)
  const key = JSON.stringify(source)
  if (!known.has(key)) {
    const { fleet, artifacts } = await compileText(yamlOf(source), source.files)
    known.set(key, fleet && { fleet, artifacts })
  }
  const side = known.get(key)
  fc.pre(side !== undefined)
  return side!
}

const targets = ({ changes }: FleetDiff) => changes.map(({ target }) => target).sort()
const runs = { numRuns: 60 }

test('there and back name the same targets, each once, and a fleet does not differ from itself', async () => {
  await fc.assert(
    fc.asyncProperty(fleet, fleet, async (one, other) => {
      const [a, b] = [await compiled(one), await compiled(other)]
      const [there, back, same] = [diffFleets(a, b, { from }), diffFleets(b, a, { from }), diffFleets(a, a, { from })]
      expect(targets(there)).toEqual(targets(back))
      expect(new Set(targets(there)).size).toBe(there.changes.length)
      expect(same).toMatchObject({ changes: [], files: [], containers: [], apply: [] })
      expect(there.rollback.impact).toBe(back.impact)
      // The gravest comes first, and what touches a container is told of it.
      const ranks = there.changes.map(({ impact }) => impacts.indexOf(impact))
      expect(ranks).toEqual(ranks.toSorted((x, y) => y - x))
      for (const { effect, containers } of there.changes)
        for (const container of containers) {
          const told = there.containers.find((each) => each.container === container)?.effect
          if (told !== 'created' && told !== 'removed') expect(impacts.indexOf(told!)).toBeGreaterThanOrEqual(impacts.indexOf(effect))
        }
    }),
    runs,
  )
})

test('what differs in a generated file is told by a change, unless it means nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fleet, fleet, async (one, other) => {
      const [a, b] = [await compiled(one), await compiled(other)]
      const { files, changes } = diffFleets(a, b, { from })
      if (changes.length === 0) for (const { path } of files) expect(path).toMatch(/\.(conf|ini)$/)
    }),
    runs,
  )
})

test('the comment is within its budget and sound', async () => {
  await fc.assert(
    fc.asyncProperty(fleet, fleet, fc.integer({ min: leastBudget, max: 65_536 }), async (one, other, budget) => {
      const diff = diffFleets(await compiled(one), await compiled(other), { from })
      const { text } = reviewBody(review(diff, { elsewhere: 'pgfleet diff', evidence: { state: 'not-run', why: 'a test' } }), { budget })
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(budget)
      expect(Buffer.from(text).toString()).toBe(text)
      expect(problemsOf(text)).toEqual([])
      // The risks are whole, or counted.
      const risks = diff.changes.filter(
        ({ impact, security }) => security || ['restart', 'recreate', 'migration', 'destroy'].includes(impact),
      )
      if (risks.length > 0) expect(text).toMatch(/#### Risks/)
    }),
    runs,
  )
})
