import { down } from '../../runtime/embedded/down.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { fits, type RuntimeOptions } from '../runtime-options.ts'
import { shownPath, stateDirOf } from '../state-dir.ts'

type Options = RuntimeOptions & { state?: string; out?: string; volumes: boolean; yes: boolean; json: boolean }

export async function run(options: Options, context: Context): Promise<ExitCode> {
  if (!fits(options, context)) return exitCode.usage
  if (options.runtime === 'compose') return (await import('../compose/down.ts')).run(options, context)
  const { file, state, json } = options
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
