import { docker, tryDocker } from '../../io/docker.ts'

/** A container of a project as the engine has it. */
export type Container = {
  readonly id: string
  readonly name: string
  /** Its service in the compose file. */
  readonly composeService: string
  readonly image: string
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'
  /** `none` where it has no check. The engine first checks after the interval: until then it is `starting`. */
  readonly health: 'healthy' | 'unhealthy' | 'starting' | 'none'
  /** What the last failed check said. */
  readonly complaint: string
  /** Since when it is in this state, ISO 8601. */
  readonly since: string
  readonly exitCode: number
  /** Restarts by the engine since it was last started on purpose. */
  readonly restarts: number
  /** The main process was killed for lack of memory. Backends of a server that were are not seen here. */
  readonly oomKilled: boolean
  /** Hash of the definition that it was made from. */
  readonly configHash: string
  readonly memory: number
}

type Inspected = {
  readonly Id: string
  readonly Name: string
  readonly RestartCount: number
  readonly HostConfig: { readonly Memory: number }
  readonly Config: { readonly Image: string; readonly Labels: Readonly<Record<string, string>> | null }
  readonly State: {
    readonly Status: Container['state']
    readonly OOMKilled: boolean
    readonly ExitCode: number
    readonly StartedAt: string
    readonly FinishedAt: string
    readonly Health?: {
      readonly Status: Container['health']
      readonly Log: readonly { readonly ExitCode: number; readonly Output: string }[] | null
    }
  }
}

/** All containers of a project, running or not, sorted by name. */
export async function projectContainers(project: string, signal?: AbortSignal): Promise<Container[]> {
  const filter = `label=com.docker.compose.project=${project}`
  const options = signal ? { signal } : {}
  const ids = (await docker(['ps', '--all', '--quiet', '--no-trunc', '--filter', filter], options)).split('\n').filter(Boolean)
  if (ids.length === 0) return []
  // One that was removed in between is missing in the answer, and makes docker fail.
  const { stdout } = await tryDocker(['inspect', '--type', 'container', ...ids], options)
  return (JSON.parse(stdout || '[]') as Inspected[]).map(containerOf).sort((a, b) => (a.name < b.name ? -1 : 1))
}

export function containerOf({ Id, Name, RestartCount, HostConfig, Config, State }: Inspected): Container {
  const labels = Config.Labels ?? {}
  const last = State.Health?.Log?.at(-1)
  const runs = State.Status === 'running' || State.Status === 'paused'
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    composeService: labels['com.docker.compose.service'] ?? '',
    image: Config.Image,
    state: State.Status,
    health: State.Health?.Status ?? 'none',
    complaint: last && last.ExitCode !== 0 ? last.Output.trim() : '',
    since: runs ? State.StartedAt : State.FinishedAt,
    exitCode: State.ExitCode,
    restarts: RestartCount,
    oomKilled: State.OOMKilled,
    configHash: labels['com.docker.compose.config-hash'] ?? '',
    memory: HostConfig.Memory,
  }
}

/** Runs the health check of a container now: it is the same script, only sooner than the engine's next turn. */
export async function isHealthyNow(container: string, signal?: AbortSignal): Promise<boolean> {
  return (await tryDocker(['exec', container, 'pgfleet-healthy'], signal ? { signal } : {})).code === 0
}

/** The last lines that a container wrote. */
export async function logTail(container: string, lines: number): Promise<string> {
  const { stdout, stderr } = await tryDocker(['logs', '--tail', String(lines), container])
  return `${stdout}${stderr}`.trimEnd()
}
