import type { Fleet, Service } from '../../fleet/types.ts'
import { OperationError } from '../../io/operation-error.ts'
import { seedFleet } from '../../runtime/seed/seed-fleet.ts'
import type { Context } from '../context.ts'
import { type ExitCode, exitCode } from '../exit-codes.ts'
import { interruption } from '../interruption.ts'
import { named } from '../ops.ts'
import { openRunning, type RunningOptions } from '../running-fleet.ts'
import { fits } from '../runtime-options.ts'
import { seedProgress } from '../seed-progress.ts'
import { seedJson, seedReport } from '../seed-report.ts'

type Options = RunningOptions & { services: readonly string[]; scale: number; until?: Date }

/** Exit code 3 when a service was not filled. */
export async function run(options: Options, context: Context): Promise<ExitCode> {
  if (!fits(options, context)) return exitCode.usage
  const running = await openRunning(options, context)
  if (!running) return exitCode.findings
  const services = seededServices(running.fleet, options.services, context)
  if (!services) return exitCode.usage
  const range = { scale: options.scale, until: (options.until ?? lastMidnight(context.now())).toISOString() }
  context.err(`Scale ${range.scale}; time ends at ${range.until.slice(0, 10)}, midnight UTC.\n`)
  const interrupted = interruption()
  const progress = seedProgress(
    services.map(({ key }) => key),
    context,
  )
  try {
    const results = await seedFleet(services, { access: running.access, range, signal: interrupted.signal, onProgress: progress.show })
    progress.end()
    context.out(options.json ? seedJson(range, results) : seedReport(results, context.colorsOut))
    return results.every(({ state }) => state === 'seeded') ? exitCode.clean : exitCode.failed
  } finally {
    progress.end()
    interrupted.end()
  }
}

/** Those that are named, or all that have seed files. Undefined after saying which is none of them. */
function seededServices({ services }: Fleet, keys: readonly string[], context: Context): readonly Service[] | undefined {
  const seeded = services.filter(({ seedFolder }) => seedFolder !== undefined)
  if (seeded.length === 0)
    throw new OperationError('seed-missing', 'no service has seed files', 'Name their folder under `seed` of a service in services.yaml.')
  if (keys.length === 0) return seeded
  const found = keys.map((key) => named('service with seed files', key, seeded, (service) => service.key, context))
  return found.includes(undefined) ? undefined : seeded.filter((service) => found.includes(service))
}

const dayLength = 86_400_000

const lastMidnight = (now: Date): Date => new Date(Math.floor(now.getTime() / dayLength) * dayLength)
