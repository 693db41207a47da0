import { beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { causesOf } from '../../../src/plan/provenance/causes.ts'
import { linesOf } from '../../../src/plan/provenance/line-diff.ts'
import type { Recompile } from '../../../src/plan/provenance/recompile.ts'
import { pathName } from '../../../src/source/path-name.ts'
import { type Compilation, compilationOf } from '../../support/provenance.ts'

const services = Object.fromEntries(
  Array.from({ length: 300 }, (_, index) => [
    `s${index}`,
    { port: 2000 + 2 * index, pool: { port: 2001 + 2 * index }, memory: index === 222 ? '3GiB' : '1GiB', disk: '1GiB' },
  ]),
)
const config = { version: 1, fleet: 'many', host: { memory: '4TiB', cpus: 1024, disk: '8TiB' }, network: { base: '10' }, services }

let fleet: Compilation
beforeAll(async () => {
  fleet = await compilationOf(stringify(config))
})

/** The answer to a line, and how many services were compiled for it in all. */
function ask(path: string, line: string) {
  let compiled = 0
  const recompile: Recompile = (edited) => {
    compiled += Object.keys(edited.services).length
    return fleet.recompileFor(path)(edited)
  }
  const index = linesOf(fleet.artifacts.get(path)!).findIndex((text) => text.startsWith(line))
  expect(index).not.toBe(-1)
  const { lines, partial } = causesOf({ config: fleet.config, path, wanted: [index], recompile })!
  return { from: lines.map(({ path }) => pathName(path)), partial, compiled }
}

const compose = 'docker-compose.separated-databases.yml'

describe('lines of a fleet of 300 services', { timeout: 60_000 }, () => {
  test('a line of one service is found without compiling all of them for each field', () => {
    const { from, partial, compiled } = ask(compose, '    mem_limit: 3g')
    expect({ from, partial }).toEqual({ from: ['services.s222.memory'], partial: false })
    expect(compiled).toBeLessThan(20 * 300)
  })

  test('its own files are made of it alone', () => {
    const { from, compiled } = ask('infrastructure/postgres/s222/postgresql.conf', "shared_buffers = '768MB'")
    expect(from).toEqual(['services.s222.memory'])
    expect(compiled).toBeLessThan(3 * 300)
  })

  test('of a line that all have a part in, fields of the fleet are told, and that there are more', () => {
    const { from, partial, compiled } = ask('infrastructure/schedule/pgfleet.cron', '0 5 * * 1 root')
    expect(partial).toBe(true)
    expect(from).toContain('backup.verify.at')
    expect(compiled).toBeLessThan(250 * 300)
  })
})
