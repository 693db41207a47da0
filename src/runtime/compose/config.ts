import { existsSync } from 'node:fs'
import { docker } from '../../io/docker.ts'
import { OperationError } from '../../io/operation-error.ts'
import { composeEnvironment } from './project.ts'

/** A compose file as Compose itself resolves it. */
export type ComposeConfig = {
  /** Name of the project. */
  readonly name: string
  /** By the name of the Compose service. */
  readonly services: Readonly<Record<string, ConfiguredService>>
  readonly volumes?: Readonly<Record<string, unknown>>
}

export type ConfiguredService = {
  readonly container_name?: string
  readonly image?: string
  readonly build?: unknown
  readonly environment?: Readonly<Record<string, string | null>>
  readonly mem_limit?: string
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
}

/** Reads a compose file with these variables. Needs no engine and no services.yaml. Throws `not-generated` where there is no file. */
export async function readComposeConfig(file: string, environment: Readonly<Record<string, string | undefined>>): Promise<ComposeConfig> {
  if (!existsSync(file)) throw new OperationError('not-generated', `there is no ${file}`, '`pgfleet generate` makes it.')
  const env = composeEnvironment(environment)
  return JSON.parse(await docker(['compose', '--file', file, 'config', '--format', 'json'], { env }))
}

/** The key of the database service that a container belongs to, undefined for those of the whole fleet. */
export const serviceKey = ({ environment }: ConfiguredService): string | undefined => environment?.['PGFLEET_SERVICE'] ?? undefined

/** The keys of all database services. */
export const serviceKeys = ({ services }: ComposeConfig): string[] => [
  ...new Set(Object.values(services).flatMap((service) => serviceKey(service) ?? [])),
]

/** The hash that Compose labels a container of each service with: another one means that `up` makes the container anew. */
export async function configHashes(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Map<string, string>> {
  const text = await docker([...args, '--hash', '*'], { env })
  return new Map(
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  )
}
