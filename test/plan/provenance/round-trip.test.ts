import { beforeAll, describe, expect, test } from 'vitest'
import type { Config } from '../../../schema/services.ts'
import type { FileChange } from '../../../src/plan/changes/types.ts'
import { type Candidate, candidatesOf } from '../../../src/plan/provenance/candidates.ts'
import { causesOf } from '../../../src/plan/provenance/causes.ts'
import { valueAt, withValue } from '../../../src/plan/provenance/config-path.ts'
import { unaligned } from '../../../src/plan/provenance/effect.ts'
import { hunksOf, linesOf } from '../../../src/plan/provenance/line-diff.ts'
import { originsOf } from '../../../src/plan/provenance/origins.ts'
import type { Recompile } from '../../../src/plan/provenance/recompile.ts'
import { pathName } from '../../../src/source/path-name.ts'
import { type Compilation, compilationOf } from '../../support/provenance.ts'
import { fullFleet, fullSql } from './full-fleet.ts'

let fleet: Compilation
let scalars: Candidate[]
beforeAll(async () => {
  fleet = await compilationOf(fullFleet, fullSql)
  scalars = candidatesOf(fleet.config).filter(
    ({ on, path, default: preset }) => on === 'value' && preset === undefined && typeof path.at(-1) === 'string',
  )
})

const lines = (text: string) => linesOf(text).map(unaligned)

/** A changed line of each file that an edit of a scalar changes: the first and the last. */
function changedBy(edited: Config): [path: string, index: number][] {
  const after = new Map([...fleet.recompile(edited)].map(({ path, content }) => [path, content]))
  return [...fleet.artifacts].flatMap(([path, content]) => {
    const other = after.get(path)
    if (other === undefined || other === content) return []
    const changed = hunksOf(lines(content), lines(other)).flatMap(({ at, count }) => Array.from({ length: count }, (_, one) => at + one))
    return [...new Set([changed[0], changed.at(-1)])].flatMap((index): [string, number][] => (index === undefined ? [] : [[path, index]]))
  })
}

/** Scalars that an answer lacks, although editing them changes the line; `recompileFor` is what the answer is made with. */
function missing(some: readonly Candidate[], recompileFor: (path: string) => Recompile): string[] {
  const answers = new Map<string, Set<string>>()
  const answerTo = (path: string, index: number): Set<string> => {
    const key = `${path}:${index + 1}`
    const known = answers.get(key)
    if (known) return known
    const found = causesOf({ config: fleet.config, path, wanted: [index], recompile: recompileFor(path) })!
    const names = new Set(found.lines.map((cause) => pathName(cause.path)))
    answers.set(key, names)
    return names
  }
  return some.flatMap(({ path, trials }) =>
    changedBy(trials[0]!.apply(fleet.config)).flatMap(([file, index]) =>
      answerTo(file, index).has(pathName(path)) ? [] : [`${pathName(path)} is not among the causes of ${file}:${index + 1}`],
    ),
  )
}

describe('editing a scalar, and asking where the lines come from that change', () => {
  test('leads back to the scalar, for all of them', { timeout: 120_000 }, () => {
    expect(scalars.length).toBeGreaterThan(45)
    const silent = scalars.filter(({ trials }) => changedBy(trials[0]!.apply(fleet.config)).length === 0).map(({ path }) => pathName(path))
    // What the host has is checked against the sum of the services, and printed nowhere.
    expect(silent).toEqual(['host.memory', 'host.cpus', 'host.disk'])
    expect(missing(scalars, fleet.recompileFor)).toEqual([])
  })

  test('does not when a recompilation does not see the edit', { timeout: 60_000 }, () => {
    const path = ['services', 'orders', 'pool', 'size']
    const blind =
      (file: string): Recompile =>
      (config) =>
        fleet.recompileFor(file)(config.services['orders'] ? withValue(config, path, valueAt(fleet.config, path)) : config)
    const size = scalars.filter((scalar) => pathName(scalar.path) === 'services.orders.pool.size')
    expect(missing(size, fleet.recompileFor)).toEqual([])
    expect(missing(size, blind)).toContain(
      'services.orders.pool.size is not among the causes of infrastructure/pgbouncer/orders/pgbouncer.ini:6',
    )
  })
})

describe('two edits, and the origins of the lines that changed', () => {
  const decoy = ['services', 'orders', 'pool', 'max_clients']
  const withDecoy = (config: Config): Config => withValue(config, decoy, 4000)
  const texts = (config: Config) => new Map([...fleet.recompile(config)].map(({ path, content }) => [path, content]))

  /** Files whose lines do not go back to the only one of the two edits that changes them, and those with lines of unknown origin. */
  function wrong(scalar: Candidate, recompile: Recompile): string[] {
    const alone = scalar.trials[0]!.apply(fleet.config)
    const head = withDecoy(alone)
    const [byScalar, byDecoy, after] = [alone, withDecoy(fleet.config), head].map(texts)
    const files = [...after!].flatMap(([path, content]): FileChange[] => {
      const before = fleet.artifacts.get(path)
      return before === content ? [] : [{ path, op: before === undefined ? 'created' : 'updated', before: before ?? '', after: content }]
    })
    const nowhere = { line: 1, col: 1, offset: 0 }
    const { origins, untraced } = originsOf({
      base: fleet,
      head: { config: head, fleet: fleet.fleet },
      files,
      recompile,
      spanOf: (path) => ({ file: pathName(path), start: nowhere, end: nowhere }),
    })
    const changes = (made: ReadonlyMap<string, string>, path: string) => made.get(path) !== fleet.artifacts.get(path)
    const found = origins.flatMap(({ artifact, line, at }) => {
      const [mine, other] = [changes(byScalar!, artifact), changes(byDecoy!, artifact)]
      const expected = mine && !other ? pathName(scalar.path) : other && !mine ? pathName(decoy) : at.file
      return at.file === expected ? [] : [`${artifact}:${line} of ${pathName(scalar.path)} goes to ${at.file}`]
    })
    return untraced > 0 ? [...found, `${untraced} lines of ${pathName(scalar.path)}`] : found
  }

  test('each goes back to its own, for all scalars', { timeout: 60_000 }, () => {
    const others = scalars.filter(({ path }) => pathName(path) !== pathName(decoy))
    expect(others.flatMap((scalar) => wrong(scalar, fleet.recompile))).toEqual([])
  })

  test('does not when a recompilation does not see one of them', () => {
    const blind: Recompile = (config) =>
      fleet.recompile(config.services['orders'] ? withValue(config, ['services', 'orders', 'memory'], '9GiB') : config)
    const memory = scalars.find(({ path }) => pathName(path) === 'services.orders.memory')!
    expect(wrong(memory, fleet.recompile)).toEqual([])
    expect(wrong(memory, blind)).not.toEqual([])
  })
})
