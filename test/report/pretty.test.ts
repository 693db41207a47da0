import { stripVTControlCharacters } from 'node:util'
import picocolors from 'picocolors'
import { expect, test } from 'vitest'
import type { Diagnostic } from '../../src/diagnostic.ts'
import { pretty } from '../../src/report/pretty.ts'
import { spansOf } from '../../src/source/spans.ts'

const plain = picocolors.createColors(false)

/** A diagnostic about the first occurrence of `marked` in a text. */
function about(text: string, marked: string, more: Partial<Diagnostic> = {}): Diagnostic {
  const start = text.indexOf(marked)
  return {
    code: 'some-rule',
    severity: 'error',
    message: 'this is wrong',
    at: spansOf('f.yaml', text)(start, start + marked.length),
    related: [],
    ...more,
  }
}

/** The frame alone: what stands between the place and the end. */
function frameOf(text: string, marked: string, width = 120): string {
  const [, , ...lines] = pretty(about(text, marked), () => text, plain, width).split('\n')
  return lines.join('\n')
}

test('shows message, place, two lines before, one after, related places and help', () => {
  const text = 'a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n'
  const diagnostic = about(text, '4', { help: 'write 5', related: [{ at: spansOf('f.yaml', text)(0, 1), message: 'first here' }] })
  expect(pretty(diagnostic, () => text, plain)).toMatchInlineSnapshot(`
    "error: this is wrong [some-rule]
      --> f.yaml:4:4
      2 | b: 2
      3 | c: 3
      4 | d: 4
        |    ^
      5 | e: 5
      note: first here --> f.yaml:1:1
      1 | a: 1
        | ^
      help: write 5"
  `)
})

test('numbers of different length share one gutter', () => {
  const text = `${'x: 1\n'.repeat(8)}here: 1\nlast: 1\n`
  expect(frameOf(text, 'here')).toMatchInlineSnapshot(`
    "   7 | x: 1
       8 | x: 1
       9 | here: 1
         | ^^^^
      10 | last: 1"
  `)
})

test.each([
  ['a tab counts to the next stop', 'a:\t\tbad # c', '  1 | a:      bad # c\n    |         ^^^'],
  ['CJK takes two columns', 'k: [日本, bad]', '  1 | k: [日本, bad]\n    |           ^^^'],
  ['a CJK mark is as wide as its text', 'k: 日本', '  1 | k: 日本\n    |    ^^^^', '日本'],
  ['an emoji takes two columns', 'k: [😀, bad]', '  1 | k: [😀, bad]\n    |         ^^^'],
  ['an emoji of several code points takes two columns', 'k: [👩‍👩‍👧, bad]', '  1 | k: [👩‍👩‍👧, bad]\n    |         ^^^'],
  ['an accent of its own takes none', 'k: [e\u0301, bad]', '  1 | k: [e\u0301, bad]\n    |        ^^^'],
  ['a Windows line end is not shown', 'k: bad\r', '  1 | k: bad\n    |    ^^^'],
])('%s', (_, line, expected, marked = 'bad') => {
  expect(frameOf(`${line}\n`, marked)).toBe(expected)
})

test('an escape sequence in the file or the message is shown, not sent', () => {
  const text = 'k: "\x1b[31m", bad\n'
  const shown = pretty(about(text, 'bad', { message: 'no \x1b]0;title\x07 and no \u202e' }), () => text, plain)
  for (const character of ['\x07', '\x1b', '\u202e']) expect(shown).not.toContain(character)
  expect(shown).toContain('no \\u{1b}]0;title\\u{7} and no \\u{202e}')
  expect(shown).toContain('  1 | k: "\\u{1b}[31m", bad\n    |                  ^^^')
})

test('a span of several lines is marked on its first', () => {
  const text = 'k: [a,\n  b]\n'
  expect(frameOf(text, '[a,\n  b]')).toBe('  1 | k: [a,\n    |    ^^^\n  2 |   b]')
})

test('an empty span at the end of the file gets one caret', () => {
  const text = 'k: [a'
  const at = spansOf('f.yaml', text)(5, 5)
  expect(pretty(about(text, 'k', { at }), () => text, plain)).toContain('  1 | k: [a\n    |      ^')
})

test.each([
  ['the end', `k: ${'x'.repeat(200)} bad`, 40],
  ['the middle', `k: ${'x'.repeat(200)} bad ${'y'.repeat(200)}`, 40],
  ['the start', `bad: ${'x'.repeat(200)}`, 40],
  ['a wide middle', `k: ${'日'.repeat(100)} bad ${'本'.repeat(100)}`, 41],
])('a long line is cut around a mark at %s', (_, line, width) => {
  const [shown, carets] = frameOf(`${line}\n`, 'bad', width).split('\n') as [string, string]
  expect(shown).toContain('…')
  const columns = [...shown].reduce((sum, char) => sum + (/[日本]/.test(char) ? 2 : 1), 0)
  expect(columns).toBeLessThanOrEqual(width)
  // The carets stand under the word, counted in columns.
  const before = [...shown.slice(0, shown.indexOf('bad'))].reduce((sum, char) => sum + (/[日本]/.test(char) ? 2 : 1), 0)
  expect(carets.indexOf('^^^')).toBe(before)
})

test("colours are the caller's decision", () => {
  const text = 'k: bad\n'
  const coloured = pretty(about(text, 'bad'), () => text, picocolors.createColors(true))
  expect(coloured).toContain('\x1b[31m')
  expect(stripVTControlCharacters(coloured)).toBe(pretty(about(text, 'bad'), () => text, plain))
})
