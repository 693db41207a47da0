import { visible } from '../../report/visible.ts'
import { readComposeConfig, serviceKeys } from '../../runtime/compose/config.ts'
import { composeLogs, meant } from '../../runtime/compose/logs.ts'
import { closest } from '../../suggest.ts'
import { composeFileOf } from '../compose/open-project.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { interruption } from '../interruption.ts'

type Options = { services: string[]; file: string; out?: string; follow: boolean; tail?: number }

export async function run({ services, follow, tail, ...place }: Options, context: Context): Promise<ExitCode> {
  const { out, err, env, colorsOut } = context
  const file = composeFileOf(place, context)
  const config = await readComposeConfig(file, env)
  for (const word of services) {
    if (meant(word, config).length > 0) continue
    const near = closest(word, [...serviceKeys(config), ...Object.keys(config.services)])
    err(`error: there is no service ${word}${near ? `; did you mean ${near}?` : ''}\n`)
    return exitCode.usage
  }
  const paints = [colorsOut.cyan, colorsOut.yellow, colorsOut.green, colorsOut.magenta, colorsOut.blue]
  const names = Object.entries(config.services).map(([name, { container_name }]) => container_name ?? name)
  const width = Math.max(...names.map((name) => name.length))
  const interrupted = interruption()
  // A reader that has enough (`| head`) ends it as well.
  const closed = new AbortController()
  const close = () => closed.abort()
  process.stdout.once('error', close)
  const signal = AbortSignal.any([interrupted.signal, closed.signal])
  try {
    const code = await composeLogs(file, config.name, [...new Set(services.flatMap((word) => meant(word, config)))], env, {
      follow,
      tail,
      signal,
      onLine({ container, text }) {
        // Ctrl-C reaches Compose as well, and it says so.
        if (signal.aborted || (container === '' && text === 'canceled')) return
        if (container === '') return err(`${visible(text)}\n`)
        const paint = paints[Math.max(0, names.indexOf(container)) % paints.length]!
        out(`${paint(`${container.padEnd(width)} |`)} ${visibleLog(text)}\n`)
      },
    })
    return code === 0 ? exitCode.clean : exitCode.failed
  } catch (error) {
    // Ctrl-C is how following ends.
    if (!signal.aborted) throw error
    return exitCode.clean
  } finally {
    process.stdout.off('error', close)
    interrupted.end()
  }
}

/** PostgreSQL indents the further lines of a message with tabs. */
const visibleLog = (text: string): string => text.split('\t').map(visible).join('\t')
