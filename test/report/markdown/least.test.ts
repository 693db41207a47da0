import { expect, test } from 'vitest'
import { type Effect, impacts } from '../../../src/plan/changes/impact.ts'
import type { Review } from '../../../src/plan/changes/review.ts'
import { destroyRules } from '../../../src/plan/changes/types.ts'
import { leastBudget, reviewBody } from '../../../src/report/markdown/body.ts'
import { problemsOf } from '../../support/markdown-tree.ts'
import { change, finding, review } from '../../support/review-samples.ts'

/** Everything at once that a comment can say, each text as long as it gets, thousands of times. */
function worst(text: string, times: number): Review {
  const many = <T>(value: T): T[] => Array.from({ length: times }, () => value)
  const grave = { service: text, subject: text, before: text, after: text, note: text, security: text, advice: text }
  const effects: Effect[] = ['pooler-restart', 'restart', 'recreate']
  const use = { used: 1e13 + 1, limit: 1e13 }
  return {
    ...review(
      {
        changes: [
          ...destroyRules.flatMap((rule) => [
            change({ ...grave, target: `${rule}/${text}`, impact: 'destroy', destroys: { rule } }),
            change({ ...grave, target: `${rule}/${text}/x`, impact: 'destroy', destroys: { rule, allowed: text } }),
          ]),
          ...impacts.flatMap((impact, index) => many(change({ ...grave, target: `${index}/${text}`, impact }))),
          ...many(change({ target: text, note: text })),
          ...many(change({ target: text, at: { head: [] } })),
        ],
        impact: 'destroy',
        containers: effects.flatMap((effect) => many({ container: text, effect })),
        budgets: [
          ...many({ kind: 'memory' as const, unit: 'bytes' as const, before: use, after: use, tight: true }),
          ...many({ service: text, kind: 'memory' as const, unit: 'bytes' as const, after: use, tight: false }),
        ],
        apply: many({ command: text, why: text }),
        rollback: { impact: 'migration', steps: many({ command: text, why: text }), lost: many(text) },
        unusedAllows: many({ rule: text, target: text, why: 'stale', index: 1, message: text }),
        files: many({ path: text, op: 'updated', before: `${text}1`, after: text }),
        notes: many(text),
      },
      {
        findings: many(finding({ message: text, help: text, code: text })),
        evidence: {
          state: 'unverified',
          result: 'failed',
          runtime: text,
          seconds: 1e9,
          servers: 1e9,
          passed: 1e9,
          failed: 1e9,
          skipped: 1e9,
          failures: many({ check: text, found: text }),
          images: many({ service: text, server: text, pooler: text }),
          url: text,
        },
        elsewhere: text,
      },
    ),
    file: text,
    fleet: text,
    base: { label: text, commit: text },
    head: { label: text, commit: text },
  }
}

test.each([
  ['names', 'x'.repeat(40)],
  ['letters', 'x'.repeat(600)],
  ['vertical bars', '|'.repeat(600)],
  ['letters and bars', 'x|'.repeat(300)],
  ['backticks and letters', '`x'.repeat(300)],
  ['backticks', '`'.repeat(600)],
  ['emoji', '😀'.repeat(300)],
  ['hidden characters', '\u202e'.repeat(600)],
  ['words', '@ '.repeat(300)],
])('everything at its worst fits 4,000 bytes: %s', (_name, text) => {
  const { text: body, form } = reviewBody(worst(text, 150), { budget: leastBudget })
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(leastBudget)
  expect(form).toBe('summary')
  expect(problemsOf(body)).toEqual([])
})
