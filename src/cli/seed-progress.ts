import { visible } from '../report/visible.ts'
import type { SeedProgress } from '../runtime/seed/progress.ts'
import type { Context } from './context.ts'
import { type ProgressRows, progressRows } from './progress-rows.ts'
import { countText, secondsText } from './quantities.ts'
import { perSecond } from './seed-report.ts'

/** A line per service that changes while its statements run, on a terminal; elsewhere a line for each table that is filled. */
export function seedProgress(
  services: readonly string[],
  { interactive, err, colorsErr }: Context,
): { show: (event: SeedProgress) => void; end: () => void } {
  let rows: ProgressRows | undefined
  return {
    show(event) {
      const { service, step } = event
      if (interactive) {
        // Not before there is something to show: what is refused is said without rows.
        rows ??= progressRows(services)
        rows.update(service, words(event))
        if (step === 'seeded') rows.settle(service)
        if (step === 'failed') rows.settle(service, `${service}: ${firstLine(event.reason)}`)
      } else if (step === 'filled') err(`${service}: ${filled(event)}\n`)
      else if (step === 'seeded') err(`${colorsErr.green('ok')} ${service}: ${soFar(event)}\n`)
      else if (step === 'failed') err(`${colorsErr.red('failed')} ${service}: ${firstLine(event.reason)}\n`)
    },
    end: () => rows?.end(),
  }
}

function words(event: SeedProgress): string {
  switch (event.step) {
    case 'waiting':
      return 'waits for the others'
    case 'statement':
      return `${event.at}/${event.of} ${visible(event.table ?? 'sequences')}${event.rows > 0 ? ` (so far ${soFar(event)})` : ''}`
    case 'filled':
      return filled(event)
    case 'constraints':
      return `checking constraints (${soFar(event)})`
    case 'analyzing':
      return `VACUUM (ANALYZE) (${soFar(event)})`
    case 'seeded':
      return soFar(event)
    case 'failed':
      return firstLine(event.reason)
  }
}

const filled = ({ table, tableRows: rows, tableSeconds: seconds }: Extract<SeedProgress, { step: 'filled' }>): string =>
  `${visible(table)}: ${soFar({ rows, seconds })}`

const soFar = ({ rows, seconds }: Pick<SeedProgress, 'rows' | 'seconds'>): string =>
  `${countText(rows)} rows in ${secondsText(seconds)}, ${countText(perSecond({ rows, seconds }))} rows/s`

/** The rest stands in the report. */
const firstLine = (text: string): string => visible(text.split('\n', 1)[0] ?? '')
