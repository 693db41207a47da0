import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import type { Path } from '../../src/diagnostic.ts'
import { type ParsedDocument, parseDocument } from '../../src/source/document.ts'

const parsed = (text: string): ParsedDocument => parseDocument('f.yaml', text).value!

const text = `# comment
version: 1
"quoted key": 'single'
services:
  trading:
    port: 5433 # the port
    empty:
    pool: { size: 50, mode: "transaction" }
    extensions: [timescaledb, pg_stat_statements]
    schemas:
      - analytics
      - { a: 1 }
      - b: 1
        c: 2
    note: |
      two
      lines
defaults: &defaults
  memory: 8GB
  deep: { x: 1 }
other:
  <<: *defaults
  cpus: 4
third: { settings: *defaults, list: [*defaults] }
fourth: { <<: [{ z: 1 }, *defaults] }
`
const document = parsed(text)

/** What is marked, with its line. */
function marked(path: Path, on?: 'key' | 'value'): string {
  const { start, end } = document.spanOf(path, on)
  return `${start.line}: ${text.slice(start.offset, end.offset)}`
}

describe('spanOf marks', () => {
  test.each<[string, Path, string]>([
    ['a number', ['version'], '2: 1'],
    ['a quoted value with its quotes', ['quoted key'], "3: 'single'"],
    ['a value without its comment', ['services', 'trading', 'port'], '6: 5433'],
    ['a value in a flow map', ['services', 'trading', 'pool', 'mode'], '8: "transaction"'],
    ['a flow map', ['services', 'trading', 'pool'], '8: { size: 50, mode: "transaction" }'],
    ['an item', ['services', 'trading', 'extensions', 1], '9: pg_stat_statements'],
    ['an item of a block list', ['services', 'trading', 'schemas', 0], '11: analytics'],
    ['block text without its last line end', ['services', 'trading', 'note'], '15: |\n      two\n      lines'],
    ['the key of an empty value', ['services', 'trading', 'empty'], '7: empty'],
    ['the key of a block map', ['services', 'trading'], '5: trading'],
    ['the key of a block list', ['services', 'trading', 'schemas'], '10: schemas'],
    ['the first key of a block map in a list', ['services', 'trading', 'schemas', 2], '13: b'],
    ['the first key of the file for the root', [], '2: version'],
    ['the key of the parent of what is missing', ['services', 'trading', 'memory'], '5: trading'],
    ['the key of the nearest parent', ['services', 'risk', 'pool', 'size'], '4: services'],
    ['the list, when an item is missing', ['services', 'trading', 'extensions', 7], '9: extensions'],
    ['the value of a path that goes too deep', ['version', 'x'], '2: version'],
    ['merged text where it stands', ['other', 'memory'], '19: 8GB'],
    ['own keys beside a merge', ['other', 'cpus'], '23: 4'],
    ['text behind an alias where it stands', ['third', 'settings', 'deep', 'x'], '20: 1'],
    ['an alias that the path ends at', ['third', 'settings'], '24: *defaults'],
    ['an alias in a list', ['third', 'list', 0], '24: *defaults'],
    ['text behind an alias in a list', ['third', 'list', 0, 'memory'], '19: 8GB'],
    ['inline merged text', ['fourth', 'z'], '25: 1'],
    ['text of the second map merged', ['fourth', 'memory'], '19: 8GB'],
  ])('%s', (_, path, expected) => {
    expect(marked(path)).toBe(expected)
  })

  test.each<[string, Path, string]>([
    ['a plain key', ['services', 'trading', 'port'], '6: port'],
    ['a quoted key', ['quoted key'], '3: "quoted key"'],
    ['a key in a flow map', ['services', 'trading', 'pool', 'size'], '8: size'],
    ['a key behind an alias', ['third', 'settings', 'memory'], '19: memory'],
    ['an item, which has no key', ['services', 'trading', 'extensions', 0], '9: timescaledb'],
  ])('%s when the key is asked for', (_, path, expected) => {
    expect(marked(path, 'key')).toBe(expected)
  })

  test('columns count characters, not UTF-16 units', () => {
    expect(parsed('{ "😀é": 1, b: 2 }').spanOf(['b']).start).toEqual({ line: 1, col: 15, offset: 15 })
  })

  test('a byte order mark takes no column', () => {
    expect(parsed('\ufeffa: 1').spanOf(['a']).start).toEqual({ line: 1, col: 4, offset: 4 })
  })
})

/** Every path of some data that ends at a scalar, with the scalar. */
function* leaves(data: unknown, path: Path = []): Generator<[Path, unknown]> {
  if (typeof data !== 'object' || data === null) yield [path, data]
  else if (Array.isArray(data)) for (const [index, item] of data.entries()) yield* leaves(item, [...path, index])
  else for (const [key, value] of Object.entries(data)) yield* leaves(value, [...path, key])
}

const scalar = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom('off', '1.20', '8GB', 'a: b', '- x', '#', '*/5 * * * *', 'two\nlines\n'),
)
const key = fc
  .oneof(fc.string(), fc.constantFrom('a', 'b', '1', 'true', 'services', 'x y'))
  .filter((name) => name !== '__proto__' && name !== '<<')
const { root } = fc.letrec<{ root: Record<string, unknown>; node: unknown }>((tie) => ({
  root: fc.dictionary(key, tie('node'), { minKeys: 1, maxKeys: 5 }),
  node: fc.oneof({ maxDepth: 4 }, scalar, fc.array(tie('node'), { maxLength: 4 }), tie('root')),
}))

test('in any document, spans hold text that parses back to the value', () => {
  fc.assert(
    fc.property(root, fc.boolean(), fc.boolean(), (data, flow, windows) => {
      const lines = stringify(data, { collectionStyle: flow ? 'flow' : 'any', lineWidth: 0 })
      const text = windows ? lines.replaceAll('\n', '\r\n') : lines
      const { value, diagnostics } = parseDocument('f.yaml', text)
      expect(diagnostics.filter(({ code }) => code !== 'yaml/control-character')).toEqual([])
      if (!value) return
      expect(value.data).toEqual(parse(text, { stringKeys: true }))
      for (const [path, expected] of leaves(value.data)) {
        if (typeof expected === 'object') continue
        const { start, end } = value.spanOf(path)
        expect(parse(text.slice(start.offset, end.offset), { stringKeys: true })).toEqual(expected)
      }
    }),
    { numRuns: 500 },
  )
})
