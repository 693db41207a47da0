// What the commands of the ops container share. In it they do their work; elsewhere they are handed to it.
import { resolve } from 'node:path'
import { opsContainerName } from '../fleet/container-names.ts'
import type { OpsFleet, OpsService } from '../fleet/ops.ts'
import { dockerLines, tryDocker } from '../io/docker.ts'
import { OperationError } from '../io/operation-error.ts'
import type { AccessFiles } from '../runtime/ops/access.ts'
import { readOpsFleet } from '../runtime/ops/fleet-file.ts'
import { didYouMean } from '../suggest.ts'
import type { Context } from './context.ts'
import { type ExitCode, exitCode } from './exit-codes.ts'
import { interruption } from './interruption.ts'

/** The generated file; a relative path counts from the current folder. */
export const readFleet = (file: string, { cwd }: Context): Promise<OpsFleet> => readOpsFleet(resolve(cwd, file), file)

/** Does the work in the ops container, where the image sets PGFLEET_OPS; elsewhere runs `pgfleet` with these words in there. */
export async function inOps(
  { fleet: name }: OpsFleet,
  words: readonly string[],
  context: Context,
  work: (signal: AbortSignal) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { env, out, err } = context
  const interrupted = interruption()
  try {
    if (env['PGFLEET_OPS'] === '1') return await work(interrupted.signal)
    const container = opsContainerName(env['PGFLEET_PREFIX'] || name)
    await mustRun(container)
    const onLine = (line: string, stream: 'stdout' | 'stderr') => (stream === 'stdout' ? out : err)(`${line}\n`)
    const code = await dockerLines(['exec', container, 'pgfleet', ...words], { onLine, signal: interrupted.signal })
    return Object.values(exitCode).find((known) => known === code) ?? exitCode.failed
  } catch (error) {
    if (interrupted.signal.aborted && !(error instanceof OperationError)) {
      err('Interrupted: what was started in the ops container goes on there.\n')
      return exitCode.failed
    }
    throw error
  } finally {
    interrupted.end()
  }
}

async function mustRun(container: string) {
  const { code, stdout } = await tryDocker(['container', 'inspect', '--format', '{{.State.Running}}', container])
  if (code !== 0 || stdout.trim() !== 'true')
    throw new OperationError(
      'ops-down',
      `the ops container ${container} does not run: it alone reaches the servers as pgfleet does its work`,
      'Start it with `pgfleet up --runtime compose`.',
    )
}

/** A folder that the image of the ops container names in a variable. */
export function opsFolder(variable: 'PGFLEET_STATE' | 'PGFLEET_BACKUPS', { env, cwd }: Context): string {
  const value = env[variable]
  if (value) return resolve(cwd, value)
  throw new OperationError('environment', `${variable} is not set`, 'The image of the ops container sets it.')
}

/** What this process proves itself with to a server. */
export function accessFiles({ env, cwd }: Context): AccessFiles {
  const file = (variable: string) => {
    const value = env[variable]
    if (value) return resolve(cwd, value)
    throw new OperationError('environment', `${variable} is not set`, 'The image of the ops container sets it.')
  }
  return { passfile: file('PGPASSFILE'), authority: file('PGSSLROOTCERT') }
}

/** The item of this name; undefined after saying that there is none, which is wrong usage. */
export function named<Item>(
  what: string,
  name: string,
  items: readonly Item[],
  nameOf: (item: Item) => string,
  { err }: Context,
): Item | undefined {
  const found = items.find((item) => nameOf(item) === name)
  if (found === undefined) {
    const names = items.map(nameOf)
    const otherwise = names.length > 0 ? `there are ${names.join(', ')}` : 'there is none'
    err(`error: there is no ${what} ${JSON.stringify(name)}\n  help: ${didYouMean(name, names, otherwise)}\n`)
  }
  return found
}

/** The services of these keys, all when none is named; undefined after saying which one there is not. */
export function servicesOf({ services }: OpsFleet, keys: readonly string[], context: Context): readonly OpsService[] | undefined {
  if (keys.length === 0) return services
  const found = keys.map((key) => named('service', key, services, (service) => service.key, context))
  return found.includes(undefined) ? undefined : services.filter((service) => found.includes(service))
}
