import { describe, expect, test } from 'vitest'
import { loadCatalog } from '../../src/fleet/catalog.ts'
import { tune } from '../../src/fleet/tune/tune.ts'
import type { TuningInput } from '../../src/fleet/tune/tuning.ts'
import type { Workload } from '../../src/fleet/types.ts'
import { GiB, MiB } from '../../src/fleet/units.ts'

const catalog = await loadCatalog(17)

const input = (more: Partial<TuningInput> & { workload: Workload; memory: number; cpus: number }, connections: number): TuningInput => ({
  disk: 0,
  storage: 'ssd',
  assumptions: { operationsPerConnection: 1, backendOverhead: 5 * MiB, manualMaintenance: 1, backupRatio: 0.2 },
  // 3 are PostgreSQL's reserve for a superuser.
  connections: [{ name: 'pool', amount: connections - 3 }],
  extensions: [],
  database: 'demo',
  compliance: false,
  setting: (name) => catalog.settings[name],
  takes: () => true,
  ...more,
})

function tuned(what: TuningInput, declared: Record<string, { text: string; number?: number }> = {}): Record<string, string> {
  const { settings } = tune(what, new Map(Object.entries(declared)))
  return Object.fromEntries(settings.map(({ name, value }) => [name, value]))
}

/** Sizes that pgtune gives for all profiles alike: memory, then shared_buffers, effective_cache_size, wal_buffers, huge_pages. */
const sizes = [
  [1, '256MB', '768MB', '7864kB', 'off'],
  [2, '512MB', '1536MB', '16MB', 'off'],
  [4, '1GB', '3GB', '16MB', 'off'],
  [8, '2GB', '6GB', '16MB', 'try'],
  [16, '4GB', '12GB', '16MB', 'try'],
  [32, '8GB', '24GB', '16MB', 'try'],
  [64, '16GB', '48GB', '16MB', 'try'],
  [128, '32GB', '96GB', '16MB', 'try'],
] as const

test.each(sizes)(
  '%d GB: shared_buffers, effective_cache_size, wal_buffers and huge_pages are those of pgtune',
  (gb, shared, cache, wal, huge) => {
    const got = tuned(input({ workload: 'search', memory: gb * GiB, cpus: 4 }, 200))
    expect([got['shared_buffers'], got['effective_cache_size'], got['wal_buffers'], got['huge_pages']]).toEqual([shared, cache, wal, huge])
  },
)

const overhead = 'the proof also counts 5 MiB for each process, and two vacuums; pgtune counts neither'
const floor = 'pgtune never goes below 4 MB and so passes the limit; ours goes to 1 MB, and below that is a finding'

type Row = readonly [machine: string, maintenance: string, theirs: string, ours?: string, why?: string]

/** pgtune's numbers: memory/processors, maintenance_work_mem, work_mem; then ours and why, where they differ. */
const profiles: Record<string, { workload: Workload; connections: number; rows: Row[] }> = {
  web: {
    workload: 'search',
    connections: 200,
    rows: [
      ['1/1', '64MB', '4096kB', '1MB', floor],
      ['2/2', '128MB', '4096kB', '1MB', floor],
      ['4/2', '256MB', '5041kB', '3852kB', overhead],
      ['4/4', '256MB', '5140kB', '3789kB', overhead],
      ['8/4', '512MB', '10280kB', '10217kB', overhead],
      ['16/4', '1GB', '20560kB'],
      ['16/8', '1GB', '20164kB'],
      ['32/8', '2GB', '40329kB'],
      ['64/16', '4GB', '77672kB'],
      ['128/32', '8GB', '144631kB'],
    ],
  },
  oltp: {
    workload: 'oltp',
    connections: 300,
    rows: [
      ['1/1', '64MB', '4096kB', '1MB', floor],
      ['2/2', '128MB', '4096kB', '1MB', floor],
      ['4/2', '256MB', '4096kB', '1729kB', overhead],
      ['4/4', '256MB', '4096kB', '1701kB', overhead],
      ['8/4', '512MB', '6898kB', '6014kB', overhead],
      ['16/4', '1GB', '13797kB'],
      ['16/8', '1GB', '13617kB'],
      ['32/8', '2GB', '27235kB'],
      ['64/16', '4GB', '53092kB'],
      ['128/32', '8GB', '101067kB'],
    ],
  },
  dw: {
    workload: 'analytics',
    connections: 40,
    rows: [
      ['1/1', '128MB', '4096kB', '2730kB', 'no floor of 4 MB: this is the same formula'],
      ['2/2', '256MB', '5461kB'],
      ['4/2', '512MB', '10922kB'],
      ['4/4', '512MB', '11915kB'],
      ['8/4', '1GB', '23831kB'],
      ['16/4', '2GB', '47662kB'],
      ['16/8', '2GB', '43690kB'],
      ['32/8', '4GB', '87381kB'],
      ['64/16', '8GB', '149796kB'],
      ['128/32', '8GB', '233016kB'],
    ],
  },
}

for (const [name, { workload, connections, rows }] of Object.entries(profiles))
  describe(`pgtune's ${name} profile with ${connections} connections`, () => {
    test.each(rows.map((row) => ({ row })))('$row', ({ row: [machine, maintenance, theirs, ours] }) => {
      const [gb, cpus] = machine.split('/').map(Number)
      const got = tuned(input({ workload, memory: gb! * GiB, cpus: cpus! }, connections))
      expect([got['maintenance_work_mem'], got['work_mem']]).toEqual([maintenance, ours ?? theirs])
    })
  })

const fewCpus = 'pgtune leaves the defaults (8, 2, 8, 2) below four processors; eight workers on one processor only cost memory'

type Workers = readonly [processes: number, gather: number, parallel: number, maintenance: number]

test.each<readonly [cpus: number, workload: Workload, theirs: Workers, ours: Workers | undefined, why: string]>([
  // cpus, workload, pgtune's max_worker_processes, per gather, parallel workers, maintenance; ours where it differs, and why
  [1, 'search', [8, 2, 8, 2], [8, 0, 1, 0], fewCpus],
  [2, 'search', [8, 2, 8, 2], [8, 1, 2, 1], fewCpus],
  [4, 'search', [4, 2, 4, 2], undefined, ''],
  [8, 'oltp', [8, 4, 8, 4], undefined, ''],
  [16, 'oltp', [16, 4, 16, 4], undefined, ''],
  [16, 'analytics', [16, 8, 16, 4], undefined, ''],
  [32, 'oltp', [32, 4, 32, 4], undefined, ''],
  [32, 'analytics', [32, 16, 32, 4], undefined, ''],
])('%d processors, %s: parallel workers %j %j %s', (cpus, workload, theirs, ours) => {
  const got = tuned(input({ workload, memory: 16 * GiB, cpus }, 50))
  const names = ['max_worker_processes', 'max_parallel_workers_per_gather', 'max_parallel_workers', 'max_parallel_maintenance_workers']
  expect(names.map((name) => Number(got[name]))).toEqual(ours ?? theirs)
})

test.each<readonly [workload: Workload, disk: number, min: string, max: string, why: string]>([
  ['search', 0, '1GB', '4GB', 'as pgtune web'],
  ['oltp', 0, '2GB', '8GB', 'as pgtune oltp'],
  ['analytics', 0, '4GB', '16GB', 'as pgtune dw'],
  ['oltp', 20 * GiB, '512MB', '2GB', 'pgtune ignores the disk: a tenth of 20 GB'],
  ['oltp', 200 * GiB, '2GB', '8GB', 'a large disk changes nothing'],
])('%s with %d bytes of disk: WAL from %s to %s (%s)', (workload, disk, min, max) => {
  const got = tuned(input({ workload, memory: 8 * GiB, cpus: 4, disk }, 100))
  expect([got['min_wal_size'], got['max_wal_size']]).toEqual([min, max])
})

test.each([
  ['hdd', '4', '2'],
  ['ssd', '1.1', '200'],
  ['nvme', '1.1', '1000'],
] as const)('%s: random_page_cost %s, effective_io_concurrency %s, as pgtune', (storage, cost, readAhead) => {
  const got = tuned(input({ workload: 'oltp', memory: GiB, cpus: 2, storage }, 20))
  expect([got['random_page_cost'], got['effective_io_concurrency']]).toEqual([cost, readAhead])
})

test('what is declared wins, and the formulas after it calculate with it', () => {
  const got = tuned(input({ workload: 'search', memory: 16 * GiB, cpus: 4 }, 200), { shared_buffers: { text: '1GB', number: GiB } })
  // (16 GiB - 1 GiB) / ((200 + 4) * 3) = 25700.39 kB
  expect([got['shared_buffers'], got['work_mem'], got['huge_pages']]).toEqual(['1GB', '25700kB', 'off'])
})

test('a build without lz4 gets pglz', () => {
  expect(tuned(input({ workload: 'oltp', memory: GiB, cpus: 2, takes: () => false }, 20))['wal_compression']).toBe('pglz')
})
