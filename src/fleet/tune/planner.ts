import type { Storage } from '../types.ts'
import { count, type TuningGroup, word } from './tuning.ts'

/** After pgtune: https://github.com/le0pard/pgtune/blob/master/src/features/configuration/configurationSlice.js */
const readAhead: Readonly<Record<Storage, number>> = { nvme: 1000, ssd: 200, hdd: 2 }

export const planner: TuningGroup = {
  title: 'Planner',
  *tune({ storage, workload }) {
    yield word(
      'random_page_cost',
      storage === 'hdd' ? '4' : '1.1',
      storage === 'hdd' ? 'a disk that seeks' : `random reads on ${storage} cost little more than sequential ones`,
    )
    yield count('effective_io_concurrency', readAhead[storage], `requests that ${storage} serves at the same time`)
    const large = workload === 'analytics'
    yield count('default_statistics_target', large ? 500 : 100, large ? 'large tables need finer statistics' : 'PostgreSQL default')
    yield word('jit', large ? 'on' : 'off', large ? 'long queries repay the compilation' : 'short queries do not repay the compilation')
  },
}
