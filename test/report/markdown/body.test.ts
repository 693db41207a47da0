import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { defaultBudget, reviewBody } from '../../../src/report/markdown/body.ts'
import { stepSummary } from '../../../src/report/markdown/step-summary.ts'
import { problemsOf, tableAfter, treeOf } from '../../support/markdown-tree.ts'
import { change, finding, large, review, samples } from '../../support/review-samples.ts'

const links = ['https://github.com/acme/databases/actions/runs/4711', 'https://github.com/acme/databases/actions/runs/4712']
const bodyOf = (name: string, budget = defaultBudget) => reviewBody(samples[name]!, { budget })

describe.each(Object.keys(samples))('%s', (name) => {
  test('is the golden comment', async () => {
    await expect(bodyOf(name, name === 'large' ? 16_384 : defaultBudget).text).toMatchFileSnapshot(`goldens/${name}.md`)
  })

  test.each([defaultBudget, 16_384, 4_000])('is within %d bytes and sound', (budget) => {
    const { text } = bodyOf(name, budget)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(budget)
    expect(problemsOf(text, links)).toEqual([])
  })
})

test('the goldens are those of the samples', () => {
  expect(readFileSync('test/report/markdown/goldens/destroy-refused.md', 'utf8')).toContain('> [!CAUTION]')
})

test('a comment that fits is full and leaves nothing out; a little less, and it says what it leaves out', () => {
  const { text, form, leftOut } = bodyOf('restart-tight')
  expect({ form, leftOut }).toEqual({ form: 'full', leftOut: [] })
  const exactly = bodyOf('restart-tight', Buffer.byteLength(text))
  expect(exactly.text).toBe(text)
  const less = bodyOf('restart-tight', Buffer.byteLength(text) - 1)
  expect(less.form).toBe('short')
  expect(less.leftOut).toEqual(['diffs of 1 generated file: `out/infrastructure/postgres/trading/postgresql.conf`'])
  expect(less.text).toContain(less.leftOut[0])
})

test('diffs of the gravest service stay longest', () => {
  const file = (service: string, lines: number) => ({
    path: `out/postgres/${service}/x.conf`,
    op: 'created' as const,
    before: '',
    after: `${service}\n`.repeat(lines),
  })
  const two = review({
    changes: [change({ target: 'calm/setting/a' }), change({ target: 'grave/setting/a', impact: 'restart' })],
    impact: 'restart',
    files: [file('calm', 300), file('grave', 400)],
  })
  const { text } = reviewBody(two, { budget: 5_000 })
  expect(text).toContain('<code>out/postgres/grave/x.conf</code> +400 −0, created')
  expect(text).not.toContain('<code>out/postgres/calm/x.conf</code>')
  expect(text).toContain('- diffs of 1 generated file: `out/postgres/calm/x.conf`')
})

test('what is destroyed has the entry of allow: to add', () => {
  const caution = bodyOf('destroy-refused')
    .text.split('\n')
    .filter((line) => line.startsWith('>'))
  expect(caution.join('\n')).toContain(
    '> allow:\n>   - rule: service-removed\n>     target: legacy\n>     reason: "say why this may go"\n>     expires: YYYY-MM-DD\n',
  )
  expect(bodyOf('destroy-allowed').text).not.toContain('[!CAUTION]')
})

test('the risks of thousands of changes are counted, and the gravest of them shown', () => {
  const changes = Array.from({ length: 3_000 }, (_, index) => [
    change({ target: `s${index}/setting/port`, impact: 'restart', before: String(index), after: String(index + 1) }),
    change({
      target: `s${index}/role/x`,
      impact: 'destroy',
      destroys: { rule: 'role-removed', ...(index % 2 ? { allowed: 'unused' } : {}) },
    }),
  ]).flat()
  const { text, form, leftOut } = reviewBody(review({ changes, impact: 'destroy' }), { budget: 20_000 })
  expect(form).toBe('summary')
  expect(tableAfter(treeOf(text), 'Risks, counted')?.map((row) => row.slice(0, 4))).toEqual([
    ['Class', 'Rule', 'Changes', 'Not allowed'],
    ['🔴 destroy', 'role-removed', '3,000', '1,500'],
    ['🟠 restart', '', '3,000', ''],
  ])
  expect(text).toContain('The gravest:\n\n| Class |')
  expect(leftOut[0]).toMatch(/^5,\d+ rows of the table of risks, after the \d+ gravest; they are counted$/)
})

test('the boot evidence is never blank', () => {
  for (const name of Object.keys(samples))
    expect(bodyOf(name, 4_000).text).toMatch(/#### Boot evidence\n\n\S+ \*\*(Measured|Unverified|Not run)\*\*: ./)
})

test('an address that came with an artifact is text', () => {
  const { evidence } = samples['evidence-unverified']!
  expect(evidence).toMatchObject({ state: 'unverified', url: 'https://github.com/acme/databases/actions/runs/4711' })
  expect(bodyOf('evidence-unverified').text).toContain('The run: `https://github.com/acme/databases/actions/runs/4711`')
  expect(bodyOf('one-reload').text).toContain('[The run](https://github.com/acme/databases/actions/runs/4711)')
})

test('findings: errors first, as many as fit', () => {
  const findings = Array.from({ length: 500 }, (_, index) =>
    finding({ severity: index === 499 ? 'error' : 'warning', message: `number ${index}` }),
  )
  const { text, leftOut } = reviewBody(review({}, { outcome: { failed: 'head' }, findings }), { budget: 4_000 })
  expect(text).toMatch(/#### Findings\n\n- ❌ `services.yaml:12:5` number 499 /)
  expect(leftOut).toEqual([expect.stringMatching(/^4\d\d findings$/), '2 images that were booted'])
})

test('the step summary has room for more', () => {
  const summary = stepSummary(large(90))
  expect(Buffer.byteLength(summary)).toBeLessThan(1_048_576)
  expect(summary).not.toContain('#### Left out here')
  expect(problemsOf(summary, links)).toEqual([])
})

test('a fleet of 1,000 services takes less than two seconds', () => {
  const sample = large(1_000)
  const start = performance.now()
  reviewBody(sample, { budget: defaultBudget })
  expect(performance.now() - start).toBeLessThan(2_000)
})
