import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Impact, impacts } from '../../../src/plan/changes/impact.ts'
import type { BootEvidence, Review } from '../../../src/plan/changes/review.ts'
import { type Change, destroyRules, type FileChange, type FleetDiff } from '../../../src/plan/changes/types.ts'
import { leastBudget, reviewBody } from '../../../src/report/markdown/body.ts'
import { verdictOf } from '../../../src/report/markdown/verdict.ts'
import { problemsOf, tableAfter, treeOf } from '../../support/markdown-tree.ts'
import { hostileText } from '../../support/review-samples.ts'

// Any review gives a comment that is within its budget, sound, and whole in its risks.

const nasty = [...hostileText.split(' '), hostileText, '\ud800', '|', '`', '```', '\n', '> ', '</details>', '\u2028', '****', '    x', '\t']
const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('trading', 'shared_buffers', '128MB', 'a role that may log in') },
  { weight: 2, arbitrary: fc.array(fc.constantFrom(...nasty), { maxLength: 6 }).map((words) => words.join(' ')) },
  { weight: 1, arbitrary: fc.array(fc.constantFrom(...nasty), { maxLength: 6 }).map((words) => words.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom('😀', '`', '\u202e', '\\', 'ä', '<', '|'), fc.nat(900)).map(([one, times]) => one.repeat(times)),
  },
)
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

/** Without the keys that are undefined. */
const dense = <T extends object>(value: { [K in keyof T]: T[K] | undefined }): T =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T

const impact = fc.constantFrom<Impact>(...impacts)
const changed: fc.Arbitrary<Change> = fc
  .record({
    target: text,
    area: fc.constantFrom('setting' as const, 'role' as const, 'network' as const),
    kind: fc.constantFrom('added' as const, 'removed' as const, 'changed' as const, 'renamed' as const),
    service: maybe(text),
    subject: text,
    before: maybe(text),
    after: maybe(text),
    note: maybe(text),
    impact,
    effect: fc.constantFrom('none' as const, 'reload' as const, 'restart' as const),
    security: maybe(text),
    destroys: maybe(
      fc
        .record({ rule: fc.constantFrom(...destroyRules), allowed: maybe(text) })
        .map((each) => dense<NonNullable<Change['destroys']>>(each)),
    ),
    advice: maybe(text),
    containers: fc.constant([]),
    at: fc.constantFrom({ head: ['services', 'x', 'settings', 'y'] }, { head: ['services', 'x'] }),
  })
  .map((each) => dense<Change>(each))

/** Some changes, each in as many services as it takes to be too many. */
const changes = fc
  .array(fc.tuple(changed, fc.oneof(fc.constant(1), fc.nat(40))), { maxLength: 25 })
  .map((all) =>
    all.flatMap(([each, times]) =>
      Array.from({ length: times }, (_, index) =>
        index === 0 ? each : { ...each, target: `${each.target}${index}`, service: `s${index}` },
      ),
    ),
  )
const step = fc.record({ command: text, why: text })
const use = maybe(fc.record({ used: fc.double({ min: 0, max: 1e13, noNaN: true }), limit: fc.double({ min: 0, max: 1e13, noNaN: true }) }))
const file: fc.Arbitrary<FileChange> = fc.record({
  path: text,
  op: fc.constantFrom('created' as const, 'updated' as const, 'removed' as const),
  before: fc.array(text, { maxLength: 12 }).map((lines) => lines.join('\n')),
  after: fc.array(text, { maxLength: 12 }).map((lines) => lines.join('\n')),
})
const diff: fc.Arbitrary<FleetDiff> = fc.record({
  changes,
  impact,
  containers: fc.array(
    fc.record({ container: text, effect: fc.constantFrom('created' as const, 'removed' as const, 'restart' as const, 'none' as const) }),
    { maxLength: 8 },
  ),
  budgets: fc.array(
    fc
      .record({
        service: maybe(text),
        kind: fc.constantFrom('memory' as const, 'disk' as const),
        unit: fc.constantFrom('bytes' as const, 'connections' as const, 'cpus' as const),
        before: use,
        after: use,
        tight: fc.boolean(),
      })
      .map((each) => dense<FleetDiff['budgets'][number]>(each)),
    { maxLength: 30 },
  ),
  apply: fc.array(step, { maxLength: 30 }),
  rollback: fc.record({ impact, steps: fc.array(step, { maxLength: 5 }), lost: fc.array(text, { maxLength: 30 }) }),
  unusedAllows: fc.array(
    fc.record({ rule: text, target: text, why: fc.constantFrom('stale' as const, 'expired' as const), index: fc.nat(9), message: text }),
    { maxLength: 3 },
  ),
  files: fc.array(file, { maxLength: 12 }),
  notes: fc.array(text, { maxLength: 5 }),
})
const booted = fc.record({
  state: fc.constantFrom('measured' as const, 'unverified' as const),
  result: fc.constantFrom('passed' as const, 'failed' as const),
  runtime: text,
  seconds: fc.double({ min: 0, max: 1e6, noNaN: true }),
  servers: fc.nat(),
  passed: fc.nat(),
  failed: fc.nat(),
  skipped: fc.nat(),
  failures: fc.array(fc.record({ check: text, found: text }), { maxLength: 20 }),
  images: fc.array(fc.record({ service: text, server: fc.option(text), pooler: fc.option(text) }), { maxLength: 20 }),
  url: maybe(text),
})
const evidence: fc.Arbitrary<BootEvidence> = fc.oneof(
  text.map((why) => ({ state: 'not-run' as const, why })),
  booted.map((each) => dense<BootEvidence>(each)),
)
const position = fc.record({ line: fc.nat(1e6), col: fc.nat(1e4), offset: fc.nat(1e6) })
const finding = fc
  .record({
    code: text,
    severity: fc.constantFrom('error' as const, 'warning' as const),
    message: text,
    help: maybe(text),
    at: fc.record({ file: text, start: position, end: position }),
    related: fc.constant([]),
  })
  .map((each) => dense<Review['findings'][number]>(each))
const side = fc.record({ label: text, commit: maybe(text) }).map((each) => dense<Review['base']>(each))
const reviews: fc.Arbitrary<Review> = fc.record({
  file: text,
  fleet: text,
  base: side,
  head: side,
  outcome: fc.oneof(
    { weight: 6, arbitrary: diff.map((each) => ({ diff: each })) },
    { weight: 1, arbitrary: fc.constantFrom({ failed: 'base' as const }, { failed: 'head' as const }, { failed: 'both' as const }) },
  ),
  findings: fc.array(finding, { maxLength: 20 }),
  evidence,
  origins: fc.array(fc.record({ artifact: text, line: fc.nat(99), at: fc.record({ file: text, line: fc.nat(99), col: fc.nat(99) }) }), {
    maxLength: 9,
  }),
  elsewhere: text,
})
const budgets = fc.oneof(fc.constant(leastBudget), fc.integer({ min: 4_000, max: 65_536 }))

/** Addresses that may be links: those of our own runs. */
const trusted = ({ evidence: { state, ...rest }, elsewhere }: Review): string[] => [
  elsewhere,
  ...(state === 'measured' && 'url' in rest && rest.url !== undefined ? [rest.url] : []),
]

const grave = ['restart', 'recreate', 'migration', 'destroy']
const risks = ({ changes: all }: FleetDiff): number =>
  all.filter((each) => grave.includes(each.impact) || each.security !== undefined || each.destroys !== undefined).length

const number = (digits: string): number => Number(digits.replaceAll(',', ''))

/** How many changes the table of risks stands for. */
function risksShown(body: string): number {
  const root = treeOf(body)
  const rows = tableAfter(root, 'Risks')
  if (rows) return rows.slice(1).reduce((sum, [, services]) => sum + number(/^([\d,]+) services: /.exec(services!)?.[1] ?? '1'), 0)
  return (tableAfter(root, 'Risks, counted') ?? []).slice(1).reduce((sum, row) => sum + number(row[2]!), 0)
}

test('within the budget, sound, in valid UTF-8, with the risks whole', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(reviews, budgets, (review, budget) => {
      const { text: body, leftOut } = reviewBody(review, { budget })
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(budget)
      expect(Buffer.from(body).toString()).toBe(body)
      expect(problemsOf(body, trusted(review))).toEqual([])
      for (const left of leftOut) expect(body).toContain(`- ${left}\n`)
      if ('diff' in review.outcome) expect(risksShown(body)).toBe(risks(review.outcome.diff))
    }),
    { numRuns: 80 },
  )
})

test('the same review gives the same bytes, and a verdict that a commit status takes', () => {
  fc.assert(
    fc.property(reviews, (review) => {
      expect(reviewBody(review, { budget: 20_000 })).toEqual(reviewBody(structuredClone(review), { budget: 20_000 }))
      const { line, labels } = verdictOf(review)
      expect([...line].length).toBeLessThanOrEqual(140)
      expect(line).not.toMatch(/[\p{Cc}\p{Cs}]/u)
      expect(new Set(labels).size).toBe(labels.length)
    }),
    { numRuns: 40 },
  )
})

test('a row that is missing from the table of risks is seen', () => {
  const review = fc.sample(
    reviews.filter(({ outcome }) => 'diff' in outcome && risks(outcome.diff) > 2),
    { numRuns: 1, seed: 7 },
  )[0]!
  const body = reviewBody(review, { budget: 65_536 }).text
  const lines = body.split('\n')
  const first = lines.findIndex((line) => line.startsWith('| Class |')) + 2
  const broken = lines.filter((_, index) => index !== first).join('\n')
  expect(risksShown(broken)).toBeLessThan(risksShown(body))
})
