import { type ComposeConfig, type ConfiguredService, configHashes } from '../config.ts'
import type { Container } from '../containers.ts'
import { type ComposeProject, composeArguments } from '../project.ts'

/** A container that is not what the compose file says, and in what. */
export type Outdated = { readonly container: string; readonly why: string }

/** Containers that `up` would make, or make anew. */
export async function outdatedContainers(
  project: ComposeProject,
  { services }: ComposeConfig,
  present: readonly Container[],
): Promise<Outdated[]> {
  const hashes = await configHashes(composeArguments(project, 'config'), project.environment)
  const byService = new Map(present.map((container) => [container.composeService, container]))
  return Object.entries(services).flatMap(([name, service]) => {
    const container = byService.get(name)
    if (!container) return [{ container: service.container_name ?? name, why: 'it does not exist yet' }]
    const why = container.configHash === hashes.get(name) ? undefined : difference(container, service)
    return why === undefined ? [] : [{ container: container.name, why }]
  })
}

/** What people look for first; Compose itself compares hashes only. */
export function difference(container: Pick<Container, 'image' | 'memory'>, { image, mem_limit }: ConfiguredService): string {
  const found = [
    ...(image !== undefined && image !== container.image ? [`its image is ${container.image}, and the compose file has ${image}`] : []),
    ...(mem_limit !== undefined && Number(mem_limit) !== container.memory
      ? [`its memory limit is ${container.memory} bytes, and the compose file has ${mem_limit}`]
      : []),
  ]
  return found.length > 0 ? found.join('; ') : 'its definition in the compose file changed (ports, networks, limits, variables or mounts)'
}
