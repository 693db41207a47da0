import { docker } from '../../../io/docker.ts'
import { type ComposeProject, composeArguments } from '../../compose/project.ts'

/** A service of the compose file, as Compose resolves it. Sizes are bytes as text. */
export type ConfiguredContainer = {
  readonly user?: string
  readonly read_only?: boolean
  readonly privileged?: boolean
  readonly cap_add?: readonly string[]
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly mem_limit?: string
  readonly memswap_limit?: string
  readonly shm_size?: string
  readonly cpu_period?: number | string
  readonly cpu_quota?: number | string
  readonly ulimits?: Readonly<Record<string, number | { readonly soft: number; readonly hard: number }>>
  readonly tmpfs?: readonly string[]
  readonly volumes?: readonly { readonly type: string; readonly source?: string; readonly target: string; readonly read_only?: boolean }[]
  readonly networks?: Readonly<Record<string, { readonly ipv4_address?: string } | null>>
  readonly ports?: readonly {
    readonly host_ip?: string
    readonly target: number
    readonly published?: string
    readonly protocol?: string
  }[]
  readonly environment?: Readonly<Record<string, string | null>>
  readonly profiles?: readonly string[]
}

export type ConfiguredProject = {
  readonly services: Readonly<Record<string, ConfiguredContainer>>
  readonly networks: Readonly<
    Record<string, { readonly name: string; readonly internal?: boolean; readonly driver_opts?: Readonly<Record<string, string>> }>
  >
  readonly volumes?: Readonly<Record<string, { readonly name: string }>>
}

/** A container as `docker inspect` shows it. */
export type InspectedContainer = {
  readonly Id: string
  readonly Name: string
  /** Id of its image. */
  readonly Image: string
  readonly Config: { readonly User: string; readonly Labels: Readonly<Record<string, string>> | null }
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean
    readonly Privileged: boolean
    readonly CapAdd: readonly string[] | null
    readonly CapDrop: readonly string[] | null
    readonly SecurityOpt: readonly string[] | null
    readonly Memory: number
    readonly MemorySwap: number
    readonly ShmSize: number
    readonly CpuPeriod: number
    readonly CpuQuota: number
    readonly PidMode: string
    readonly IpcMode: string
    readonly NetworkMode: string
    readonly Devices: readonly unknown[] | null
    readonly Tmpfs?: Readonly<Record<string, string>>
    readonly Ulimits: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[] | null
  }
  readonly Mounts: readonly {
    readonly Type: string
    readonly Name?: string
    readonly Source: string
    readonly Destination: string
    readonly RW: boolean
  }[]
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly IPAMConfig: { readonly IPv4Address?: string } | null }>>
    readonly Ports: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>>
  }
}

export type InspectedNetwork = {
  readonly Name: string
  readonly Internal: boolean
  readonly Options: Readonly<Record<string, string>> | null
  readonly Containers: Readonly<Record<string, { readonly Name: string }>>
}

/** What the compose file says, and what the engine has. */
export type ProjectFacts = {
  readonly configured: ConfiguredProject
  /** By the name of the Compose service. */
  readonly containers: ReadonlyMap<string, InspectedContainer>
  readonly networks: readonly InspectedNetwork[]
}

/** Asks Compose and the engine once for everything. */
export async function projectFacts(project: ComposeProject): Promise<ProjectFacts> {
  const config = composeArguments(project, '--profile', 'applications', 'config', '--format', 'json')
  const configured = JSON.parse(await docker(config, { env: project.environment })) as ConfiguredProject
  const filter = ['--quiet', '--no-trunc', '--filter', `label=com.docker.compose.project=${project.name}`]
  const [containers, networks] = await Promise.all([
    inspected<InspectedContainer>('container', await idsOf(['ps', '--all', ...filter])),
    inspected<InspectedNetwork>('network', await idsOf(['network', 'ls', ...filter])),
  ])
  const byService = new Map(containers.map((container) => [container.Config.Labels?.['com.docker.compose.service'] ?? '', container]))
  return { configured, containers: byService, networks }
}

const idsOf = async (args: readonly string[]): Promise<string[]> => (await docker(args)).split('\n').filter((line) => line !== '')

const inspected = async <T>(type: string, ids: readonly string[]): Promise<T[]> =>
  ids.length === 0 ? [] : (JSON.parse(await docker(['inspect', '--type', type, ...ids])) as T[])
