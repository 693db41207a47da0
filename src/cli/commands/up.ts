import { generate } from '../../compile.ts'
import { embeddedTarget } from '../../fleet/targets.ts'
import { choosePooler } from '../../runtime/embedded/pooler-choice.ts'
import { openStateFolder } from '../../runtime/embedded/state-folder.ts'
import { type UpResult, up } from '../../runtime/embedded/up.ts'
import { bootProgress } from '../boot-progress.ts'
import { bootJson, bootReport } from '../boot-report.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { interruption } from '../interruption.ts'
import { load } from '../load.ts'
import { printFindings } from '../print-findings.ts'
import { fits, type RuntimeOptions } from '../runtime-options.ts'
import { shownPath, stateDirOf } from '../state-dir.ts'

type Options = RuntimeOptions & {
  once: boolean
  fresh: boolean
  portOffset: number
  state?: string
  out?: string
  secrets?: string
  json: boolean
}

export async function run(options: Options, context: Context): Promise<ExitCode> {
  if (!fits(options, context)) return exitCode.usage
  return options.runtime === 'compose' ? (await import('../compose/up.ts')).run(options, context) : runEmbedded(options, context)
}

async function runEmbedded({ file, once, fresh, portOffset, state: stateOption, json }: Options, context: Context): Promise<ExitCode> {
  const { env, err, out, colorsErr } = context
  const interrupted = interruption()
  try {
    const state = await openStateFolder(stateDirOf(file, stateOption, context))
    const pooler = await choosePooler({ named: env['PGFLEET_PGBOUNCER'] || undefined, path: env['PATH'] ?? '' }, state.user)
    const loaded = await load(file, () => embeddedTarget({ stateDir: state.alias, portOffset, pooler }), context)
    if (!json || !loaded.fleet) printFindings(loaded, json ? 'json' : 'pretty', context)
    if (!loaded.fleet) return exitCode.findings

    const { fleet } = loaded
    const progress = bootProgress(
      fleet.services.map(({ key }) => key),
      context,
    )
    const result = await up({
      fleet,
      artifacts: async () => generate(fleet, (await import('../../../generators/index.ts')).allGenerators),
      state,
      cacheDir: context.cacheDir,
      fresh,
      signal: interrupted.signal,
      now: context.now,
      onProgress: progress.show,
    })
    progress.end()
    try {
      const shown = { ...result, passfile: shownPath(context, result.passfile), serviceFile: shownPath(context, result.serviceFile) }
      out(json ? bootJson(shown) : bootReport(shown, context.colorsOut))
      if (!once) await stayUp(result, interrupted, context)
    } finally {
      interrupted.onAgain(() => void result.stop('immediate'))
      if (!once) err('Stopping all databases ...\n')
      await result.stop()
    }
    if (!once) err(`${colorsErr.green('ok')} all databases are stopped; their data stays in ${shownPath(context, state.path)}\n`)
    return result.healthy ? exitCode.clean : exitCode.failed
  } catch (error) {
    if (!interrupted.signal.aborted) throw error
    err('Interrupted: everything that was started is stopped.\n')
    return exitCode.failed
  } finally {
    interrupted.end()
  }
}

/** Until Ctrl-C or SIGTERM. */
async function stayUp({ healthy }: UpResult, { signal }: ReturnType<typeof interruption>, { err, colorsErr }: Context): Promise<void> {
  err(
    healthy
      ? `\nAll databases are up. ${colorsErr.bold('Ctrl-C')} stops them.\n`
      : `\nSome databases are not healthy; the others are up. ${colorsErr.bold('Ctrl-C')} stops them.\n`,
  )
  if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done, { once: true }))
}
