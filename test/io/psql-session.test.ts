import { expect, test } from 'vitest'
import { parseAnswer } from '../../src/io/psql-session.ts'

const ok = '\x1cfalse\x1f00000\x1f3\n\n'

test.each([
  [
    'rows',
    `name\x1fvalue\x1ea\x1f1\x1eb\x1f\x1d\n${ok}`,
    [
      { name: 'a', value: '1' },
      { name: 'b', value: null },
    ],
  ],
  ['no rows', `name\x1fvalue\n${ok}`, []],
  ['a command', ok, []],
  ['an empty text is not null', `name\x1ea\x1e\n${ok}`, [{ name: 'a' }, { name: '' }]],
  ['line feeds in a value', `name\x1ea\nb\n\n${ok}`, [{ name: 'a\nb\n' }]],
])('%s', (_, text, rows) => {
  expect(parseAnswer(text)).toEqual({ rows, rowCount: 3 })
})

test('what the server refuses is thrown with its message and SQLSTATE', () => {
  expect(() => parseAnswer('\x1ctrue\x1f42P01\x1f0\nrelation "x" does not exist\n')).toThrow('relation "x" does not exist (42P01)')
})
