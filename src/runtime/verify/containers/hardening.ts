import type { ConfiguredContainer, InspectedContainer } from './project-facts.ts'

/** What the compose file says of a container's rights and limits. */
export function configuredRights(container: ConfiguredContainer): ReadonlyMap<string, string> {
  const { user = '', read_only: readOnly = false, privileged = false } = container
  return new Map([
    ['user', user],
    ['root file system', readOnly ? 'read-only' : 'writable'],
    ['privileged', String(privileged)],
    ['dropped capabilities', listText(container.cap_drop)],
    ['added capabilities', listText(container.cap_add)],
    ['security options', listText(container.security_opt)],
    ['devices', '0'],
    ['namespaces of the host', 'none'],
    ['memory limit', container.mem_limit ?? '0'],
    ['memory and swap limit', container.memswap_limit ?? '0'],
    ['CPU period', String(container.cpu_period ?? 0)],
    ['CPU quota', String(container.cpu_quota ?? 0)],
    [
      'limits of files',
      ulimitText(
        Object.entries(container.ulimits ?? {}).map(([name, limit]) =>
          typeof limit === 'number' ? [name, limit, limit] : [name, limit.soft, limit.hard],
        ),
      ),
    ],
    ...(container.shm_size === undefined ? [] : ([['/dev/shm', container.shm_size]] as const)),
  ])
}

/** The same as the engine has it; `like` says which of it is asked for. */
export function actualRights(
  { Config, HostConfig: host }: InspectedContainer,
  like: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const shared = Object.entries({ PID: host.PidMode, IPC: host.IpcMode, network: host.NetworkMode }).filter(([, mode]) =>
    /^(host|container:)/.test(mode),
  )
  const all: readonly (readonly [string, string])[] = [
    ['user', Config.User],
    ['root file system', host.ReadonlyRootfs ? 'read-only' : 'writable'],
    ['privileged', String(host.Privileged)],
    ['dropped capabilities', listText(host.CapDrop)],
    ['added capabilities', listText(host.CapAdd)],
    ['security options', listText(host.SecurityOpt)],
    ['devices', String(host.Devices?.length ?? 0)],
    ['namespaces of the host', shared.map(([name]) => name).join(', ') || 'none'],
    ['memory limit', String(host.Memory)],
    ['memory and swap limit', String(host.MemorySwap)],
    ['CPU period', String(host.CpuPeriod)],
    ['CPU quota', String(host.CpuQuota)],
    ['limits of files', ulimitText((host.Ulimits ?? []).map(({ Name, Soft, Hard }) => [Name, Soft, Hard]))],
    ['/dev/shm', String(host.ShmSize)],
  ]
  return new Map(all.filter(([name]) => like.has(name)))
}

/** Newer engines put CAP_ before the names of capabilities. */
const listText = (list: readonly string[] | null | undefined): string =>
  [...(list ?? [])]
    .map((name) => name.replace(/^CAP_/, ''))
    .sort()
    .join(', ') || 'none'

const ulimitText = (limits: readonly (readonly [name: string, soft: number, hard: number])[]): string =>
  limits
    .map(([name, soft, hard]) => `${name} ${soft}:${hard}`)
    .sort()
    .join(', ') || 'none'
