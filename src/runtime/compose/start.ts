import { tryDocker } from '../../io/docker.ts'
import { OperationError } from '../../io/operation-error.ts'
import { sideBySide } from '../side-by-side.ts'
import { type ComposeProject, composeArguments } from './project.ts'

/** Why something did not come up, by service of the compose file. */
export type StartFailures = Map<string, OperationError>

/**
 * Makes networks, volumes and containers, anew where their definition changed, without starting any. What cannot be made does not keep
 * the others from it.
 */
export async function createContainers(
  project: ComposeProject,
  composeServices: readonly string[],
  signal: AbortSignal,
): Promise<StartFailures> {
  // All at once, with what they depend on: of a container that is made without that, Compose thinks later that its definition changed.
  const failure = await create(project, composeServices, signal)
  if (!failure) return new Map()
  // The first that fails keeps Compose from going on with the others, and it does not say which one that was.
  const failures: StartFailures = new Map()
  for (const one of composeServices) {
    const own = await create(project, [one], signal)
    if (own) failures.set(one, own)
  }
  return failures
}

async function create(
  project: ComposeProject,
  composeServices: readonly string[],
  signal: AbortSignal,
): Promise<OperationError | undefined> {
  const args = composeArguments(project, '--progress', 'quiet', 'create', '--no-build', ...composeServices)
  const { code, stderr } = await tryDocker(args, { env: project.environment, signal })
  return code === 0 ? undefined : startFailure(stderr)
}

/** Starts containers; those that run are left as they are. The names are those of containers, by service of the compose file. */
export async function startContainers(containers: ReadonlyMap<string, string>, signal: AbortSignal): Promise<StartFailures> {
  const failures: StartFailures = new Map()
  await sideBySide([...containers], 4, async ([name, container]) => {
    const { code, stderr } = await tryDocker(['start', container], { signal })
    if (code !== 0) failures.set(name, startFailure(stderr))
  })
  return failures
}

/** Why the engine did not make or start a container, from what docker printed. */
export function startFailure(stderr: string): OperationError {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !/^(?:Error: failed to start containers|Run 'docker)/.test(line))
  // Engines from 25 on may say why in lines of their own, below one that ends with a colon.
  const known = lines.findLastIndex((line) => /error|failed|cannot|invalid/i.test(line))
  const reason = lines.slice(known).join(' ').trim() || 'docker gave no reason'
  return new OperationError('container-start', reason.replace(/^Error response from daemon: /, ''), hintFor(reason))
}

function hintFor(reason: string): string | undefined {
  if (/port is already allocated|address already in use/.test(reason))
    return 'Stop what holds the port, or publish on another loopback address: PGFLEET_BIND=127.0.0.2.'
  if (/pool overlaps|invalid pool request/i.test(reason))
    return 'Another network has these addresses: choose other first octets with PGFLEET_SUBNET_BASE.'
  if (/cannot assign requested address/.test(reason)) return 'PGFLEET_BIND must be an address of this machine.'
  if (/no configured subnet|does not belong to any of this network's subnets/i.test(reason))
    return 'The networks that are there have other addresses: `pgfleet down --runtime compose` first; the data stays.'
  if (/bind source path does not exist/.test(reason)) return '`pgfleet secrets init` makes missing secrets.'
  return undefined
}
