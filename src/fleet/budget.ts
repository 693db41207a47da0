import type { Path } from '../diagnostic.ts'
import { poolerMemory } from './pool.ts'
import type { Assumptions, BackupPlan, Bytes, Host, Proof, Service, Term } from './types.ts'
import { formatMemory, formatSize, kiB, MiB } from './units.ts'

type ServerNumbers = { readonly number: (name: string) => number; readonly declared: (name: string) => boolean }
type Part = Omit<Term, 'how'> & { readonly how?: string }

/** Memory that a setting stands for: -1 means another one's value. */
export const autovacuumMemory = (number: (name: string) => number): number =>
  number('autovacuum_work_mem') < 0 ? number('maintenance_work_mem') : number('autovacuum_work_mem')

/** -1 means a 32nd of shared_buffers, from 64 kB to one WAL segment: XLOGChooseNumBuffers in xlog.c. */
export const walBuffers = (number: (name: string) => number): number =>
  number('wal_buffers') < 0 ? Math.min(16 * MiB, Math.max(64 * kiB, number('shared_buffers') / 32)) : number('wal_buffers')

/** Parallel workers that can run at once. */
export const parallelWorkers = (number: (name: string) => number): number =>
  Math.min(number('max_parallel_workers'), number('max_worker_processes'))

/** Everything that may connect at the same time fits max_connections. */
export function connectionProof(key: string, origin: Path, parts: readonly Part[], { number, declared }: ServerNumbers): Proof {
  const terms = parts.map((part) => ({ ...part, how: part.how ?? String(part.amount) }))
  const reserved = number('superuser_reserved_connections')
  const settings = [...origin, 'settings']
  return {
    kind: 'connections',
    service: key,
    unit: 'connections',
    terms: [
      ...terms,
      {
        name: 'superuser_reserved_connections',
        how: String(reserved),
        amount: reserved,
        path: declared('superuser_reserved_connections') ? [...settings, 'superuser_reserved_connections'] : origin,
      },
    ],
    limit: {
      name: 'max_connections',
      value: number('max_connections'),
      path: declared('max_connections') ? [...settings, 'max_connections'] : origin,
    },
  }
}

/**
 * The memory of a server when everything the assumptions name happens at once. A bound, not a forecast.
 * https://www.postgresql.org/docs/current/runtime-config-resource.html
 */
export function memoryProof(
  service: { key: string; origin: Path; memory: number; poolSize: number },
  assumptions: Assumptions,
  numbers: ServerNumbers,
): Proof {
  const { number, declared } = numbers
  const { key, origin, memory } = service
  const { operationsPerConnection: operations, backendOverhead, manualMaintenance } = assumptions
  const limitPath = [...origin, 'memory']
  /** What changes a term: the setting where it is declared, otherwise the memory that it was derived from. */
  const changed = (name: string, each: number): Pick<Term, 'path' | 'field'> =>
    declared(name)
      ? { path: [...origin, 'settings', name], field: { value: number(name) / kiB, unit: 'kB', each: each * kiB } }
      : { path: limitPath }
  const connections = number('max_connections')
  const workers = parallelWorkers(number)
  const vacuums = number('autovacuum_max_workers')
  const perWorkMem = operations * number('hash_mem_multiplier')
  const each = perWorkMem * number('work_mem') + backendOverhead
  const process = `(${operations} x ${formatMemory(number('work_mem'))} work_mem x ${number('hash_mem_multiplier')} hash_mem_multiplier + ${formatSize(backendOverhead)} overhead)`
  const perConnection: Pick<Term, 'path' | 'field'> = declared('work_mem')
    ? changed('work_mem', (connections + workers) * perWorkMem)
    : declared('max_connections')
      ? { path: [...origin, 'settings', 'max_connections'], field: { value: connections, unit: 'connections', each } }
      : { path: [...origin, 'pool', 'size'], field: { value: service.poolSize, unit: 'connections', each } }
  const terms: Term[] = [
    {
      name: 'shared_buffers',
      how: formatMemory(number('shared_buffers')),
      amount: number('shared_buffers'),
      ...changed('shared_buffers', 1),
    },
    { name: 'wal_buffers', how: formatMemory(walBuffers(number)), amount: walBuffers(number), ...changed('wal_buffers', 1) },
    { name: 'connections', how: `${connections} x ${process}`, amount: connections * each, ...perConnection },
    { name: 'parallel workers', how: `${workers} x ${process}`, amount: workers * each, path: limitPath },
    {
      name: 'autovacuum',
      how: `${vacuums} x (${formatMemory(autovacuumMemory(number))} + ${formatSize(backendOverhead)} overhead)`,
      amount: vacuums * (autovacuumMemory(number) + backendOverhead),
      ...changed('autovacuum_work_mem', vacuums),
    },
    {
      name: 'manual maintenance',
      how: `${manualMaintenance} x ${formatMemory(number('maintenance_work_mem'))} maintenance_work_mem`,
      amount: manualMaintenance * number('maintenance_work_mem'),
      ...changed('maintenance_work_mem', manualMaintenance),
    },
  ]
  return { kind: 'memory', service: key, unit: 'bytes', terms, limit: { name: 'memory', value: memory, path: limitPath } }
}

/** The limits of all servers and poolers, and of the ops container (0 where there is none), fit the host. */
export function hostProofs(host: Host, services: readonly Service[], backup: BackupPlan, opsMemory: Bytes): Proof[] {
  const memory: Term[] = services.flatMap(({ key, origin, memory, pool }) => [
    { name: `server of ${key}`, how: formatSize(memory), amount: memory, path: [...origin, 'memory'] },
    {
      name: `pooler of ${key}`,
      how: `${formatSize(poolerMemory(pool.maxClients))} for ${pool.maxClients} clients`,
      amount: pool.memory,
      path: [...origin, 'pool', 'max_clients'],
    },
  ])
  if (opsMemory > 0) memory.push({ name: 'ops container', how: formatSize(opsMemory), amount: opsMemory, path: ['ops'] })
  const sized = services.filter(({ disk }) => disk > 0)
  const proofs: Proof[] = [
    {
      kind: 'host-memory',
      unit: 'bytes',
      terms: memory,
      limit: { name: 'memory of the host', value: host.memory, path: [...host.origin, 'memory'] },
    },
  ]
  const disk: Term[] = sized.map(({ key, origin, disk }) => ({
    name: `data of ${key}`,
    how: formatSize(disk),
    amount: disk,
    path: [...origin, 'disk'],
  }))
  proofs.push({
    kind: 'host-disk',
    unit: 'bytes',
    terms: disk,
    limit: { name: 'disk of the host', value: host.disk, path: [...host.origin, 'disk'] },
  })
  if (backup.disk !== undefined) {
    const copies = backupCopies(backup)
    const terms: Term[] = sized.map(({ key, origin, disk, assumptions }) => ({
      name: `backups of ${key}`,
      how: `${copies} copies x ${assumptions.backupRatio} x ${formatSize(disk)}`,
      amount: copies * assumptions.backupRatio * disk,
      path: [...origin, 'disk'],
    }))
    proofs.push({
      kind: 'backup-disk',
      unit: 'bytes',
      terms,
      limit: { name: 'disk of the backups', value: backup.disk, path: [...backup.origin, 'disk'] },
    })
  }
  return proofs
}

const day = 86400

/** Backups that exist at the same time: each kind's retention divided by its interval. A month has at least 28 days. */
const backupCopies = ({ daily, weekly, monthly }: BackupPlan): number =>
  Math.ceil(daily.keep.seconds / day) + Math.ceil(weekly.keep.seconds / (7 * day)) + Math.ceil(monthly.keep.seconds / (30 * day))
