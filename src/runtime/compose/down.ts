import { docker } from '../../io/docker.ts'
import { readComposeConfig } from './config.ts'
import { projectContainers } from './containers.ts'
import { composeArguments, composeEnvironment } from './project.ts'

type Environment = Readonly<Record<string, string | undefined>>

export type DownResult = { readonly project: string; readonly removed: readonly string[]; readonly volumesRemoved: boolean }

/**
 * Stops and removes all containers of a project and its networks, those too that the compose file does not have any more. The volumes,
 * which hold the data, go only when asked for. Needs the compose file alone: services.yaml may be broken by then.
 */
export async function composeDown(
  file: string,
  environment: Environment,
  { volumes, signal }: { readonly volumes: boolean; readonly signal: AbortSignal },
): Promise<DownResult> {
  const { name } = await readComposeConfig(file, environment)
  const before = await projectContainers(name, signal)
  const options = ['down', '--remove-orphans', ...(volumes ? ['--volumes'] : [])]
  // The profiles of applications: they are stopped with the databases that they use.
  const args = composeArguments({ file, name }, '--progress', 'quiet', '--profile', '*', ...options)
  await docker(args, { env: composeEnvironment(environment), signal })
  return { project: name, removed: before.map((container) => container.name), volumesRemoved: volumes }
}
