import type { Fleet } from '../../fleet/types.ts'
import { tryDocker } from '../../io/docker.ts'
import type { ListedTask } from '../ops/list-tasks.ts'
import { type CertificateState, readCertificates } from '../secrets/certificates.ts'
import { sideBySide } from '../side-by-side.ts'
import { readComposeConfig } from './config.ts'
import { type Container, isHealthyNow, projectContainers } from './containers.ts'
import { oomKills } from './oom-kills.ts'
import { type ComposeProject, opsContainer } from './project.ts'

export type ContainerStatus = {
  readonly container: string
  /** `missing`: the compose file has it, the engine does not. */
  readonly state: Container['state'] | 'missing'
  readonly health: Container['health']
  /** Since when it is in this state. */
  readonly since?: string
  readonly image?: string
  readonly restarts: number
  /** Processes in it that were killed for lack of memory since it was started; undefined where that cannot be read. */
  readonly oomKills?: number
  /** Why it is not well. */
  readonly complaint?: string
  /** The compose file does not have it. */
  readonly stranger: boolean
}

export type CertificateStatus = CertificateState & { readonly daysLeft?: number; readonly warning?: string }

export type ComposeStatus = {
  readonly project: string
  readonly well: boolean
  readonly containers: readonly ContainerStatus[]
  readonly certificates: readonly CertificateStatus[]
  /** What is scheduled, as the ops container tells it; undefined where there is none, or when it does not tell. */
  readonly tasks?: readonly ListedTask[]
  readonly tasksError?: string
}

/** Days before the end of a certificate from which on it is a warning. */
const warnDays = 30
const dayMs = 86_400_000

/** How a project is. Changes nothing. Well: every container is healthy, every certificate good for some time, the last run of each task. */
export async function composeStatus(fleet: Fleet, project: ComposeProject, now: Date): Promise<ComposeStatus> {
  const { services } = await readComposeConfig(project.file, project.environment)
  const present = new Map((await projectContainers(project.name)).map((container) => [container.composeService, container]))
  const expected = Object.entries(services)
  const [containers, states, tasks] = await Promise.all([
    sideBySide(expected, 4, ([name, { container_name }]) => statusOf(container_name ?? name, present.get(name), false)),
    readCertificates(project.secrets, fleet),
    tasksOf(project, [...present.values()]),
  ])
  const others = [...present.values()].filter(({ composeService }) => !Object.hasOwn(services, composeService))
  const strangers = await sideBySide(others, 4, (container) => statusOf(container.name, container, true))
  const certificates = states.map((state) => judge(state, now))
  return {
    project: project.name,
    well:
      containers.every(({ state, health }) => state === 'running' && (health === 'healthy' || health === 'none')) &&
      certificates.every(({ warning }) => warning === undefined) &&
      tasksWell(tasks),
    containers: [...containers, ...strangers],
    certificates,
    ...tasks,
  }
}

async function statusOf(name: string, container: Container | undefined, stranger: boolean): Promise<ContainerStatus> {
  if (!container) return { container: name, state: 'missing', health: 'none', restarts: 0, stranger }
  const { state, since, image, restarts, complaint, exitCode, oomKilled } = container
  // The engine first looks after an interval; what it would see then can be seen now.
  const health = container.health === 'starting' && state === 'running' && (await isHealthyNow(name)) ? 'healthy' : container.health
  const kills = state === 'running' ? await oomKills(name) : oomKilled ? 1 : undefined
  const why = state === 'exited' || state === 'dead' ? `exit code ${exitCode}` : health === 'unhealthy' ? complaint : ''
  return {
    container: name,
    state,
    health: state === 'running' ? health : 'none',
    since,
    image,
    restarts,
    ...(kills === undefined ? {} : { oomKills: kills }),
    ...(why === '' ? {} : { complaint: why }),
    stranger,
  }
}

/** What is wrong with a certificate, or soon will be. */
export function judge(state: CertificateState, now: Date): CertificateStatus {
  if (state.problem !== undefined && !(state.of === 'authority' && state.notAfter)) return { ...state, warning: state.problem }
  if (!state.notAfter) return { ...state, warning: 'it cannot be read' }
  const daysLeft = Math.floor((state.notAfter.getTime() - now.getTime()) / dayMs)
  const warning = daysLeft < 0 ? 'it has expired' : daysLeft < warnDays ? `it expires in ${daysLeft} days` : undefined
  return { ...state, daysLeft, ...(warning === undefined ? {} : { warning }) }
}

type Tasks = Pick<ComposeStatus, 'tasks' | 'tasksError'>

async function tasksOf(project: ComposeProject, containers: readonly Container[]): Promise<Tasks> {
  const ops = opsContainer(project)
  if (!containers.some(({ name, state }) => name === ops && state === 'running')) return {}
  const { stdout, stderr } = await tryDocker(['exec', ops, 'pgfleet', 'task', 'list', '--json'])
  try {
    return { tasks: JSON.parse(stdout) }
  } catch {
    return { tasksError: stderr.trim().split('\n').at(-1) || `${ops} gives no answer` }
  }
}

const tasksWell = ({ tasks = [], tasksError }: Tasks): boolean =>
  tasksError === undefined && tasks.every(({ status }) => status !== 'failed' && status !== 'interrupted')
