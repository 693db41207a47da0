import { opsHost } from '../../fleet/container-names.ts'
import { dockerLines, tryDocker } from '../../io/docker.ts'
import { OperationError } from '../../io/operation-error.ts'
import type { ComposeConfig } from './config.ts'
import { type ComposeProject, composeArguments } from './project.ts'

/** An image that the fleet builds, and a service of the compose file that has it. */
export type FleetImage = { readonly image: string; readonly composeService: string }

/**
 * Images to build: those that the engine does not have. Their names change with their content, so one that is there is the right one; but
 * that of ops holds pgfleet itself, which its name does not tell: it is built each time, in a second when nothing changed.
 */
export async function imagesToBuild({ services }: ComposeConfig): Promise<FleetImage[]> {
  const built = new Map(
    Object.entries(services).flatMap(([composeService, { image, build }]) => (image && build ? [[image, composeService] as const] : [])),
  )
  if (built.size === 0) return []
  const { stdout } = await tryDocker(['image', 'inspect', '--format', '{{join .RepoTags "\\n"}}', ...built.keys()])
  const there = new Set(stdout.split('\n'))
  return [...built]
    .filter(([image, name]) => name === opsHost || !there.has(image))
    .map(([image, composeService]) => ({ image, composeService }))
}

/** Builds an image; `onLine` gets what the builder says. Throws `image-build` with its last lines. */
export async function buildImage(
  project: ComposeProject,
  { image, composeService }: FleetImage,
  options: { readonly signal: AbortSignal; readonly onLine: (line: string) => void },
): Promise<void> {
  const last: string[] = []
  const code = await dockerLines(composeArguments(project, 'build', composeService), {
    env: project.environment,
    signal: options.signal,
    onLine(line) {
      last.splice(0, Math.max(0, last.push(line) - 12))
      options.onLine(line)
    },
  })
  if (code !== 0)
    throw new OperationError(
      'image-build',
      `the image ${image} could not be built:\n${last.join('\n')}`,
      `Again, with all it says: docker compose --file ${project.file} build ${composeService}`,
    )
}
