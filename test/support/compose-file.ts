import { readCompose } from '../readers-of-containers.ts'

/** What of a compose file tests look at. */
type Mount = string | { source: string; target: string; read_only: boolean; bind: { create_host_path: boolean } }
export type Container = {
  image: string
  build?: { context: string; dockerfile: string; args: Record<string, string> }
  container_name: string
  hostname: string
  user: string
  read_only: boolean
  cap_drop: string[]
  cap_add: string[]
  security_opt: string[]
  command: string[]
  environment: Record<string, string>
  env_file: string[]
  profiles?: string[]
  mem_limit: string
  memswap_limit: string
  shm_size: string
  cpu_period: number
  cpu_quota: number
  ulimits: { nofile: number }
  stop_signal: string
  ports: string[]
  networks: Record<string, { ipv4_address?: string }> | string[]
  extra_hosts: Record<string, string>
  volumes: Mount[]
  depends_on: Record<string, { condition: string }>
  tmpfs: string[]
}
type Network = { internal?: boolean; driver_opts?: object; ipam: { config: { subnet: string; ip_range?: string; gateway?: string }[] } }
export type ComposeFile = {
  name: string
  services: Record<string, Container>
  networks: Record<string, Network>
  volumes: Record<string, object>
}

/** A compose file as Compose sees it. */
export const composeFileOf = (text: string, variables: Readonly<Record<string, string>> = {}): ComposeFile =>
  interpolated(readCompose(text) as ComposeFile, variables)

/**
 * What Compose makes of a parsed file: in every string, variables are replaced by what is set or by their defaults, and `$$` by `$`.
 * https://docs.docker.com/reference/compose-file/interpolation/
 */
function interpolated<T>(value: T, variables: Readonly<Record<string, string>>): T {
  const replaced = (part: unknown): unknown => {
    if (typeof part === 'string')
      return part.replace(/\$(?:(\$)|\{(\w+):-([^{}]*)\})/g, (_, dollar, name, otherwise) =>
        dollar ? '$' : (variables[name] ?? otherwise),
      )
    if (Array.isArray(part)) return part.map(replaced)
    return part && typeof part === 'object' ? Object.fromEntries(Object.entries(part).map(([key, each]) => [key, replaced(each)])) : part
  }
  return replaced(value) as T
}
