import { beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { Config } from '../../../schema/services.ts'
import type { FileChange } from '../../../src/plan/changes/types.ts'
import { type Origins, originsOf } from '../../../src/plan/provenance/origins.ts'
import type { Recompile } from '../../../src/plan/provenance/recompile.ts'
import { type Compilation, compilationOf } from '../../support/provenance.ts'
import { fullFleet, fullSql } from './full-fleet.ts'

let base: Compilation
beforeAll(async () => {
  base = await compilationOf(fullFleet, fullSql)
})

function filesOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): FileChange[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort()
  return paths.flatMap((path): FileChange[] => {
    const [old, now] = [before.get(path), after.get(path)]
    if (old === now) return []
    return [{ path, op: old === undefined ? 'created' : now === undefined ? 'removed' : 'updated', before: old ?? '', after: now ?? '' }]
  })
}

async function compare(
  text: string,
  sql = fullSql,
  recompileWith?: (recompile: Recompile) => Recompile,
): Promise<Origins & { lines: string[]; head: Compilation }> {
  const head = await compilationOf(text, sql)
  const found = originsOf({
    base,
    head,
    files: filesOf(base.artifacts, head.artifacts),
    recompile: recompileWith?.(head.recompile) ?? head.recompile,
    spanOf: head.document.spanOf,
  })
  const yaml = text.split('\n')
  const lines = found.origins.map(({ artifact, line, at }) => {
    const source = at.file === 'services.yaml' ? yaml[at.line - 1]!.slice(at.col - 1).trim() : `${at.file}:${at.line}`
    return `${artifact}: ${head.artifacts.get(artifact)!.split('\n')[line - 1]!.trim().split('  ')[0]} <- ${source}`
  })
  return { ...found, lines, head }
}

const edited = (...edits: [from: string, to: string][]): string =>
  edits.reduce((text, [from, to]) => {
    expect(text).toContain(from)
    return text.replace(from, to)
  }, fullFleet)

const orders = 'infrastructure/postgres/orders/postgresql.conf'

describe('origins of changed lines', () => {
  test('nothing changed', async () => {
    expect(await compare(fullFleet)).toMatchObject({ origins: [], untraced: 0 })
  })

  test('one edit is the origin of everything', async () => {
    const { lines, untraced } = await compare(edited(['mode: transaction', 'mode: session']))
    expect(lines).toEqual([
      'infrastructure/pgbouncer/orders/pgbouncer.ini: pool_mode = session <- session, size: 20, reserve: 5, max_clients: 1000 }',
    ])
    expect(untraced).toBe(0)
  })

  test('of several edits, each line goes to its own', async () => {
    const { lines, untraced } = await compare(
      edited(
        ['size: 20', 'size: 30'],
        ['memory: 8GiB', 'memory: 9GiB'],
        ['at: "02:00"', 'at: "02:30"'],
        ['summary: Stock,', 'summary: Shelves,'],
        ['shop:1.0', 'shop:1.1'],
      ),
    )
    expect(untraced).toBe(0)
    const from = (text: string) =>
      lines.filter((line) => line.includes(text)).map((line) => line.split(' <- ')[1]!.split(/[,}]/)[0]!.trim())
    expect(from('postgresql.conf: max_connections = 55')).toEqual(['30'])
    expect(from("postgresql.conf: shared_buffers = '2304MB'")).toEqual(['9GiB'])
    expect(from('pgbouncer.ini: ; At most 30')).toEqual(['30'])
    expect(from('docker-compose.separated-databases.yml: mem_limit: 9g')).toEqual(['9GiB'])
    expect(from('docker-compose.separated-databases.yml: image: registry.example/shop:1.1')).toEqual(['"registry.example/shop:1.1"'])
    expect(from('pgfleet.cron: 30 2 * * *')).toEqual(['"02:30"'])
    expect(from('shop.env: # stock-items: Shelves')).toEqual(['Shelves'])
    expect(from('fleet.json: "schedule": "30 2 * * *"')).toEqual(['"02:30"'])
    expect(from('stock-items-db-init.sql: -- postgres-stock-items: Shelves')).toEqual(['Shelves'])
  })

  test('what is gone is where it was', async () => {
    const { lines, untraced } = await compare(edited([', work_mem: 8MB', ''], ['schemas: [app, audit]', 'schemas: [audit, app]']))
    expect(untraced).toBe(0)
    expect(lines.find((line) => line.startsWith(`${orders}: work_mem`))).toMatch(/ <- settings: \{ checkpoint_timeout: 10min \}$/)
    expect(lines.find((line) => line.includes('SET search_path'))).toMatch(/ <- \[audit, app\]$/)
  })

  test('a new service is the origin of its files, and of its parts of others', async () => {
    const { lines, untraced } = await compare(
      edited(['applications:', '  returns: { port: 5435, memory: 1GiB, disk: 1GiB }\napplications:'], ['size: 20', 'size: 30']),
    )
    expect(untraced).toBe(0)
    const from = (text: string) =>
      lines
        .find((line) => line.includes(text))!
        .split(' <- ')[1]!
        .split(/[:,]/)[0]
    expect(from('returns/postgresql.conf: shared_buffers')).toBe('returns')
    expect(from('separated-databases.yml: postgres-returns:')).toBe('returns')
    expect(from('orders/postgresql.conf: max_connections')).toBe('30')
  })

  test('edited SQL is the origin of its own lines and hashes', async () => {
    const sql = { ...fullSql, 'sql/orders/0003-more.sql': 'CREATE TABLE app.more (\n  id bigint\n);\n' }
    const { lines, untraced } = await compare(edited(['size: 20', 'size: 30']), sql)
    expect(untraced).toBe(0)
    const from = (text: string) => lines.find((line) => line.includes(text))!.split(' <- ')[1]
    expect(from('0003-more.sql:1 */')).toBe('sql/orders/0003-more.sql:1')
    expect(from('init.sql: id bigint')).toBe('sql/orders/0003-more.sql:2')
    expect(from("('0003-more.sql', 'sql/orders/0003-more.sql'")).toBe('sql/orders/0003-more.sql:1')
    expect(from('INSERT INTO pgfleet.init')).toBe('sql/orders/0003-more.sql:1')
    expect(from('pgbouncer.ini: ; At most 30')).toMatch(/^30,/)
  })

  test('a recompilation that does not see edits leaves lines without origin', async () => {
    const edits: [string, string][] = [
      ['size: 20', 'size: 30'],
      ['memory: 8GiB', 'memory: 9GiB'],
    ]
    const blind = (recompile: Recompile): Recompile => {
      let first: Config | undefined
      return (config) => {
        first ??= config
        return recompile(first)
      }
    }
    expect((await compare(edited(...edits))).untraced).toBe(0)
    const { origins, untraced } = await compare(edited(...edits), fullSql, blind)
    expect(origins).toEqual([])
    expect(untraced).toBeGreaterThan(10)
  })

  test('recompilations are counted, and stop', async () => {
    let count = 0
    const head = await compilationOf(edited(['size: 20', 'size: 30'], ['memory: 8GiB', 'memory: 9GiB'], ['cpus: 4', 'cpus: 5']), fullSql)
    const files = filesOf(base.artifacts, head.artifacts)
    const recompile: Recompile = (config) => {
      count++
      return head.recompile(config)
    }
    const { untraced } = originsOf({ base, head, files, recompile, spanOf: head.document.spanOf, limit: 3 })
    expect(count).toBe(3)
    expect(untraced).toBeGreaterThan(0)
  })
})

test('a thousand services with five edits are traced within a second', { timeout: 120_000 }, async () => {
  const services = Object.fromEntries(
    Array.from({ length: 1000 }, (_, index) => [
      `s${index}`,
      { port: 2000 + 2 * index, pool: { port: 2001 + 2 * index }, memory: '1GiB', disk: '1GiB' },
    ]),
  )
  const config = { version: 1, fleet: 'many', host: { memory: '4TiB', cpus: 1024, disk: '8TiB' }, network: { base: '10' }, services }
  const text = stringify(config)
  const large = await compilationOf(text)
  const changed: Record<string, object> = {
    s1: { memory: '2GiB' },
    s200: { workload: 'queue' },
    s500: { pool: { port: 3001, size: 21 } },
    s700: { summary: 'More' },
    s999: { cpus: 2 },
  }
  const other = { ...services }
  for (const [key, more] of Object.entries(changed)) other[key] = { ...services[key]!, ...more }
  const head = await compilationOf(stringify({ ...config, services: other }))
  const files = filesOf(large.artifacts, head.artifacts)
  const start = performance.now()
  const { origins, untraced } = originsOf({ base: large, head, files, recompile: head.recompile, spanOf: head.document.spanOf })
  const seconds = (performance.now() - start) / 1000
  expect(untraced).toBe(0)
  expect(origins.length).toBeGreaterThan(20)
  console.log(`${seconds.toFixed(2)} s`)
  expect(seconds).toBeLessThan(4)
})
