import { readComposeConfig } from '../../runtime/compose/config.ts'
import { composeUp } from '../../runtime/compose/up.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { interruption } from '../interruption.ts'
import { openProject, type ProjectOptions } from './open-project.ts'
import { containerProgress } from './progress.ts'
import { upJson, upReport } from './up-report.ts'

/** Exit code 0 when all are healthy, otherwise 3; the containers go on in both cases. */
export async function run(options: ProjectOptions, context: Context): Promise<ExitCode> {
  const opened = await openProject(options, { fresh: true }, context)
  if (!opened) return exitCode.findings
  const { fleet, project } = opened
  const { services } = await readComposeConfig(project.file, project.environment)
  const progress = containerProgress(
    Object.entries(services).map(([name, { container_name }]) => container_name ?? name),
    context,
  )
  const interrupted = interruption()
  try {
    const result = await composeUp({ fleet, project, signal: interrupted.signal, onProgress: progress.show })
    progress.end()
    context.out(options.json ? upJson(result, project) : upReport(result, project, context))
    return result.healthy ? exitCode.clean : exitCode.failed
  } catch (error) {
    progress.end()
    if (!interrupted.signal.aborted) throw error
    context.err(
      '\nInterrupted: containers that were started go on. `pgfleet up --runtime compose` starts the rest, `pgfleet down --runtime compose` stops all.\n',
    )
    return exitCode.failed
  } finally {
    interrupted.end()
  }
}
