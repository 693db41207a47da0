import { count, type TuningGroup } from './tuning.ts'

/** pgtune leaves PostgreSQL's defaults below this: https://github.com/le0pard/pgtune/blob/master/src/features/configuration/configurationSlice.js */
const worthwhile = 4
/** PostgreSQL's default of max_worker_processes. */
const defaultWorkerProcesses = 8

/** Workers that pgtune counts: one per processor from four on. */
export const pgtuneWorkerProcesses = (cpus: number): number => (Math.floor(cpus) >= worthwhile ? Math.floor(cpus) : defaultWorkerProcesses)

export const parallel: TuningGroup = {
  title: 'Parallelism',
  *tune({ cpus, workload }) {
    const whole = Math.max(1, Math.floor(cpus))
    yield count('max_worker_processes', pgtuneWorkerProcesses(cpus), whole >= worthwhile ? 'one per processor' : 'PostgreSQL default')
    yield count('max_parallel_workers', whole, 'one per processor')
    const half = Math.ceil(whole / 2)
    const most = 'half of the processors, at most 4'
    const [gather, why] =
      whole < 2
        ? [0, 'one processor: nothing runs in parallel']
        : whole < worthwhile
          ? [1, 'fewer than four processors']
          : [Math.min(half, 4), most]
    const uncapped = workload === 'analytics' && whole >= worthwhile
    yield count('max_parallel_workers_per_gather', uncapped ? half : gather, uncapped ? 'half of the processors' : why)
    yield count('max_parallel_maintenance_workers', gather, why)
  },
}
