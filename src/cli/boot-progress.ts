import { type DefaultRenderer, Listr, type ListrTaskWrapper, type SimpleRenderer } from 'listr2'
import type { Progress, ServiceState } from '../runtime/embedded/progress.ts'
import type { Context } from './context.ts'

type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>
type Row = { readonly settled: Promise<void>; readonly settle: (reason?: string) => void; task?: Task }

const words: Readonly<Record<ServiceState, string>> = {
  preparing: 'preparing its data directory',
  starting: 'starting the server',
  initialising: 'applying its SQL',
  checking: 'reading its settings back',
  healthy: 'healthy',
  failed: 'failed',
  ended: 'ended',
}

/** A line per service that changes while it boots, on a terminal; elsewhere only what goes wrong is said. */
export function bootProgress(
  services: readonly string[],
  { interactive, err, colorsErr }: Context,
): { show: (event: Progress) => void; end: () => void } {
  const rows = new Map(services.map((service) => [service, row()]))
  const tasks = [...rows].map(([service, one]) => ({
    title: service,
    task: (_: unknown, task: Task) => {
      one.task = task
      return one.settled
    },
  }))
  const list = new Listr(tasks, {
    concurrent: true,
    exitOnError: false,
    renderer: 'default',
    rendererOptions: { collapseErrors: false },
    registerSignalListeners: false,
  })
  if (interactive) void list.run().catch(() => {})
  let running = true

  return {
    show(event) {
      if (event.kind === 'step') err(`${colorsErr.dim(event.message)}\n`)
      else if (event.state === 'ended') err(`${colorsErr.red('ended')} ${event.service}: ${event.reason ?? 'its server stopped'}\n`)
      else if (running && interactive) update(rows.get(event.service)!, event.service, event)
      else if (event.state === 'failed') err(`${colorsErr.red('failed')} ${event.service}: ${event.reason ?? ''}\n`)
    },
    end() {
      running = false
      for (const { settle } of rows.values()) settle()
    },
  }
}

function row(): Row {
  let settle: Row['settle'] = () => {}
  const settled = new Promise<void>((resolve, reject) => {
    settle = (reason) => (reason === undefined ? resolve() : reject(new Error(reason)))
  })
  return { settled, settle: (reason) => settle(reason) }
}

function update({ task, settle }: Row, service: string, { state, reason }: Extract<Progress, { kind: 'service' }>): void {
  if (task) task.title = `${service}: ${words[state]}`
  if (state === 'healthy') settle()
  if (state === 'failed') settle(`${service}: ${reason ?? 'failed'}`)
}
