import { createInterface } from 'node:readline/promises'
import { readComposeConfig } from '../../runtime/compose/config.ts'
import { composeDown } from '../../runtime/compose/down.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { interruption } from '../interruption.ts'
import { composeFileOf, type ProjectOptions } from './open-project.ts'

type Options = ProjectOptions & { readonly volumes: boolean; readonly yes: boolean }

export async function run(options: Options, context: Context): Promise<ExitCode> {
  const { volumes, yes, json } = options
  const { err, out, colorsErr } = context
  const file = composeFileOf(options, context)
  const interrupted = interruption()
  try {
    if (volumes && !yes) {
      const { name, volumes: all = {} } = await readComposeConfig(file, context.env)
      const what = `the volumes ${Object.keys(all).sort().join(', ')} of project ${name}`
      if (!(context.interactive && process.stdin.isTTY)) {
        err(`error: --volumes deletes ${what}; say --yes as well\n`)
        return exitCode.usage
      }
      if (!(await confirmed(`This deletes ${what} for ever.`, interrupted.signal))) {
        err('Nothing was done.\n')
        return exitCode.clean
      }
    }
    const result = await composeDown(file, context.env, { volumes, signal: interrupted.signal })
    if (json) out(`${JSON.stringify(result, null, 2)}\n`)
    else if (result.removed.length === 0 && !volumes) err(`nothing runs as project ${result.project}\n`)
    else {
      const data = volumes ? 'their volumes are deleted' : 'their data stays in its volumes'
      err(`${colorsErr.green('ok')} ${result.removed.length} containers of project ${result.project} are stopped and removed; ${data}\n`)
    }
    return exitCode.clean
  } catch (error) {
    if (!interrupted.signal.aborted) throw error
    err('Interrupted: some containers may be stopped; run it again for the rest.\n')
    return exitCode.failed
  } finally {
    interrupted.end()
  }
}

/** Asks on the terminal that progress goes to: standard output may be a file. */
async function confirmed(question: string, signal: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await terminal.question(`${question} Type yes to go on: `, { signal })).trim() === 'yes'
  } catch {
    return false
  } finally {
    terminal.close()
  }
}
