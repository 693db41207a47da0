import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { Config } from '../../../schema/services.ts'
import { parseSource } from '../../../src/compile.ts'
import { candidatesOf } from '../../../src/plan/provenance/candidates.ts'
import { otherValues } from '../../../src/plan/provenance/other-values.ts'
import { pathName } from '../../../src/source/path-name.ts'
import { printed } from '../../support/fleet.ts'
import { fullFleet } from './full-fleet.ts'

const configOf = (text: string): Config => parseSource('services.yaml', text).value!.config

describe('other values', () => {
  test.each([
    [20, { type: 'integer', minimum: 1, maximum: 100 }, [21, 19, 40, 10, 1]],
    [1, { type: 'integer', minimum: 1, maximum: 28 }, [2, 16]],
    [1.5, { type: 'number', minimum: 1 }, [3, 2.5, 24]],
    [true, { type: 'boolean' }, [false]],
    ['on', { type: ['string', 'number', 'boolean'] }, ['off']],
    ['oltp', { enum: ['oltp', 'queue', 'search'] }, ['queue', 'search']],
    ['1GiB', { type: 'string', pattern: '^[1-9][0-9]*(MiB|GiB)$' }, ['2GiB', '512MiB', '64MiB', '16GiB']],
    ['30 days', { type: 'string' }, ['31 days', '300 days']],
    ['02:58', { type: 'string' }, ['02:05', '03:58']],
    ['*/5 * * * *', { type: 'string' }, ['7 7 7 7 *', '8 8 8 8 *']],
    ['10.77', { type: 'string', pattern: '^[0-9.]+$', examples: ['10.77'] }, ['10.78']],
    ['treum', { type: 'string' }, ['treumx']],
    ['all', { anyOf: [{ const: 'all' }, { type: 'array', items: { type: 'string' } }] }, [['elsewhere']]],
    [1, { const: 1 }, []],
  ])('of %j', (value, node, others) => {
    expect(otherValues(value, node)).toEqual(others)
  })
})

describe.each([
  ['the full fleet', fullFleet],
  ['the fleet of this repository', readFileSync('services.yaml', 'utf8')],
])('edits of %s', (_, text) => {
  const config = configOf(text)
  const candidates = candidatesOf(config)

  test('are ones that the schema takes', { timeout: 60_000 }, () => {
    const refused = candidates.flatMap(({ path, trials }) =>
      trials.slice(0, 2).flatMap((trial) => {
        const { value, diagnostics } = parseSource('services.yaml', stringify(trial.apply(config)))
        return value ? [] : [`${pathName(path)}: ${JSON.stringify(trial.after)}: ${diagnostics.map(printed).join()}`]
      }),
    )
    expect(refused).toEqual([])
  })

  test('change something, each by itself', () => {
    for (const { path, trials } of candidates) for (const { apply } of trials) expect(apply(config), pathName(path)).not.toEqual(config)
    expect(config).toEqual(configOf(text))
  })
})

test('every scalar that is written can be edited, but the version', () => {
  const config = configOf(fullFleet)
  const known = new Set(candidatesOf(config).map(({ path }) => pathName(path)))
  const scalars = (value: unknown, path: (string | number)[]): string[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, child]) => scalars(child, [...path, Array.isArray(value) ? Number(key) : key]))
      : [pathName(path)]
  expect(scalars(config, []).filter((name) => !known.has(name))).toEqual(['version'])
})
