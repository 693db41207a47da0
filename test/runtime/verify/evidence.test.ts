import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CheckRun, madeRun, notChecked } from '../../../src/runtime/verify/check-run.ts'
import { type EvidenceAbout, evidenceOf } from '../../../src/runtime/verify/evidence.ts'
import { evidenceLimit, evidenceText } from '../../../src/runtime/verify/evidence-text.ts'

const schema = JSON.parse(readFileSync('schema/evidence.schema.json', 'utf8'))
const isValid = new Ajv({ allErrors: true }).compile(schema)

const about: EvidenceAbout = {
  fleet: 'demo',
  pgfleet: '1.2.3',
  runtime: 'compose',
  started: new Date('2030-01-02T03:04:05Z'),
  ended: new Date('2030-01-02T03:04:06.500Z'),
  servicesYaml: 'a'.repeat(64),
  output: { sha256: 'b'.repeat(64), files: 69 },
  images: new Map([['orders', { server: `sha256:${'c'.repeat(64)}`, pooler: null }]]),
}
const check = (id: string) => ({ id, title: `${id} is right`, help: 'apply' })
const finding = (what: string, help?: string) => ({ what, expected: 'x', actual: 'y', ...(help === undefined ? {} : { help }) })
const services = [
  { service: 'orders', postgres: '17.10', pgbouncer: '1.24.1' },
  { service: 'mail', postgres: '17.10' },
]
const record = (runs: readonly CheckRun[]) => evidenceOf({ services, runs }, about, (help) => (help === 'apply' ? 'run it again' : help))

describe('the record', () => {
  test('a check that passes everywhere is there once, with the sum of its figures', () => {
    const runs = ['orders', 'mail'].map((service) => madeRun(check('grants'), service, { findings: [], figures: { objects: 20 } }))
    expect(record(runs)).toEqual({
      format: 1,
      fleet: 'demo',
      pgfleet: '1.2.3',
      runtime: 'compose',
      started: '2030-01-02T03:04:05.000Z',
      ended: '2030-01-02T03:04:06.500Z',
      result: 'passed',
      inputs: { servicesYaml: { sha256: 'a'.repeat(64) }, output: { sha256: 'b'.repeat(64), files: 69 } },
      services: [
        { name: 'orders', postgres: '17.10', pgbouncer: '1.24.1', images: { server: `sha256:${'c'.repeat(64)}`, pooler: null } },
        { name: 'mail', postgres: '17.10', pgbouncer: null, images: null },
      ],
      servicesOmitted: 0,
      checks: [
        {
          id: 'grants',
          title: 'grants is right',
          result: 'passed',
          services: ['orders', 'mail'],
          servicesOmitted: 0,
          figures: { objects: 40 },
          findings: [],
          findingsOmitted: 0,
          reason: null,
        },
      ],
    })
  })

  test('one with different results is there once for each, with what was found and what to do', () => {
    const { result, checks } = record([
      madeRun(check('roles'), 'orders', { findings: [finding('a'), finding('b', 'drop it')], figures: {} }),
      madeRun(check('roles'), 'mail', { findings: [], figures: {} }),
      notChecked(check('tls'), 'orders', 'no TLS here'),
      notChecked(check('output'), undefined, 'no folder'),
    ])
    expect(result).toBe('failed')
    expect(checks.map(({ id, result, services, reason }) => [id, result, services, reason])).toEqual([
      ['roles', 'failed', ['orders'], null],
      ['roles', 'passed', ['mail'], null],
      ['tls', 'not-checked', ['orders'], 'no TLS here'],
      ['output', 'not-checked', [], 'no folder'],
    ])
    expect(checks[0]!.findings.map(({ service, what, help }) => [service, what, help])).toEqual([
      ['orders', 'a', 'run it again'],
      ['orders', 'b', 'drop it'],
    ])
  })

  test('what was checked of the fleet as a whole stays apart from what was checked of its services', () => {
    const { checks } = record([
      madeRun(check('container-rights'), undefined, { findings: [], figures: {} }),
      madeRun(check('container-rights'), 'orders', { findings: [], figures: {} }),
    ])
    expect(checks.map(({ services }) => services)).toEqual([[], ['orders']])
  })
})

describe('the file', () => {
  test('a small record stands there whole', () => {
    const small = record([madeRun(check('roles'), 'orders', { findings: [finding('x'.repeat(5000))], figures: {} })])
    expect(JSON.parse(evidenceText(small))).toEqual(small)
  })

  test('what is left out is counted', () => {
    const findings = Array.from({ length: 5000 }, (_, index) => finding(`table ${index} ${'x'.repeat(100)}`))
    const text = evidenceText(record([madeRun(check('grants'), 'orders', { findings, figures: {} })]))
    const [cut] = JSON.parse(text).checks
    expect(text.length).toBeLessThan(evidenceLimit)
    expect(cut.findings.length).toBeGreaterThan(100)
    expect(cut.findings.length + cut.findingsOmitted).toBe(5000)
  })

  test('of any size and with any texts it is smaller than 256 KB, valid, and has every check', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constantFrom('\u0000'.repeat(700), '😀'.repeat(400), '"'.repeat(700)),
    )
    const one = fc.record({ what: text, expected: text, actual: text, help: text })
    const size = fc.record({
      checks: fc.integer({ min: 1, max: 30 }),
      services: fc.integer({ min: 1, max: 40 }),
      each: fc.integer({ min: 0, max: 6 }),
    })
    fc.assert(
      fc.property(size, fc.array(one, { minLength: 1, maxLength: 5 }), text, ({ checks, services: count, each }, samples, reason) => {
        const names = Array.from({ length: count }, (_, index) => `service-${index}`.padEnd(60, 'x'))
        const runs = Array.from({ length: checks }, (_, index) => index).flatMap((index) =>
          names.map((name, at) => {
            if (index % 3 === 2) return notChecked(check(`check-${index}`), name, reason)
            const findings = Array.from({ length: index % 3 === 0 ? each : 0 }, (_, n) => samples[(n + at) % samples.length]!)
            return madeRun(check(`check-${index}`), name, { findings, figures: { objects: at } })
          }),
        )
        const evidence = evidenceOf(
          { services: names.map((service) => ({ service })), runs },
          { ...about, images: new Map() },
          (help) => help,
        )
        const file = evidenceText(evidence)
        expect(Buffer.byteLength(file)).toBeLessThan(256 * 1024)
        const read = JSON.parse(file)
        expect(isValid(read) ? [] : isValid.errors).toEqual([])
        expect(read.checks.map(({ id }: { id: string }) => id)).toEqual(evidence.checks.map(({ id }) => id))
        expect(read.checks.map(({ findings, findingsOmitted }: (typeof evidence.checks)[0]) => findings.length + findingsOmitted)).toEqual(
          evidence.checks.map(({ findings }) => findings.length),
        )
      }),
      { numRuns: 15 },
    )
  })
})

describe('the schema', () => {
  test('takes what is written, and nothing else', () => {
    const good = record([
      notChecked(check('tls'), 'orders', 'no TLS here'),
      madeRun(check('roles'), 'mail', { findings: [], figures: { roles: 9 } }),
    ])
    expect(isValid(good)).toBe(true)
    const broken: Record<string, unknown>[] = [
      { ...good, secret: 'x' },
      { ...good, started: 'yesterday' },
      { ...good, inputs: { ...good.inputs, servicesYaml: { sha256: 'x' } } },
      { ...good, checks: [{ ...good.checks[0], reason: null }] },
      { ...good, checks: [{ ...good.checks[1], reason: 'why' }] },
      { ...good, checks: [{ ...good.checks[1], result: 'skipped' }] },
    ]
    for (const each of broken) expect(isValid(each)).toBe(false)
  })

  test('describes every field', () => {
    const undescribed: string[] = []
    const walk = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return
      const { properties, ...rest } = node as { properties?: Record<string, { description?: string }> }
      for (const [name, field] of Object.entries(properties ?? {})) {
        if (!path.includes('/if') && !path.includes('/then') && !path.includes('/else') && !field.description)
          undescribed.push(`${path}/${name}`)
        walk(field, `${path}/${name}`)
      }
      for (const [key, part] of Object.entries(rest)) walk(part, `${path}/${key}`)
    }
    walk(schema, '')
    expect(undescribed).toEqual([])
  })
})
