import { expect, test } from 'vitest'
import type { Diagnostic } from '../../src/diagnostic.ts'
import { oneLine, summaryLine } from '../../src/report/oneline.ts'

const start = { line: 3, col: 7, offset: 20 }
const found = (more: Partial<Diagnostic> = {}): Diagnostic => ({
  code: 'schema/enum',
  severity: 'error',
  message: 'workload cannot be "x"',
  at: { file: 'services.yaml', start, end: start },
  related: [],
  ...more,
})
const warning = found({ severity: 'warning' })
const elsewhere = found({ at: { file: 'sql/a/0001-a.sql', start, end: start } })

test.each([
  ['without help', found(), 'services.yaml:3:7: error: workload cannot be "x" [schema/enum]'],
  [
    'with help',
    found({ help: 'expected one of a, b' }),
    'services.yaml:3:7: error: workload cannot be "x"; expected one of a, b [schema/enum]',
  ],
  ['a line feed would be a second line', found({ message: 'bad "a\nb"' }), 'services.yaml:3:7: error: bad "a\\nb" [schema/enum]'],
  ['an escape sequence', found({ message: '\x1b[2J' }), 'services.yaml:3:7: error: \\u{1b}[2J [schema/enum]'],
])('one line: %s', (_, diagnostic, expected) => {
  expect(oneLine(diagnostic)).toBe(expected)
})

test.each([
  ['nothing', [], 'no problems'],
  ['one', [found()], '1 error in services.yaml'],
  ['several', [found(), warning, found(), found()], '3 errors, 1 warning in services.yaml'],
  ['only warnings', [warning, warning], '2 warnings in services.yaml'],
  ['several files', [found(), elsewhere], '2 errors in 2 files'],
])('summary: %s', (_, diagnostics, expected) => {
  expect(summaryLine(diagnostics)).toBe(expected)
})
