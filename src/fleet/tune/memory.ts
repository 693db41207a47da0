import { autovacuumMemory, parallelWorkers, walBuffers } from '../budget.ts'
import type { Bytes } from '../types.ts'
import { GiB, kiB, MiB } from '../units.ts'
import { pgtuneWorkerProcesses } from './parallel.ts'
import { bytes, count, type TuningGroup, type TuningInput, word } from './tuning.ts'

// Formulas after pgtune, https://github.com/le0pard/pgtune/blob/master/src/features/configuration/configurationSlice.js; where ours
// differs, test/fleet/tune.test.ts says why, size by size.
const sharedShare = 4
const maintenanceShare = { analytics: 8, other: 16 } as const
const maintenanceCap = 8 * GiB
/** Below this, sorts of any size go to disk at once; pgtune stops at 4 MB and so passes the limit of small servers. */
const workMemFloor = MiB
/** One vacuum used at most this before PostgreSQL 17: https://www.postgresql.org/docs/16/runtime-config-resource.html */
const autovacuumCap = GiB
const hugePagesFrom = 2 * GiB
/** PostgreSQL takes no more: 1073741823 and 2147483647 pages of 8 kB, in whole MB. */
const sharedBuffersCap = 8 * 1024 * GiB - MiB
const cacheSizeCap = 16 * 1024 * GiB - MiB

/** 3 % of shared_buffers, at most one WAL segment; nearly a segment becomes one. */
function tunedWalBuffers(sharedBuffers: Bytes): Bytes {
  const share = Math.floor((sharedBuffers * 3) / 100)
  return share > 14 * MiB ? 16 * MiB : Math.max(share, 32 * kiB)
}

/** pgtune's work_mem: a third of what shared_buffers leaves, spread over connections and workers. */
function pgtuneWorkMem({ memory, cpus, workload }: TuningInput, sharedBuffers: Bytes, maxConnections: number): Bytes {
  const share = (memory - sharedBuffers) / ((maxConnections + pgtuneWorkerProcesses(cpus)) * 3)
  return workload === 'analytics' ? share / 2 : share
}

/** The work_mem that the memory proof leaves room for: everything else is taken off the limit first. */
function provenWorkMem({ memory, assumptions }: TuningInput, number: (name: string) => number): Bytes {
  const { operationsPerConnection, backendOverhead, manualMaintenance } = assumptions
  const processes = number('max_connections') + parallelWorkers(number)
  const fixed =
    number('shared_buffers') +
    walBuffers(number) +
    processes * backendOverhead +
    manualMaintenance * number('maintenance_work_mem') +
    number('autovacuum_max_workers') * (autovacuumMemory(number) + backendOverhead)
  return (memory - fixed) / (processes * operationsPerConnection * number('hash_mem_multiplier'))
}

export const memory: TuningGroup = {
  title: 'Memory',
  *tune(input, number) {
    const { memory: limit, workload } = input
    yield bytes(
      'shared_buffers',
      Math.min(sharedBuffersCap, Math.floor(limit / sharedShare / MiB) * MiB) || 128 * kiB,
      'a quarter of the memory',
    )
    yield word('huge_pages', number('shared_buffers') >= hugePagesFrom ? 'try' : 'off', 'worth it from shared_buffers of 2GB on')
    yield bytes(
      'effective_cache_size',
      Math.min(cacheSizeCap, Math.floor((limit * 3) / 4 / MiB) * MiB),
      'three quarters of the memory: what the planner may expect to be cached',
    )
    const share = workload === 'analytics' ? maintenanceShare.analytics : maintenanceShare.other
    yield bytes(
      'maintenance_work_mem',
      Math.max(MiB, Math.min(maintenanceCap, Math.floor(limit / share / MiB) * MiB)),
      `a ${share}th of the memory`,
    )
    const workers = number('autovacuum_max_workers')
    const each = Math.max(MiB, Math.min(autovacuumCap, Math.floor(limit / maintenanceShare.other / workers / MiB) * MiB))
    yield bytes('autovacuum_work_mem', each, `a 16th of the memory over ${workers} workers, at most 1GB each`)
    yield bytes('wal_buffers', tunedWalBuffers(number('shared_buffers')), '3 % of shared_buffers, at most one WAL segment')
    yield {
      ...word('hash_mem_multiplier', '2', 'a hash may take twice work_mem (PostgreSQL default); the memory proof counts it'),
      number: 2,
    }
    const wanted = pgtuneWorkMem(input, number('shared_buffers'), number('max_connections'))
    const proven = provenWorkMem(input, number)
    yield bytes(
      'work_mem',
      Math.max(workMemFloor, Math.min(wanted, proven)),
      proven < workMemFloor
        ? 'the least that is useful: the memory proof fails'
        : proven < wanted
          ? `what the memory proof leaves for ${number('max_connections')} connections`
          : `a third of the rest over ${number('max_connections')} connections and their workers`,
    )
    if (input.extensions.includes('timescaledb'))
      yield count('max_locks_per_transaction', locks(limit), 'a query locks every chunk it touches (timescaledb-tune)')
  },
}

/** https://github.com/timescale/timescaledb-tune/blob/main/pkg/pgtune/misc.go */
const locks = (limit: Bytes): number => (limit >= 32 * GiB ? 1024 : limit >= 16 * GiB ? 512 : limit >= 8 * GiB ? 256 : 128)
