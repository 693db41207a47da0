import { visible } from '../../report/visible.ts'
import type { ContainerProgress, Progress } from '../../runtime/compose/progress.ts'
import type { Context } from '../context.ts'
import { type ProgressRows, progressRows } from '../progress-rows.ts'

const words: Readonly<Record<ContainerProgress, string>> = {
  waiting: 'waits for its server',
  creating: 'is being created',
  starting: 'starts',
  healthy: 'healthy',
  failed: 'failed',
}

/** A line per container that changes while it comes up, on a terminal; elsewhere a line for each step. */
export function containerProgress(
  containers: readonly string[],
  { interactive, err, colorsErr }: Context,
): { show: (event: Progress) => void; end: () => void } {
  let rows: ProgressRows | undefined
  let ended = false
  return {
    show(event) {
      if (ended) return
      if (event.kind === 'step') return err(`${event.message}\n`)
      if (event.kind === 'detail') return err(`${colorsErr.dim(`  ${visible(event.message)}`)}\n`)
      const { container, state, reason = '' } = event
      if (interactive) {
        // After the steps: what is written in between would tear the lines apart.
        rows ??= progressRows(containers)
        rows.update(container, words[state])
        if (state === 'healthy') rows.settle(container)
        if (state === 'failed') rows.settle(container, `${container}: ${firstLine(reason)}`)
      } else if (state !== 'waiting' && state !== 'creating')
        err(`${container}: ${state === 'failed' ? `failed: ${firstLine(reason)}` : words[state]}\n`)
    },
    end() {
      ended = true
      rows?.end()
    },
  }
}

/** The rest stands in the report. */
const firstLine = (text: string): string => visible(text.split('\n', 1)[0] ?? '')
