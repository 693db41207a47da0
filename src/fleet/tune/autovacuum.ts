import type { Workload } from '../types.ts'
import { count, type TuningGroup, word } from './tuning.ts'

/** Share of a table that may be dead before vacuum and before analyze run. PostgreSQL's defaults are 0.2 and 0.1. */
const scale: Readonly<Record<Workload, readonly [vacuum: string, analyze: string, why: string]>> = {
  oltp: ['0.05', '0.02', 'hot tables stay small'],
  ledger: ['0.05', '0.02', 'hot tables stay small'],
  queue: ['0.01', '0.01', 'a queue turns over many times a day'],
  search: ['0.1', '0.05', 'read mostly'],
  timeseries: ['0.05', '0.02', 'large tables are visited before they are large work'],
  analytics: ['0.1', '0.05', 'read mostly'],
}

export const autovacuum: TuningGroup = {
  title: 'Autovacuum',
  *tune({ cpus, workload }) {
    yield count('autovacuum_max_workers', cpus >= 32 ? 5 : cpus >= 16 ? 4 : 3, '3, from 16 processors 4, from 32 processors 5')
    yield word(
      'autovacuum_naptime',
      workload === 'queue' ? '15s' : '1min',
      workload === 'queue' ? 'a queue fills with dead rows within seconds' : 'PostgreSQL default',
    )
    const [vacuum, analyze, why] = scale[workload]
    yield word('autovacuum_vacuum_scale_factor', vacuum, why)
    yield word('autovacuum_analyze_scale_factor', analyze, why)
    yield count('vacuum_cost_limit', 2000, 'the default of 200 is for spinning disks')
  },
}
