import { expect, test } from 'vitest'
import { verdictOf } from '../../../src/report/markdown/verdict.ts'
import { change, hostileText, review, samples } from '../../support/review-samples.ts'

test.each([
  ['nothing-changed', 'success', ['pgfleet:no-change'], 'nothing changes'],
  ['one-reload', 'success', ['pgfleet:reload'], '1 change, gravest: reload (1)'],
  ['restart-tight', 'success', ['pgfleet:recreate', 'pgfleet:security'], '6 changes, gravest: recreate (2), 1 of security'],
  [
    'destroy-refused',
    'failure',
    ['pgfleet:destroy'],
    'destroys without leave: legacy, trading/schema/audit; 3 changes, gravest: destroy (2)',
  ],
  ['destroy-allowed', 'success', ['pgfleet:destroy'], '3 changes, gravest: destroy (2)'],
  ['new-service', 'success', ['pgfleet:migration', 'pgfleet:security'], '4 changes, gravest: migration (1), 1 of security'],
  ['head-broken', 'failure', ['pgfleet:invalid'], 'services.yaml does not compile'],
  ['base-broken', 'error', ['pgfleet:invalid'], 'the base does not compile: nothing to compare with'],
  [
    'evidence-failed',
    'failure',
    ['pgfleet:recreate', 'pgfleet:security'],
    'the boot failed; 6 changes, gravest: recreate (2), 1 of security',
  ],
  ['evidence-unverified', 'success', ['pgfleet:reload'], '1 change, gravest: reload (1)'],
])('%s: %s', (name, state, labels, line) => {
  expect(verdictOf(samples[name]!)).toEqual({ state, labels, line })
})

test('an unverified boot that failed is a failure, too', () => {
  const { evidence } = samples['evidence-failed']!
  if (evidence.state === 'not-run') throw new Error('the sample has no evidence')
  expect(verdictOf({ ...samples['one-reload']!, evidence: { ...evidence, state: 'unverified' } }).state).toBe('failure')
})

test('a loss that an entry permits beside one that none permits is a failure', () => {
  const loss = (target: string, allowed?: string) =>
    change({ target, impact: 'destroy', destroys: { rule: 'role-removed', ...(allowed === undefined ? {} : { allowed }) } })
  const verdict = (...changes: ReturnType<typeof loss>[]) => verdictOf(review({ changes, impact: 'destroy' })).state
  expect(verdict(loss('a/role/x', 'unused'))).toBe('success')
  expect(verdict(loss('a/role/x', 'unused'), loss('a/role/y'))).toBe('failure')
})

test('the line is plain text of at most 140 characters, cut between code points', () => {
  const target = '😀'.repeat(200)
  const { line } = verdictOf(
    review({ changes: [change({ target, impact: 'destroy', destroys: { rule: 'role-removed' } })], impact: 'destroy' }),
  )
  expect([...line]).toHaveLength(140)
  expect(line).toBe(`destroys without leave: ${'😀'.repeat(115)}…`)
  expect(verdictOf(samples['hostile']!).line).not.toMatch(/[\p{Cc}\p{Cs}\u202e]/u)
  expect(hostileText).toMatch(/[\p{Cc}\p{Cs}\u202e]/u)
})

test('labels are as GitHub takes them', () => {
  for (const sample of Object.values(samples)) for (const label of verdictOf(sample).labels) expect(label).toMatch(/^pgfleet:[a-z-]{1,42}$/)
})
