import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse, parseDocument } from 'yaml'
import { alias, anchored, printYaml, type Yaml } from '../../generators/yaml.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'on',
    'No',
    '~',
    'null',
    '0:0',
    '1e3',
    '0x1f',
    '.5',
    '4g',
    '1e',
    '0x',
    '1e3',
    '-c',
    '-1',
    '-a: b',
    '-inf',
    '-.inf',
    'a,b',
    '5m:x',
    '.inf',
    '-',
    '- a',
    'a: b',
    'a #b',
    '#',
    '&a',
    '*a',
    '!!str',
    '%',
    '@',
    '`',
    '${A:-b}',
    'a$b',
    "it's",
    '"',
    '\t',
    ' a',
    'a ',
    'a\nb',
    '',
    '<<',
    '=',
    '2001-01-01',
    'a:',
    ':a',
    '?',
    '{',
    '[',
    ']',
    ',',
    '|',
    '>',
  ),
)
const data = fc.letrec<{ value: Yaml; map: Record<string, Yaml> }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer(),
    fc.boolean(),
    fc.array(fc.oneof(text, fc.integer(), tie('map')), { maxLength: 4 }),
    tie('map'),
  ),
  // The key << is a merge: it takes an alias, and is not for text of users.
  map: fc.dictionary(
    text.filter((key) => key !== '<<' && key !== '__proto__'),
    tie('value'),
    { maxKeys: 5 },
  ),
})).map

describe('what is printed reads back the same', () => {
  // Go's reader, which Compose uses, knows the words of both versions.
  test.each(['1.1', '1.2'] as const)('with YAML %s', (version) => {
    fc.assert(
      fc.property(data, (value) => {
        fc.pre(Object.keys(value).length > 0)
        expect(parse(printYaml(value), { version, merge: false, uniqueKeys: true })).toEqual(value)
      }),
      { numRuns: 500 },
    )
  })

  test('lone surrogates, which no text file can hold, become escapes', () => {
    expect(printYaml({ a: '\ud800' })).toBe('a: "\\ud800"\n')
  })
})

test('what needs no quotes has none', () => {
  expect(
    printYaml({
      image: 'registry.example/trading:1.0',
      ports: ['${BIND:-127.0.0.1}:5432:5432'],
      limit: '2g',
      size: 2,
      ok: true,
      none: {},
      empty: [],
    }),
  ).toBe(
    'image: registry.example/trading:1.0\nports:\n  - ${BIND:-127.0.0.1}:5432:5432\nlimit: 2g\nsize: 2\nok: true\nnone: {}\nempty: []\n',
  )
})

test('a named block can be merged', () => {
  const printed = printYaml({
    'x-base': anchored('base', { a: 1, b: { c: 2 } }),
    use: { '<<': alias('base'), d: 3 },
    list: [{ e: 4, f: [5] }],
  })
  expect(parseDocument(printed, { merge: true }).toJS()).toEqual({
    'x-base': { a: 1, b: { c: 2 } },
    use: { a: 1, b: { c: 2 }, d: 3 },
    list: [{ e: 4, f: [5] }],
  })
})
