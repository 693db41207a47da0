import { table } from '../../report/table.ts'
import { status } from '../../runtime/embedded/status.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { fits, type RuntimeOptions } from '../runtime-options.ts'
import { shownPath, stateDirOf } from '../state-dir.ts'

type Options = RuntimeOptions & { state?: string; out?: string; secrets?: string; json: boolean }

/** Exit code 3: a run is on, and a server or a pooler of it is not. With compose 1: something is not well. */
export async function run(options: Options, context: Context): Promise<ExitCode> {
  if (!fits(options, context)) return exitCode.usage
  if (options.runtime === 'compose') return (await import('../compose/status.ts')).run(options, context)
  const { file, state, json } = options
  const { out, err, colorsOut } = context
  const folder = stateDirOf(file, state, context)
  const found = await status(folder)
  const missing = found.services.filter(({ pid, pooler }) => pid === undefined || (pooler && pooler.pid === undefined))
  const running = found.services.filter(({ pid, pooler }) => pid !== undefined || pooler?.pid !== undefined)
  if (json) out(`${JSON.stringify(found, null, 2)}\n`)
  else {
    if (found.run) err(`process ${found.run.pid} runs this fleet since ${found.run.since}\n`)
    else if (running.length > 0)
      err(`a killed run left servers in ${shownPath(context, folder)}; \`pgfleet up\` starts the fleet anew, \`pgfleet down\` stops them\n`)
    else err(`nothing runs in ${shownPath(context, folder)}; \`pgfleet up\` starts the fleet\n`)
    const state = (pid: number | undefined) => [pid === undefined ? 'stopped' : 'running', pid === undefined ? '-' : String(pid)]
    const pooled = found.services.some(({ pooler }) => pooler)
    const rows = found.services.map(({ service, pid, pooler }) => [
      service,
      ...state(pid),
      ...(pooler ? state(pooler.pid) : pooled ? ['-', '-'] : []),
    ])
    const titles = ['SERVICE', 'SERVER', 'PROCESS', ...(pooled ? ['POOLER', 'PROCESS'] : [])]
    const paint = (cell: string, row: number) => (row === 0 ? colorsOut.bold(cell) : cell === 'running' ? colorsOut.green(cell) : cell)
    if (rows.length) out(table([titles, ...rows], paint))
  }
  return found.run && missing.length ? exitCode.failed : exitCode.clean
}
