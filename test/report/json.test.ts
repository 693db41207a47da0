import { expect, test } from 'vitest'
import type { Diagnostic } from '../../src/diagnostic.ts'
import type { Plan } from '../../src/plan/plan.ts'
import { findingsJson } from '../../src/report/json.ts'

const at = (line: number, col: number, length: number) => ({
  file: 's.yaml',
  start: { line, col, offset: 0 },
  end: { line, col: col + length, offset: length },
})

test('findings with their places; the help only where there is some', () => {
  const finding: Diagnostic = {
    code: 'port-taken',
    severity: 'error',
    message: 'taken',
    help: 'move',
    at: at(3, 5, 4),
    related: [{ message: 'first here', at: at(1, 2, 1) }],
  }
  const { help: _, ...plain } = finding
  const place = { file: 's.yaml', line: 3, column: 5, endLine: 3, endColumn: 9 }
  const related = [{ message: 'first here', file: 's.yaml', line: 1, column: 2, endLine: 1, endColumn: 3 }]
  const expected = { code: 'port-taken', severity: 'error', message: 'taken', ...place, related }
  expect(JSON.parse(findingsJson([finding, plain]))).toEqual({ findings: [{ ...expected, help: 'move' }, expected] })
})

test('with a plan, what changes', () => {
  const file = { path: 'b', mode: 0o644, content: '' } as const
  const plan: Plan = [
    { op: 'keep', path: 'a' },
    { op: 'create', file },
    { op: 'update', file: { ...file, path: 'c' }, before: 'x', edited: true },
    { op: 'delete', path: 'd', before: 'x', edited: false },
    { op: 'conflict', path: 'e' },
  ]
  expect(JSON.parse(findingsJson([], plan))).toEqual({
    findings: [],
    changes: [
      { op: 'create', path: 'b' },
      { op: 'update', path: 'c', edited: true },
      { op: 'delete', path: 'd', edited: false },
      { op: 'conflict', path: 'e' },
    ],
  })
})
