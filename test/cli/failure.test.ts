import { expect, test } from 'vitest'
import { printFailure } from '../../src/cli/failure.ts'
import { OperationError } from '../../src/io/operation-error.ts'

function printed(error: unknown): string {
  let text = ''
  printFailure(error, (part) => {
    text += part
  })
  return text
}

test.each([
  ['a message', new OperationError('disk-full', 'cannot write x'), 'error: cannot write x [disk-full]\n'],
  ['a hint', new OperationError('busy', 'it runs', 'Stop it.'), 'error: it runs [busy]\n  help: Stop it.\n'],
  ['several lines', new OperationError('no', 'a\nb', 'c\nd'), 'error: a\n       b [no]\n  help: c\n        d\n'],
  ['what a terminal would obey', new OperationError('no', '\x1b[31ma\rb', '\u202ec'), 'error: \\u{1b}[31ma\\rb [no]\n  help: \\u{202e}c\n'],
])('an operation that failed: %s', (_, error, expected) => {
  expect(printed(error)).toBe(expected)
})

test('anything else is a bug, and says where', () => {
  const text = printed(new TypeError('x is undefined'))
  expect(text).toMatch(/^pgfleet has a bug; please report it with the services\.yaml that shows it\.\nTypeError: x is undefined\n {4}at /)
  expect(printed('thrown')).toBe('pgfleet has a bug; please report it with the services.yaml that shows it.\nthrown\n')
})
