import { table } from '../../report/table.ts'
import { status } from '../../runtime/embedded/status.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { shownPath, stateDirOf } from '../state-dir.ts'

/** Exit code 3: a run is on, and a server of it is not. */
export async function run({ file, state, json }: { file: string; state?: string; json: boolean }, context: Context): Promise<ExitCode> {
  const { out, err, colorsOut } = context
  const folder = stateDirOf(file, state, context)
  const found = await status(folder)
  const missing = found.services.filter(({ pid }) => pid === undefined)
  if (json) out(`${JSON.stringify(found, null, 2)}\n`)
  else {
    if (found.run) err(`process ${found.run.pid} runs this fleet since ${found.run.since}\n`)
    else if (missing.length < found.services.length)
      err(`a killed run left servers in ${shownPath(context, folder)}; \`pgfleet up\` starts the fleet anew, \`pgfleet down\` stops them\n`)
    else err(`nothing runs in ${shownPath(context, folder)}; \`pgfleet up\` starts the fleet\n`)
    const rows = found.services.map(({ service, pid }) => [
      service,
      pid === undefined ? 'stopped' : 'running',
      pid === undefined ? '-' : String(pid),
    ])
    const paint = (cell: string, row: number) => (row === 0 ? colorsOut.bold(cell) : cell === 'running' ? colorsOut.green(cell) : cell)
    if (rows.length) out(table([['SERVICE', 'SERVER', 'PROCESS'], ...rows], paint))
  }
  return found.run && missing.length ? exitCode.failed : exitCode.clean
}
