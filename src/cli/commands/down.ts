import { down } from '../../runtime/embedded/down.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { shownPath, stateDirOf } from '../state-dir.ts'

export async function run({ file, state, json }: { file: string; state?: string; json: boolean }, context: Context): Promise<ExitCode> {
  const { out, err, colorsErr } = context
  const folder = stateDirOf(file, state, context)
  const stopped = await down(folder)
  if (json) out(`${JSON.stringify(stopped, null, 2)}\n`)
  else if (stopped.run)
    err(`${colorsErr.green('ok')} the run of process ${stopped.run.pid} is stopped; its data stays in ${shownPath(context, folder)}\n`)
  else if (stopped.leftBehind.length)
    err(`${colorsErr.green('ok')} stopped what a killed run left behind: ${stopped.leftBehind.join(', ')}\n`)
  else err(`nothing is running in ${shownPath(context, folder)}\n`)
  return exitCode.clean
}
