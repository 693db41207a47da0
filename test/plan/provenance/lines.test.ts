import { beforeAll, describe, expect, test } from 'vitest'
import { ownerOf } from '../../../src/plan/provenance/artifact-owner.ts'
import type { Cause } from '../../../src/plan/provenance/cause.ts'
import { causesOf } from '../../../src/plan/provenance/causes.ts'
import { withValue } from '../../../src/plan/provenance/config-path.ts'
import { linesOf } from '../../../src/plan/provenance/line-diff.ts'
import type { Recompile } from '../../../src/plan/provenance/recompile.ts'
import { sqlPlaces } from '../../../src/plan/provenance/sql-place.ts'
import { subFleet } from '../../../src/plan/provenance/sub-fleet.ts'
import { type Compilation, placeName, repositoryCompilation } from '../../support/provenance.ts'
import { type Row, rows } from './lines.ts'
import { places } from './places.ts'

let fleet: Compilation
beforeAll(async () => {
  fleet = await repositoryCompilation()
})

/** As the rows name places. */
function nameOf({ path, on, default: preset, edit }: Cause): string {
  // A list that is a cause as a whole is not there by its name.
  const isName = on === 'key' && edit.before === path.at(-1)
  return `${preset !== undefined ? '~' : isName ? '#' : ''}${placeName(fleet.config, path)}`
}

/** The first line that begins like this; where it is a text in quotes, without the blanks before it. */
const indexOf = ({ file, line }: Row): number =>
  linesOf(fleet.artifacts.get(file)!).findIndex((text) => (line.startsWith('"') ? text.trimStart() : text).startsWith(line))

function answer(row: Row): { from: string[]; because: string[]; causes: readonly Cause[] } {
  const index = indexOf(row)
  const lines = linesOf(fleet.artifacts.get(row.file)!)
  const service = fleet.fleet.services.find(({ key }) => key === ownerOf(row.file))
  const sql = service && row.file.endsWith('.sql') ? sqlPlaces(lines, service).get(index) : undefined
  const found = causesOf({ config: fleet.config, path: row.file, wanted: [index], recompile: fleet.recompileFor(row.file) })!
  return {
    from: [...(sql ? [`${sql.file}:${sql.line}`] : []), ...found.lines.map(nameOf)],
    because: found.file.map(nameOf),
    causes: found.lines,
  }
}

/** The text of services.yaml from where a cause stands, as far as the table of places says it; of a service, it stands under its key. */
function placed({ path, on }: Cause): string {
  const { text, spanOf } = fleet.document
  const { start } = spanOf(path, on)
  const [top, key] = path
  if (top === 'services') {
    const above = text.slice(0, text.indexOf('\n', start.offset)).split('\n')
    expect(above.findLast((line) => /^ {2}\S/.test(line) && !line.startsWith('  #'))).toBe(`  ${key}:`)
  }
  const wanted = places.get(placeName(fleet.config, path)) ?? ''
  const line = text.slice(start.offset).split('\n')[0]!
  return wanted !== '' && line.startsWith(wanted) ? wanted : line
}

describe('where lines of the fleet of this repository come from', () => {
  test('there are enough of them, of every kind of file', () => {
    expect(rows.length).toBeGreaterThan(100)
    const kinds = (paths: Iterable<string>) => new Set([...paths].map((path) => /[^/.]+$/.exec(path)![0]))
    const withoutCause = new Set(['sh'])
    expect(
      [...kinds(fleet.artifacts.keys())].filter((kind) => !withoutCause.has(kind) && !kinds(rows.map(({ file }) => file)).has(kind)),
    ).toEqual([])
  })

  test.each(rows.map((row) => [`${row.file}: ${row.line.trim()}`, row] as const))('%s', (_, row) => {
    expect(indexOf(row), 'the line is in the output').not.toBe(-1)
    const { from, because, causes } = answer(row)
    expect(from.toSorted()).toEqual(row.from.toSorted())
    expect(from[0]).toBe(row.from[0])
    for (const cause of causes) expect(placed(cause)).toBe(places.get(placeName(fleet.config, cause.path)))
    if (row.because) expect(because.toSorted()).toEqual(row.because.toSorted())
  })
})

describe('the table of the lines', () => {
  const row = (line: string): Row => rows.find((one) => one.line === line)!

  test('fails where an edit is not seen', () => {
    const { file, from } = row('pool_mode = transaction')
    const lines = linesOf(fleet.artifacts.get(file)!)
    const wanted = [lines.indexOf('pool_mode = transaction')]
    const blind: Recompile = (config) => fleet.recompileFor(file)(withValue(config, ['services', 'trading', 'pool', 'mode'], 'transaction'))
    const ask = (recompile: Recompile) => causesOf({ config: fleet.config, path: file, wanted, recompile })!.lines.map(nameOf)
    expect(ask(fleet.recompileFor(file))).toEqual(from)
    expect(ask(blind)).toEqual([])
  })

  test('names no place that no line has', () => {
    const named = new Set(rows.flatMap(({ from, because = [] }) => [...from, ...because]).map((name) => name.replace(/^[~#]/, '')))
    expect([...places.keys()].filter((name) => !named.has(name))).toEqual([])
  })
})

describe('files of one service', () => {
  test('are the same when it is the only one', () => {
    for (const key of Object.keys(fleet.config.services)) {
      const alone = new Map([...fleet.recompile(subFleet(fleet.config, new Set([key])))].map(({ path, content }) => [path, content]))
      const own = [...fleet.artifacts].filter(([path]) => ownerOf(path) === key)
      expect(own).toHaveLength(5)
      for (const [path, content] of own) expect(alone.get(path), path).toBe(content)
    }
  })

  test('are all that have the name of a service in their path', () => {
    const paths = [...fleet.artifacts.keys()]
    const named = paths.filter(
      (path) => !path.startsWith('env/') && Object.keys(fleet.config.services).some((key) => path.includes(`/${key}`)),
    )
    expect(paths.filter((path) => ownerOf(path) !== undefined)).toEqual(named)
  })

  test('hold nothing of the others, whatever these have; what is shared does', () => {
    const other = withValue(fleet.config, ['services', 'users', 'summary'], 'Something else')
    const changed = [...fleet.recompile(other)].filter(({ path, content }) => fleet.artifacts.get(path) !== content).map(({ path }) => path)
    expect(changed.filter((path) => ![undefined, 'users'].includes(ownerOf(path)))).toEqual([])
    expect(changed).toContain('docker-compose.separated-databases.yml')
  })
})
