import { describe, expect, test } from 'vitest'
import { oneLine } from '../../src/report/oneline.ts'
import { type ParsedDocument, parseDocument } from '../../src/source/document.ts'

const parsed = (text: string): ParsedDocument => {
  const { value, diagnostics } = parseDocument('f.yaml', text)
  if (!value) throw new Error(diagnostics.map(oneLine).join('\n'))
  return value
}
const problems = (text: string): string[] => parseDocument('f.yaml', text).diagnostics.map((found) => oneLine(found).replace('f.yaml:', ''))
const codes = (text: string): string[] => parseDocument('f.yaml', text).diagnostics.map(({ code }) => code)

describe('data', () => {
  test.each([
    [
      'scalars of YAML 1.2',
      'a: 1\nb: 0.9\nc: true\nd: off\ne: ~\nf: 02:00\ng: 1e3\nh: "1"',
      { a: 1, b: 0.9, c: true, d: 'off', e: null, f: '02:00', g: 1000, h: '1' },
    ],
    ['scalars of YAML 1.2 under %YAML 1.1', '%YAML 1.1\n---\na: off\nb: yes\nc: 010:20', { a: 'off', b: 'yes', c: '010:20' }],
    ['keys are text', '1: a\ntrue: b\n~: c', { 1: 'a', true: 'b', '~': 'c' }],
    ['a byte order mark', '\ufeffa: 1', { a: 1 }],
    ['Windows line ends', 'a: 1\r\nb:\r\n  - x\r\n  - y\r\n', { a: 1, b: ['x', 'y'] }],
    ['an alias', 'a: &x { p: 1 }\nb: *x', { a: { p: 1 }, b: { p: 1 } }],
    ['an anchor named twice: the latest counts', 'a: &x 1\nb: *x\nc: &x 2\nd: *x', { a: 1, b: 1, c: 2, d: 2 }],
    [
      'a merge: own keys win wherever they stand',
      'd: &d { p: 1, q: 2 }\na: { q: 3, <<: *d }\nb: { <<: *d, q: 4 }',
      { d: { p: 1, q: 2 }, a: { q: 3, p: 1 }, b: { p: 1, q: 4 } },
    ],
    [
      'a merge of several: the first wins',
      'a: &a { p: 1 }\nb: &b { p: 2, q: 2 }\nc: { <<: [*a, *b] }',
      { a: { p: 1 }, b: { p: 2, q: 2 }, c: { p: 1, q: 2 } },
    ],
    ['a merge of a merge', 'a: &a { p: 1 }\nb: &b { <<: *a, q: 2 }\nc: { <<: *b }', { a: { p: 1 }, b: { p: 1, q: 2 }, c: { p: 1, q: 2 } }],
    ['an end of the document', 'a: 1\n...\n', { a: 1 }],
    ['a quoted << is a key like any other', 'a: { "<<": 1 }', { a: { '<<': 1 } }],
    ['names that objects have by themselves', 'constructor: 1\ntoString: 2', { constructor: 1, toString: 2 }],
  ])('%s', (_, text, expected) => {
    expect(parsed(text).data).toEqual(expected)
  })
})

describe('problems', () => {
  test.each<[string, string, string[]]>([
    [
      'a duplicate key',
      'a: 1\nb: 2\na: 3',
      ['3:1: error: the key "a" is already defined in this map; remove one of the two [yaml/duplicate-key]'],
    ],
    [
      'a key twice, written in two ways',
      'a: 1\n"a": 2',
      ['2:1: error: the key "a" is already defined in this map; remove one of the two [yaml/duplicate-key]'],
    ],
    [
      'several duplicate keys at once',
      'a: 1\na: 2\nb: { c: 1, c: 2, c: 3 }',
      [
        '2:1: error: the key "a" is already defined in this map; remove one of the two [yaml/duplicate-key]',
        '3:12: error: the key "c" is already defined in this map; remove one of the two [yaml/duplicate-key]',
        '3:18: error: the key "c" is already defined in this map; remove one of the two [yaml/duplicate-key]',
      ],
    ],
    [
      'two merges in one map',
      'a: &a { p: 1 }\nb: { <<: *a, <<: *a }',
      ['2:14: error: the key "<<" is already defined in this map; merge several maps with one list: <<: [*a, *b] [yaml/duplicate-key]'],
    ],
    ['a tab', 'a:\n\tb: 1', ['2:1: error: a tab cannot indent YAML; indent with spaces [yaml/tab-as-indent]']],
    [
      'an anchor that is not there',
      'a: &size 1\nb: *sise',
      ['2:4: error: no anchor &sise stands before this alias; did you mean "size"? [yaml/unresolved-alias]'],
    ],
    [
      'an alias before its anchor',
      'a: *x\nb: &x 1',
      ['1:4: error: no anchor &x stands before this alias; define it first with &, or put the text in quotes [yaml/unresolved-alias]'],
    ],
    [
      'an alias of what it is in',
      'a: &x { b: *x }',
      ['1:12: error: the alias *x stands inside the value it repeats [yaml/circular-alias]'],
    ],
    [
      'a merge of what it is in',
      'a: &x { <<: *x }',
      ['1:13: error: the alias *x stands inside the value it repeats [yaml/circular-alias]'],
    ],
    [
      'a merge of an anchor that is not there',
      'a: { <<: [*x] }',
      ['1:11: error: no anchor &x stands before this alias; define it first with &, or put the text in quotes [yaml/unresolved-alias]'],
    ],
    ['a merge of no map', 'a: { <<: 1 }', ['1:10: error: << merges a map or a list of maps; e.g. <<: *defaults [yaml/bad-merge]']],
    ['nothing', '', ['1:1: error: the file holds no data; it needs at least version, fleet, host and services [yaml/empty]']],
    ['only comments', '# a\n', ['1:1: error: the file holds no data; it needs at least version, fleet, host and services [yaml/empty]']],
    [
      'only a document marker',
      '---\n',
      ['1:4: error: the file must be a map, but is nothing; start it with keys such as version, fleet, host and services [yaml/root-type]'],
    ],
    [
      'a list',
      '- a\n- b',
      ['1:3: error: the file must be a map, but is a list; start it with keys such as version, fleet, host and services [yaml/root-type]'],
    ],
    [
      'a colon without a space',
      'version:1',
      ['1:1: error: the file must be a map, but is a single value; write a space after the colon [yaml/root-type]'],
    ],
    [
      'a second document',
      'a: 1\n---\nb: 2',
      [
        '2:1: error: a second YAML document starts here; one file is one fleet: put the other document into a file of its own [yaml/multiple-docs]',
      ],
    ],
    [
      'a second document after the end of the first',
      'a: 1\n...\nb: 2\n---\nc: 3',
      [
        '3:1: error: a second YAML document starts here; one file is one fleet: put the other document into a file of its own [yaml/multiple-docs]',
      ],
    ],
    ['a list as a key', '[a]: 1', ['1:1: error: a key must be text; write the key as a single word or in quotes [yaml/non-string-key]']],
    [
      'a quote that is never closed',
      'a: 1\nb: "x\nc: 2\n',
      ['2:4: error: this quote is never closed; write the closing quote [yaml/missing-char]'],
    ],
    [
      'a cron schedule without quotes',
      's: */5 * * * *',
      ['1:8: error: an unquoted * starts a YAML alias; put the text in quotes, e.g. "*/5 * * * *" [yaml/unexpected-token]'],
    ],
    ['a tag', 'a: !env X', ['1:4: warning: the tag !env has no meaning here; leave the tag out [yaml/tag-resolve-failed]']],
    [
      'a number with a leading zero',
      'a: 0600',
      ['1:4: error: 0600 counts as 600 here and as octal elsewhere; write 600, or "0600" in quotes for the text [yaml/leading-zero]'],
    ],
    [
      'a number that floating point cannot hold',
      'a: 9007199254740993',
      [
        '1:4: error: the number 9007199254740993 is too large to be exact; write a smaller one, or put it in quotes if it is text [yaml/inexact-number]',
      ],
    ],
    [
      'a number beyond all',
      'a: 1e999',
      [
        '1:4: error: the number 1e999 is too large to be exact; write a smaller one, or put it in quotes if it is text [yaml/inexact-number]',
      ],
    ],
    [
      'the key that would change an object',
      '__proto__: { a: 1 }',
      ['1:1: error: the key "__proto__" is reserved; choose another name [yaml/reserved-key]'],
    ],
    ['a control character', 'a: x\x1by', ['1:5: error: the character U+001B cannot be printed; remove it [yaml/control-character]']],
    [
      'an escaped control character',
      'a: "x\\0"',
      ['1:4: error: the character U+0000 cannot be printed; remove it [yaml/control-character]'],
    ],
    ['half of a character', 'a: x\ud800', ['1:5: error: the character U+D800 cannot be printed; remove it [yaml/control-character]']],
    [
      'problems of both kinds at once',
      'a: 1\na: 2\nb:\n\tc: 1\n',
      [
        '2:1: error: the key "a" is already defined in this map; remove one of the two [yaml/duplicate-key]',
        '4:1: error: a tab cannot indent YAML; indent with spaces [yaml/tab-as-indent]',
      ],
    ],
  ])('%s', (_, text, expected) => {
    expect(problems(text)).toEqual(expected)
  })

  test('a duplicate key tells where the first one is', () => {
    const [found] = parseDocument('f.yaml', 'x:\n  a: 1\n  a: 2\n').diagnostics
    expect(found?.related).toEqual([
      { at: { file: 'f.yaml', start: { line: 2, col: 3, offset: 5 }, end: { line: 2, col: 4, offset: 6 } }, message: 'first defined here' },
    ])
  })

  test('a warning does not keep the data back', () => {
    const { value, diagnostics } = parseDocument('f.yaml', 'a: !x 1')
    expect([value?.data, diagnostics.length]).toEqual([{ a: '1' }, 1])
  })
})

describe('hostile documents', () => {
  test('aliases of aliases are counted, not written out', () => {
    const levels = Array.from({ length: 20 }, (_, level) => `a${level + 1}: &a${level + 1} [${Array(10).fill(`*a${level}`)}]`)
    expect(codes(`a0: &a0 [1]\n${levels.join('\n')}\n`)).toEqual(['yaml/resource-exhaustion'])
  })

  test('an alias that many services share is no bomb', () => {
    const services = Array.from({ length: 2000 }, (_, index) => `  s${index}: { settings: *common }`)
    expect(codes(`common: &common { a: 1, b: 2 }\nservices:\n${services.join('\n')}\n`)).toEqual([])
  })

  test.each([
    ['lists', '['.repeat(50_000)],
    ['closed lists', `a: ${'['.repeat(50_000)}${']'.repeat(50_000)}`],
    ['maps', Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['items', `${'- '.repeat(50_000)}x`],
  ])('%s nested beyond what a stack holds', (_, text) => {
    expect(codes(text)).toEqual(['yaml/resource-exhaustion'])
  })

  test('nesting that a fleet may have is fine', () => {
    expect(codes(`a: ${'['.repeat(60)}${']'.repeat(60)}`)).toEqual([])
  })
})

test('ten thousand services are parsed and located in seconds', () => {
  const services = Array.from(
    { length: 10_000 },
    (_, index) => `  s${index}:\n    port: ${index}\n    memory: 8GiB\n    pool: { size: 20, mode: transaction }\n    schemas: [a, b]`,
  )
  const started = performance.now()
  const document = parsed(`version: 1\nservices:\n${services.join('\n')}\n`)
  for (let index = 0; index < 10_000; index++) document.spanOf(['services', `s${index}`, 'pool', 'size'])
  expect(document.spanOf(['services', 's9999', 'pool', 'size']).start.line).toBe(50_001)
  // Some 0.8 s on the slowest machine seen; quadratic work would take a minute.
  expect(performance.now() - started).toBeLessThan(8000)
})
