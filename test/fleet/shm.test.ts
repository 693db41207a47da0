import { expect, test } from 'vitest'
import { loadCatalog } from '../../src/fleet/catalog.ts'
import { sharedMemorySize } from '../../src/fleet/shm.ts'

const catalog = await loadCatalog(17)
const MiB = 1024 ** 2

test.each([
  ['no parallel command: what Docker gives', { max_parallel_workers_per_gather: '0', max_parallel_maintenance_workers: '0' }, {}, 64],
  // 2 x 4 processes x 64 MiB x 2 = 1024, and half of that, and 64
  [
    'hash tables of four workers and four leaders',
    { max_parallel_workers_per_gather: '2', max_parallel_workers: '4', work_mem: '64MB', max_parallel_maintenance_workers: '0' },
    {},
    1600,
  ],
  // as above with 2 x 2 processes and three hash tables in each
  [
    'no more workers than there are at all',
    { max_parallel_workers: '4', max_worker_processes: '2', work_mem: '64MB', max_parallel_maintenance_workers: '0' },
    { operationsPerConnection: 3 },
    2368,
  ],
  ['two parallel vacuums', { max_parallel_workers_per_gather: '0', maintenance_work_mem: '512MB' }, { manualMaintenance: 2 }, 1088],
  // PostgreSQL's defaults: 2 x 8 x 4 MiB x 2 = 128, and half of that, 64 of maintenance_work_mem, and 64
  ['settings that are not in the file count by their defaults', {}, {}, 320],
  ['more than there is memory', { max_parallel_workers: '8', work_mem: '1GB' }, {}, 4096],
])('%s', (_, values, assumptions, expected) => {
  const settings = Object.entries(values).map(([name, value]) => ({ name, value, why: '', source: 'tuned', group: '' }) as const)
  const defaults = { operationsPerConnection: 1, manualMaintenance: 1, backendOverhead: 0, backupRatio: 0 }
  const size = sharedMemorySize({ settings, catalog, assumptions: { ...defaults, ...assumptions }, memory: 4096 * MiB })
  expect(size / MiB).toBe(expected)
})
