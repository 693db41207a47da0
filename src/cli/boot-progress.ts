import type { Progress, ServiceState } from '../runtime/embedded/progress.ts'
import type { Context } from './context.ts'
import { progressRows } from './progress-rows.ts'

const words: Readonly<Record<ServiceState, string>> = {
  preparing: 'preparing its data directory',
  starting: 'starting the server',
  initialising: 'applying its SQL',
  checking: 'reading its settings back',
  pooling: 'starting its pooler',
  healthy: 'healthy',
  failed: 'failed',
  ended: 'ended',
}

/** A line per service that changes while it boots, on a terminal; elsewhere only what goes wrong is said. */
export function bootProgress(
  services: readonly string[],
  { interactive, err, colorsErr }: Context,
): { show: (event: Progress) => void; end: () => void } {
  const rows = interactive ? progressRows(services) : undefined
  let running = true

  return {
    show(event) {
      if (event.kind === 'step') err(`${colorsErr.dim(event.message)}\n`)
      else if (event.state === 'ended') err(`${colorsErr.red('ended')} ${event.service}: ${event.reason ?? 'its server stopped'}\n`)
      else if (running && rows) {
        rows.update(event.service, words[event.state])
        if (event.state === 'healthy') rows.settle(event.service)
        if (event.state === 'failed') rows.settle(event.service, `${event.service}: ${event.reason ?? 'failed'}`)
      } else if (event.state === 'failed') err(`${colorsErr.red('failed')} ${event.service}: ${event.reason ?? ''}\n`)
    },
    end() {
      running = false
      rows?.end()
    },
  }
}
