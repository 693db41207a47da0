import { CommanderError } from 'commander'
import type { OpsTask } from '../fleet/ops.ts'
import { runTask } from '../runtime/ops/run-task.ts'
import { type Context, processContext } from './context.ts'
import { type ExitCode, exitCode } from './exit-codes.ts'
import { printFailure } from './failure.ts'
import { createProgram } from './program.ts'
import { secondsText } from './quantities.ts'

/**
 * Runs a task of the crontab in this process, unless its last run is still on, and records how it went. Every line that it says carries
 * its name: they go into one log.
 */
export async function runRecorded(state: string, task: OpsTask, context: Context): Promise<ExitCode> {
  const started = context.now()
  const code = await runTask(state, task, context.now, () => runWords(task, context))
  const say = (text: string) => context.err(`${task.name} | ${text}\n`)
  if (code === undefined) {
    say('not run: the run before is still on')
    return exitCode.failed
  }
  const took = secondsText((context.now().getTime() - started.getTime()) / 1000)
  say(code === exitCode.clean ? `done in ${took}` : `failed with exit code ${code} after ${took}`)
  return code
}

async function runWords({ name, args }: OpsTask, context: Context): Promise<ExitCode> {
  let code: ExitCode = exitCode.clean
  const out = byLine(name, context.out)
  const err = byLine(name, context.err)
  const program = createProgram(
    (given) => {
      code = given
    },
    (options) => ({ ...processContext(options), out: out.write, err: err.write, interactive: false }),
  )
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) code = exitCode.usage
    else {
      printFailure(error, err.write)
      code = exitCode.failed
    }
  }
  out.end()
  err.end()
  return code
}

/** Hands on whole lines, each behind the name. */
function byLine(name: string, write: (text: string) => void): { write: (text: string) => void; end: () => void } {
  let rest = ''
  return {
    write: (text) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) write(`${name} | ${line}\n`)
    },
    end: () => {
      if (rest !== '') write(`${name} | ${rest}\n`)
      rest = ''
    },
  }
}
