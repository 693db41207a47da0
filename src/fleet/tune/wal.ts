import type { Bytes, Workload } from '../types.ts'
import { GiB, MiB } from '../units.ts'
import { bytes, type TuningGroup, word } from './tuning.ts'

/** WAL between checkpoints by kind of work, after pgtune (web 4, oltp 8, dw 16 GB). */
const maxWal: Readonly<Record<Workload, Bytes>> = {
  oltp: 8 * GiB,
  ledger: 8 * GiB,
  queue: 8 * GiB,
  search: 4 * GiB,
  timeseries: 16 * GiB,
  analytics: 16 * GiB,
}
/** PostgreSQL refuses less than two segments of 16 MB. */
const smallestMaxWal = 128 * MiB
/** pgtune ignores the disk; a small one would fill with WAL. */
const diskShare = 10

export const wal: TuningGroup = {
  title: 'WAL and checkpoints',
  *tune({ workload, disk, takes }, number) {
    const wanted = maxWal[workload]
    const most = disk > 0 ? Math.max(smallestMaxWal, Math.floor(disk / diskShare / MiB) * MiB) : wanted
    yield bytes(
      'max_wal_size',
      Math.min(wanted, most),
      most < wanted ? 'a tenth of the disk' : `room between checkpoints for ${workload} work`,
    )
    yield bytes(
      'min_wal_size',
      Math.max(32 * MiB, Math.floor(number('max_wal_size') / 4 / MiB) * MiB),
      'a quarter of max_wal_size stays for reuse',
    )
    yield word('checkpoint_timeout', '15min', 'fewer full page images than with 5min; recovery takes minutes at most')
    yield word('checkpoint_completion_target', '0.9', 'checkpoints write evenly (PostgreSQL default)')
    const codec = takes('wal_compression', 'lz4') ? 'lz4' : 'pglz'
    yield word(
      'wal_compression',
      codec,
      codec === 'lz4' ? 'full page images shrink at little cost' : 'full page images shrink; this build has no lz4',
    )
    yield word('wal_level', 'replica', 'enough for backups and standbys')
  },
}
