import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import schema from '../../schema/services.schema.json' with { type: 'json' }
import { type Diagnostic, hasErrors } from '../../src/diagnostic.ts'
import { oneLine } from '../../src/report/oneline.ts'
import { parseDocument } from '../../src/source/document.ts'
import { validateConfig } from '../../src/source/validate.ts'

const validate = (text: string) => validateConfig(parseDocument('f.yaml', text).value!)
const lines = (diagnostics: readonly Diagnostic[]): string[] => diagnostics.map((found) => oneLine(found).replace('f.yaml:', ''))

/** A valid fleet: its last line is 6, `trading` has 4 spaces of indentation below it. */
const head = 'version: 1\nfleet: demo\nhost: { memory: 64GiB, cpus: 16, disk: 2TiB }\nservices:\n  trading: { port: 5433, memory: 8GiB }\n'

test('a valid document is the configuration', () => {
  const { value, diagnostics } = validate(head)
  expect(diagnostics).toEqual([])
  expect(value?.services.trading?.port).toBe(5433)
})

describe('marks', () => {
  test.each<[string, string, string[]]>([
    [
      'the key, when it is unknown',
      `${head}nework: {}\n`,
      ['6:1: error: unknown key "nework" in the file; did you mean "network"? [schema/additionalProperties]'],
    ],
    [
      'the key of the parent, when one is missing',
      `${head}  risk: { port: 5434 }\n`,
      ['6:3: error: services.risk lacks the key "memory"; add it, e.g. memory: "8GiB" [schema/required]'],
    ],
    [
      'the first key of the file, when one is missing there',
      head.replace('fleet: demo\n', ''),
      ['1:1: error: the file lacks the key "fleet"; add it, e.g. fleet: "acme" [schema/required]'],
    ],
    ['the value otherwise', `${head}postgres: 14\n`, ['6:11: error: postgres cannot be 14; expected one of 15, 16, 17, 18 [schema/enum]']],
    [
      'the key of an empty value',
      `${head}backup:\n`,
      ['6:1: error: backup must be a map, but is empty; write a value, or remove the key [schema/type]'],
    ],
    [
      'the key, when its name does not fit',
      `${head}  Market_Data: { port: 5434, memory: 1GiB }\n`,
      [
        '6:3: error: services cannot have the key "Market_Data"; did you mean "market-data"? use lower-case words joined by hyphens, e.g. market-data [schema/pattern]',
      ],
    ],
    [
      'the key, when it is too long',
      `${head}  ${'a'.repeat(41)}: { port: 5434, memory: 1GiB }\n`,
      [`6:3: error: services cannot have the key "${'a'.repeat(41)}"; use at most 40 characters [schema/maxLength]`],
    ],
  ])('%s', (_, text, expected) => {
    expect(lines(validate(text).diagnostics)).toEqual(expected)
  })
})

describe('one mistake is one diagnostic', () => {
  test.each<[string, string, string[]]>([
    [
      'a required key that is misspelt',
      head.replace('fleet:', 'flete:'),
      ['2:1: error: unknown key "flete" in the file; did you mean "fleet"? [schema/additionalProperties]'],
    ],
    [
      'no branch of a choice',
      `${head}roles: { r: { access: admin, services: al } }\n`,
      ['6:40: error: roles.r.services cannot be "al"; did you mean "all"? expected "all" or a list [schema/anyOf]'],
    ],
    [
      'an item of the branch that was meant',
      `${head}roles: { r: { access: admin, services: [1] } }\n`,
      ['6:41: error: roles.r.services[0] must be text, but is 1; write it in quotes: "1" [schema/type]'],
    ],
    [
      'text that two aliases repeat',
      `${head}  risk: { port: 5434, memory: 1GiB, pool: &p { mod: session } }\n  users: { port: 5435, memory: 1GiB, pool: *p }\n`,
      ['6:48: error: unknown key "mod" in services.risk.pool; did you mean "mode"? [schema/additionalProperties]'],
    ],
    [
      'two mistakes of one kind at one place are two',
      `${head}  risk: {}\n`,
      [
        '6:3: error: services.risk lacks the key "memory"; add it, e.g. memory: "8GiB" [schema/required]',
        '6:3: error: services.risk lacks the key "port"; add it, e.g. port: 5433 [schema/required]',
      ],
    ],
  ])('%s', (_, text, expected) => {
    expect(lines(validate(text).diagnostics)).toEqual(expected)
  })

  test('repeated items are all shown, each with the first', () => {
    const { diagnostics } = validate(head.replace('8GiB }', '8GiB, schemas: [a, b, a, b, a] }'))
    expect(diagnostics.map(({ message, at, related }) => [message, at.start.col, related[0]?.at.start.col])).toEqual([
      ['services.trading.schemas has "a" twice', 56, 50],
      ['services.trading.schemas has "b" twice', 59, 53],
      ['services.trading.schemas has "a" twice', 62, 50],
    ])
  })
})

describe('help', () => {
  const service = (more: string): string => head.replace('8GiB }', `8GiB, ${more} }`)
  const helps = (text: string): (string | undefined)[] => validate(text).diagnostics.map(({ help }) => help)

  test.each([
    ['a number in quotes', head.replace('5433', '"5433"'), 'write it without quotes: 5433'],
    [
      'a version that YAML reads as a number, as it is written',
      `${head}pgbouncer: 1.20\n`,
      'write it in quotes: "1.20"; expected one of 1.18, 1.19, 1.20, 1.21, 1.22, 1.23, 1.24',
    ],
    ['text that YAML reads as a number', `${head}network: { base: 10.77 }\n`, 'write it in quotes: "10.77"'],
    [
      'two letters that changed places',
      service('workload: olpt'),
      'did you mean "oltp"? expected one of oltp, timeseries, analytics, ledger, queue, search',
    ],
    [
      'other case',
      `${head}backup: { weekly: { on: Sunday } }\n`,
      'did you mean "sunday"? expected one of monday, tuesday, wednesday, thursday, friday, saturday, sunday',
    ],
    ['a unit of tens', head.replace('8GiB', '8GB'), 'did you mean "8GiB"? use KiB, MiB, GiB or TiB, e.g. 8GiB'],
    ['a number without a unit', head.replace('8GiB', '8'), 'use KiB, MiB, GiB or TiB, e.g. 8GiB'],
    [
      'a short duration',
      service('retention: { a.b: { column: at, keep: 7y } }'),
      'did you mean "7 years"? write a whole number and minutes, hours, days, weeks, months or years, e.g. 30 days',
    ],
    ['a key of another level', service('max_clients: 5'), 'it belongs under "pool"'],
    ['a key that is there already', service('memori: 1GiB'), 'did you mean "memory"?'],
    [
      'a key like no other',
      service('xyzzy: 1'),
      'expected one of summary, database, volume, port, postgres, workload, memory, cpus, disk, pool, app, extensions, timescaledb, schemas, sql, seed, readable, references, settings, timeseries, jobs, retention, compliance, backup, assumptions',
    ],
    ['one item that should be a list', service('extensions: timescaledb'), 'write a list: [timescaledb]'],
    ['a number below the range', head.replace('5433', '80'), 'expected 1024 to 65535'],
    ['too few', `${head}roles: { r: { access: admin, services: [] } }\n`, 'add an item, or remove the key'],
    ['a version of this format that is not known', head.replace('version: 1', 'version: 2'), 'expected 1'],
  ])('for %s', (_, text, help) => {
    expect(helps(text)).toEqual([help])
  })
})

describe('the schema', () => {
  /** Keywords that only describe, and those that only hold other schemas. */
  const silent = ['$schema', '$id', 'title', 'description', 'examples', 'default', 'patternErrorMessage', 'properties', 'items']

  function* keywords(node: object): Generator<string> {
    for (const [name, value] of Object.entries(node)) {
      if (silent.includes(name)) continue
      yield name
      if (['propertyNames', 'additionalProperties'].includes(name) && typeof value === 'object') yield* keywords(value)
      if (name === 'anyOf') for (const branch of value) yield* keywords(branch)
    }
    const { properties = {}, items } = node as { properties?: Record<string, object>; items?: object }
    for (const child of Object.values(properties)) yield* keywords(child)
    if (items) yield* keywords(items)
  }

  test('uses no keyword without words', () => {
    const worded = [
      'additionalProperties',
      'anyOf',
      'const',
      'enum',
      'maxLength',
      'maximum',
      'minItems',
      'minLength',
      'minProperties',
      'minimum',
    ]
    expect([...new Set(keywords(schema))].sort()).toEqual([...worded, 'pattern', 'propertyNames', 'required', 'type', 'uniqueItems'])
  })
})

/** Data like a configuration: known keys with any values. */
const anything = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom('8GB', '8GiB', '1d', 'all'),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('map'),
  ),
  map: fc.dictionary(
    fc.constantFrom(
      'version',
      'fleet',
      'host',
      'services',
      'roles',
      'memory',
      'port',
      'pool',
      'settings',
      'jobs',
      'a.b',
      'x y',
      'backup',
      'daily',
      'at',
      'compliance',
      'constructor',
    ),
    tie('value'),
    { maxKeys: 6 },
  ),
})).map

test('whatever the data, there are words and places for all that is wrong', () => {
  fc.assert(
    fc.property(anything, (data) => {
      const { value: document } = parseDocument('f.yaml', stringify(data))
      if (!document) return
      const { value, diagnostics } = validateConfig(document)
      expect(value === undefined).toBe(hasErrors(diagnostics))
      for (const { at, message, help } of diagnostics) {
        expect(at.end.offset).toBeGreaterThanOrEqual(at.start.offset)
        expect(at.end.offset).toBeLessThanOrEqual(document.text.length)
        expect(`${message} ${help}`).not.toMatch(/undefined|\[object|NaN/)
      }
    }),
    { numRuns: 500 },
  )
})
