// Whatever fits the schema: what is emitted keeps its budgets, computed here anew from the text of the artifacts, or there is a finding.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import type { Artifact } from '../../src/artifact.ts'
import { loadCatalogs } from '../../src/fleet/catalog.ts'
import { brokenCheck } from '../../src/fleet/setting-checks.ts'
import { parseSetting } from '../../src/fleet/setting-value.ts'
import { compileText } from '../support/fleet.ts'

const MB = 1024 * 1024
const catalogs = await loadCatalogs([15, 16, 17, 18])

type Given = {
  memoryMiB: number
  cpus: number
  major: 15 | 16 | 17 | 18
  workload: string
  pool: { size: number; reserve: number; max_clients: number }
  settings: Record<string, string | number>
  assumptions: { operations_per_connection: number; backend_overhead: string; manual_maintenance: number }
}

const given = (key: string, one: Given, port: number) => ({
  [key]: {
    port,
    memory: `${one.memoryMiB}MiB`,
    cpus: one.cpus,
    postgres: one.major,
    workload: one.workload,
    pool: one.pool,
    settings: one.settings,
    assumptions: one.assumptions,
  },
})

const fleetText = (services: readonly Given[], hostGiB: number) =>
  stringify({
    version: 1,
    fleet: 'shop',
    host: { memory: `${hostGiB}GiB`, cpus: 512, disk: '100TiB' },
    roles: { reports: { access: 'read-only', connections: 4 } },
    services: Object.assign({}, ...services.map((one, index) => given(`s${index + 1}`, one, 5432 + index))),
  })

const megabytes = (min: number, max: number) => fc.integer({ min, max }).map((amount) => `${amount}MB`)
const settings: fc.Arbitrary<Record<string, string | number>> = fc.record(
  {
    work_mem: megabytes(1, 200),
    maintenance_work_mem: megabytes(1, 2000),
    autovacuum_work_mem: fc.oneof(megabytes(1, 500), fc.constant(-1)),
    shared_buffers: megabytes(16, 8000),
    wal_buffers: fc.oneof(megabytes(1, 100), fc.constant(-1)),
    max_connections: fc.integer({ min: 10, max: 1000 }),
    superuser_reserved_connections: fc.integer({ min: 0, max: 12 }),
    autovacuum_max_workers: fc.integer({ min: 1, max: 12 }),
    max_worker_processes: fc.integer({ min: 1, max: 32 }),
    max_parallel_workers: fc.integer({ min: 0, max: 64 }),
    hash_mem_multiplier: fc.integer({ min: 1, max: 4 }),
  },
  { requiredKeys: [] },
)

const service: fc.Arbitrary<Given> = fc.record({
  memoryMiB: fc.oneof(fc.integer({ min: 1, max: 2048 }), fc.integer({ min: 2048, max: 262_144 })),
  cpus: fc.oneof(fc.constant(0.5), fc.integer({ min: 1, max: 64 })),
  major: fc.constantFrom(15, 16, 17, 18),
  workload: fc.constantFrom('oltp', 'timeseries', 'analytics', 'ledger', 'queue', 'search'),
  pool: fc.record({
    size: fc.integer({ min: 1, max: 400 }),
    reserve: fc.integer({ min: 0, max: 50 }),
    max_clients: fc.integer({ min: 1, max: 5000 }),
  }),
  settings: fc.oneof({ arbitrary: fc.constant({}), weight: 2 }, { arbitrary: settings, weight: 1 }),
  assumptions: fc.record({
    operations_per_connection: fc.constantFrom(0.5, 1, 2),
    backend_overhead: fc.constantFrom('2MiB', '5MiB', '12MiB'),
    manual_maintenance: fc.integer({ min: 0, max: 2 }),
  }),
})

/** Settings of a postgresql.conf, unquoted. */
function readConf(artifacts: readonly Artifact[], key: string): Map<string, string> {
  const text = artifacts.find(({ path }) => path.endsWith(`postgres/${key}/postgresql.conf`))?.content ?? ''
  const lines = text.matchAll(/^([A-Za-z0-9_.]+) = (?:'((?:[^']|'')*)'|(\S+))/gm)
  return new Map(Array.from(lines, ([, name, quoted, bare]) => [String(name), (quoted ?? bare ?? '').replaceAll("''", "'")]))
}

function amounts(conf: ReadonlyMap<string, string>) {
  const bytes = (name: string): number => {
    const match = /^(-?[0-9]+)(kB|MB|GB|TB|)$/.exec(conf.get(name) ?? '')
    if (!match) throw new Error(`${name} is ${conf.get(name)}`)
    const units: Record<string, number> = { '': 1, kB: 1024, MB, GB: 1024 * MB, TB: 1024 * 1024 * MB }
    return Number(match[1]) * Number(units[match[2] ?? ''])
  }
  return { bytes, count: (name: string) => Number(conf.get(name)) }
}

/** The most memory that the server may take under the assumptions, from what its configuration says. */
function memoryOf(
  conf: ReadonlyMap<string, string>,
  { operations_per_connection, backend_overhead, manual_maintenance }: Given['assumptions'],
): number {
  const { bytes, count } = amounts(conf)
  const overhead = Number.parseInt(backend_overhead, 10) * MB
  const perProcess = operations_per_connection * bytes('work_mem') * count('hash_mem_multiplier') + overhead
  const maintenance = bytes('maintenance_work_mem')
  const autovacuum = bytes('autovacuum_work_mem') === -1 ? maintenance : bytes('autovacuum_work_mem')
  // -1 means a 32nd of shared_buffers, at most one WAL segment.
  const wal = bytes('wal_buffers') === -1 ? Math.min(bytes('shared_buffers') / 32, 16 * MB) : bytes('wal_buffers')
  const parallel = Math.min(count('max_parallel_workers'), count('max_worker_processes'))
  return (
    bytes('shared_buffers') +
    wal +
    (count('max_connections') + parallel) * perProcess +
    count('autovacuum_max_workers') * (autovacuum + overhead) +
    manual_maintenance * maintenance
  )
}

/** Pool, reserve, password lookup, migrator, monitor, backup, the role of the fleet, and what PostgreSQL keeps for superusers. */
const connectionsOf = ({ pool }: Given, reserved: number) => pool.size + pool.reserve + 2 + 2 + 3 + 3 + 4 + reserved

const budgetCodes = ['memory-fits-server', 'memory-fits-host', 'pool-fits-server', 'setting-conflict']

describe('for any fleet', () => {
  test('what is emitted keeps every budget, and what is not emitted has a finding about a budget', async () => {
    let emitted = 0
    await fc.assert(
      fc.asyncProperty(fc.array(service, { minLength: 1, maxLength: 3 }), fc.integer({ min: 32, max: 1024 }), async (services, hostGiB) => {
        const { artifacts, diagnostics } = await compileText(fleetText(services, hostGiB))
        const errors = diagnostics.filter(({ severity }) => severity === 'error')
        expect(errors.filter(({ code }) => !budgetCodes.includes(code))).toEqual([])
        expect(artifacts.length > 0).toBe(errors.length === 0)
        if (errors.length) return
        emitted++
        for (const [index, one] of services.entries()) {
          const conf = readConf(artifacts, `s${index + 1}`)
          expect(memoryOf(conf, one.assumptions)).toBeLessThanOrEqual(one.memoryMiB * MB)
          const { count } = amounts(conf)
          expect(connectionsOf(one, count('superuser_reserved_connections'))).toBeLessThanOrEqual(count('max_connections'))
          const ini = artifacts.find(({ path }) => path.endsWith(`pgbouncer/s${index + 1}/pgbouncer.ini`))?.content ?? ''
          expect(/[ =']pool_size=([0-9]+)/.exec(ini)?.[1]).toBe(String(one.pool.size))
        }
        expect(composeMemory(artifacts)).toBeLessThanOrEqual(hostGiB * 1024 * MB)
      }),
      { numRuns: 200 },
    )
    expect(emitted).toBeGreaterThan(20)
  }, 120_000)

  test('the value that a finding suggests is enough, and the largest memory below it is not', async () => {
    let broken = 0
    await fc.assert(
      fc.asyncProperty(service, async (one) => {
        const codes = async (changed: Given) => (await compileText(fleetText([changed], 100_000))).diagnostics
        const finding = (await codes(one)).find(({ code }) => code === 'memory-fits-server')
        if (!finding) return
        broken++
        const memory = /memory to ([0-9]+)(MiB|GiB)/.exec(finding.help ?? '')
        if (!memory) throw new Error(`no suggestion: ${finding.help}`)
        const fits = Number(memory[1]) * (memory[2] === 'GiB' ? 1024 : 1)
        const found = async (changed: Given) => (await codes(changed)).some(({ code }) => code === 'memory-fits-server')
        expect(await found({ ...one, memoryMiB: fits })).toBe(false)
        // At the very edge no term may be missing from the proof.
        const { artifacts } = await compileText(fleetText([{ ...one, memoryMiB: fits }], 100_000))
        if (artifacts.length) expect(memoryOf(readConf(artifacts, 's1'), one.assumptions)).toBeLessThanOrEqual(fits * MB)
        if (memory[2] === 'MiB') expect(await found({ ...one, memoryMiB: fits - 1 })).toBe(true)
        const pool = /pool\.size to at most ([0-9]+)/.exec(finding.help ?? '')?.[1]
        if (pool) expect(await found({ ...one, pool: { ...one.pool, size: Number(pool) } })).toBe(false)
        for (const [, name, value] of (finding.help ?? '').matchAll(/settings\.(\w+) to at most (\w+)/g))
          expect([name, await found({ ...one, settings: { ...one.settings, [String(name)]: String(value) } })]).toEqual([name, false])
      }),
      { numRuns: 100 },
    )
    expect(broken).toBeGreaterThan(20)
  }, 120_000)

  test('every emitted setting is one that the server takes', async () => {
    await fc.assert(
      fc.asyncProperty(service, fc.integer({ min: 0, max: 8 }), async (one, doublings) => {
        const { fleet } = await compileText(fleetText([{ ...one, memoryMiB: one.memoryMiB * 2 ** doublings }], 100_000))
        const known = {
          ...catalogs.postgres[one.major]?.settings,
          ...Object.assign({}, ...Object.values(catalogs.extensions).map(({ settings }) => settings)),
        }
        for (const { name, value } of fleet?.services[0]?.settings ?? []) {
          const setting = known[name]
          const parsed = setting && parseSetting(setting, value, 'debian')
          expect([name, value, parsed?.ok, parsed?.ok ? brokenCheck(name, parsed.base) : '']).toEqual([name, value, true, undefined])
        }
      }),
      { numRuns: 100 },
    )
  }, 120_000)
})

/** Limits of all containers that a plain `up` starts. */
function composeMemory(artifacts: readonly Artifact[]): number {
  const file = artifacts.find(({ kind }) => kind === 'compose')
  const { services } = parse(file?.content ?? '{}') as { services: Record<string, { mem_limit?: string | number; profiles?: string[] }> }
  const limits = Object.values(services).flatMap(({ mem_limit, profiles }) =>
    profiles || mem_limit === undefined ? [] : [bytesOf(mem_limit)],
  )
  expect(limits.length).toBeGreaterThan(1)
  return limits.reduce((sum, limit) => sum + limit, 0)
}

function bytesOf(limit: string | number): number {
  const match = /^([0-9]+)([kmgb]?)b?$/i.exec(String(limit))
  if (!match) throw new Error(`mem_limit ${limit}`)
  const units: Record<string, number> = { '': 1, b: 1, k: 1024, m: MB, g: 1024 * MB }
  return Number(match[1]) * Number(units[match[2]?.toLowerCase() ?? ''])
}

const plain: Given = {
  memoryMiB: 4096,
  cpus: 4,
  major: 17,
  workload: 'oltp',
  pool: { size: 20, reserve: 5, max_clients: 500 },
  settings: {},
  assumptions: { operations_per_connection: 1, backend_overhead: '5MiB', manual_maintenance: 1 },
}

/** Codes found at each step; a step without any must have artifacts. */
async function steps(all: readonly Given[]): Promise<string[]> {
  const codes: string[] = []
  for (const one of all) {
    const { artifacts, diagnostics } = await compileText(fleetText([one], 100))
    expect(artifacts.length > 0).toBe(diagnostics.length === 0)
    codes.push(diagnostics.map(({ code }) => code).join(' '))
  }
  return codes
}

/** Nothing up to some step, one and the same finding from there on. */
function expectOneTurn(codes: readonly string[], finding: string): void {
  const turn = codes.indexOf(finding)
  expect(turn).toBeGreaterThan(0)
  expect(codes).toEqual(codes.map((_, step) => (step < turn ? '' : finding)))
}

test('memory that shrinks step by step ends in one finding, for every workload', async () => {
  for (const workload of ['oltp', 'timeseries', 'analytics', 'ledger', 'queue', 'search']) {
    const codes = await steps(Array.from({ length: 17 }, (_, step) => ({ ...plain, workload, memoryMiB: 65_536 / 2 ** step })))
    expectOneTurn(codes, 'memory-fits-server')
  }
})

test('a pool that grows step by step ends in one finding', async () => {
  const codes = await steps(Array.from({ length: 20 }, (_, step) => ({ ...plain, pool: { ...plain.pool, size: 50 * (step + 1) } })))
  expectOneTurn(codes, 'memory-fits-server')
})

test('a pool that grows under a declared max_connections ends in a finding about the pool', async () => {
  const codes = await steps(
    Array.from({ length: 5 }, (_, step) => ({
      ...plain,
      settings: { max_connections: 60 },
      pool: { ...plain.pool, size: 20 + 10 * step },
    })),
  )
  // 60 - 3 superuser - 14 direct - 5 reserve leave 38.
  expect(codes).toEqual(['', '', 'pool-fits-server', 'pool-fits-server', 'pool-fits-server'])
})
