import { join } from 'node:path'
import { composeTarget } from '../../fleet/targets.ts'
import { type InitResult, initSecrets } from '../../runtime/secrets/init.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { interruption } from '../interruption.ts'
import { load } from '../load.ts'
import { printFindings } from '../print-findings.ts'
import { projectOf, shellPath } from '../secrets-dir.ts'
import { shownPath } from '../state-dir.ts'

type Options = { file: string; secrets?: string; json: boolean }

/** Exit code 1: something in the folder needs a person. */
export async function run({ file, secrets, json }: Options, context: Context): Promise<ExitCode> {
  const loaded = await load(file, composeTarget, context)
  if (!loaded.fleet) {
    printFindings(loaded, json ? 'json' : 'pretty', context)
    return exitCode.findings
  }
  const { secrets: folder } = projectOf(loaded.fleet, loaded.root, secrets, context)
  const interrupted = interruption()
  try {
    const result = await initSecrets({
      folder,
      fleet: loaded.fleet,
      now: context.now,
      shown: (path) => shellPath(context, join(folder, path)),
      signal: interrupted.signal,
    })
    if (json) context.out(`${JSON.stringify({ folder, ...result }, null, 2)}\n`)
    report(result, folder, context)
    return result.findings.length ? exitCode.findings : exitCode.clean
  } catch (error) {
    if (!interrupted.signal.aborted) throw error
    context.err('Interrupted: what was made stays; run it again for the rest.\n')
    return exitCode.failed
  } finally {
    interrupted.end()
  }
}

function report({ made, kept, unused, findings }: InitResult, folder: string, context: Context) {
  const { err, colorsErr } = context
  const shown = (path: string) => shownPath(context, join(folder, path))
  const files = (count: number) => (count === 1 ? '1 file' : `${count} files`)
  const counts = [...(made.length ? [`${files(made.length)} made`] : []), ...(kept ? [`${files(kept)} kept`] : [])]
  err(`${colorsErr.green('ok')} ${shown('')}/: ${counts.join(', ')}\n`)
  if (unused.length) {
    err(`The fleet has no use for these any more; they stay until you remove them:\n`)
    for (const path of unused) err(`  ${shown(path)}\n`)
  }
  for (const { path, problem, help } of findings) err(`${colorsErr.yellow('warning')} ${shown(path)}: ${problem}\n  help: ${help}\n`)
}
