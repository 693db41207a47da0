import { type DefaultRenderer, Listr, ListrLogger, type ListrTaskWrapper, ProcessOutput, type SimpleRenderer } from 'listr2'

type Task = ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof SimpleRenderer>
type Row = { readonly settled: Promise<void>; readonly settle: (reason?: string) => void; task?: Task }

export type ProgressRows = {
  readonly update: (name: string, text: string) => void
  /** The row is done; a reason says why it failed. */
  readonly settle: (name: string, reason?: string) => void
  readonly end: () => void
}

/** A line per name at the bottom of a terminal, each with something that turns until it is settled. */
export function progressRows(names: readonly string[]): ProgressRows {
  const rows = new Map(names.map((name) => [name, row()]))
  const tasks = [...rows].map(([name, one]) => ({
    title: name,
    task: (_: unknown, task: Task) => {
      one.task = task
      return one.settled
    },
  }))
  const list = new Listr(tasks, {
    concurrent: true,
    exitOnError: false,
    renderer: 'default',
    // Progress is for the terminal of the standard error; standard output may be a file, and then holds the result alone.
    rendererOptions: {
      collapseErrors: false,
      logger: new ListrLogger({ useIcons: true, processOutput: new ProcessOutput(process.stderr, process.stderr) }),
    },
    forceTTY: true,
    registerSignalListeners: false,
  })
  void list.run().catch(() => {})
  return {
    update(name, text) {
      const task = rows.get(name)?.task
      if (task) task.title = `${name}: ${text}`
    },
    settle: (name, reason) => rows.get(name)?.settle(reason),
    end() {
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
