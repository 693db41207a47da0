import { bytesPerUnit, parseNumber } from './setting-number.ts'
import type { Bytes, Service } from './types.ts'
import { MiB } from './units.ts'

/** Docker's own default, kept for what is not counted: statistics, tuple queues, error queues. */
const base = 64 * MiB
/** A shared area grows in segments, each two twice as large as the two before, so up to half of it may be slack: src/backend/utils/mmgr/dsa.c */
const growth = 1.5

/**
 * Size of /dev/shm in a server's container. shared_buffers is not in it (shared_memory_type is mmap); the memory that processes of one
 * parallel command share is (dynamic_shared_memory_type is posix), and with Docker's 64 MB a parallel hash join fails with "could not
 * resize shared memory segment". Counted are hash tables, `operations` x hash memory for each worker and for a leader of its own
 * (https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-HASH-MEM-MULTIPLIER), and the dead rows that a parallel
 * VACUUM collects. It is a cap, not a reservation: the pages count against the memory limit, which also bounds it.
 */
export function sharedMemorySize(service: Pick<Service, 'settings' | 'catalog' | 'assumptions' | 'memory'>): Bytes {
  const { assumptions, memory } = service
  const number = (name: string) => settingNumber(service, name)
  const workers =
    number('max_parallel_workers_per_gather') > 0 ? Math.min(number('max_parallel_workers'), number('max_worker_processes')) : 0
  const hashes = 2 * workers * assumptions.operationsPerConnection * number('work_mem') * number('hash_mem_multiplier')
  const vacuums = number('max_parallel_maintenance_workers') > 0 ? assumptions.manualMaintenance * number('maintenance_work_mem') : 0
  return Math.min(memory, Math.ceil((base + growth * hashes + vacuums) / MiB) * MiB)
}

/** A setting of the server as a number, memory in bytes; PostgreSQL's default where the server has no line for it. */
function settingNumber({ settings, catalog }: Pick<Service, 'settings' | 'catalog'>, name: string): number {
  const known = catalog.settings[name]
  const text = settings.find((setting) => setting.name === name)?.value ?? known?.default
  if (!known || (known.type !== 'integer' && known.type !== 'real') || text === null || text === undefined)
    throw new Error(`${name} is not a number`)
  const parsed = parseNumber(text, known.type, known.unit)
  if (!('value' in parsed)) throw new Error(`${name}: ${parsed.message}`)
  return parsed.value * (bytesPerUnit(known.unit) ?? 1)
}
