// Brings a running fleet to what its files say, as far as that goes without a restart, and tells the rest.
import type { Artifact } from '../../../artifact.ts'
import type { Fleet, Service } from '../../../fleet/types.ts'
import { OperationError } from '../../../io/operation-error.ts'
import { sideBySide } from '../../side-by-side.ts'
import { readComposeConfig } from '../config.ts'
import { projectContainers } from '../containers.ts'
import { requireSecrets } from '../missing-secrets.ts'
import { type ComposeProject, opsContainer, poolerContainer, serverContainer } from '../project.ts'
import { withSuperuser } from '../sql.ts'
import { applySql } from './apply-sql.ts'
import { outdatedContainers } from './outdated.ts'
import { reloadPooler } from './reload-pooler.ts'
import { reloadServer } from './reload-server.ts'

/** A container that must be started anew for what is left, and why. */
export type Restart = { readonly container: string; readonly reasons: readonly string[]; readonly command: string }

export type Failure = {
  readonly part: 'sql' | 'server' | 'pooler'
  readonly code: string
  readonly message: string
  readonly hint?: string
}

export type ServiceApply = {
  readonly service: string
  /** Migrations that were new. */
  readonly migrations: readonly string[]
  readonly reloaded: boolean
  /** Settings of the server, and keys of the pooler, that have another value now. */
  readonly changed: { readonly server: readonly string[]; readonly pooler: readonly string[] }
  readonly failures: readonly Failure[]
}

export type ApplyResult = { readonly services: readonly ServiceApply[]; readonly restarts: readonly Restart[] }

export type ApplyOptions = {
  readonly fleet: Fleet
  readonly project: ComposeProject
  readonly artifacts: readonly Artifact[]
  readonly onService: (result: ServiceApply) => void
}

/** Services that are worked on at once: each runs a script of a thousand lines. */
const atOnce = 3

/** Applies to all services side by side. What fails is in the result, and does not keep the others from it. */
export async function apply({ fleet, project, artifacts, onService }: ApplyOptions): Promise<ApplyResult> {
  const config = await readComposeConfig(project.file, project.environment)
  const withOps = Object.values(config.services).some(({ container_name }) => container_name === opsContainer(project))
  requireSecrets(fleet, project, { withOps })
  const byPath = new Map(artifacts.map((artifact) => [artifact.path, artifact]))
  const reasons = new Map<string, string[]>()
  const pending = (container: string, reason: string) => reasons.set(container, [...(reasons.get(container) ?? []), reason])

  const services = await sideBySide(fleet.services, atOnce, async (service) => {
    const result = await applyService(fleet, project, service, byPath, pending)
    onService(result)
    return result
  })
  const outdated = await outdatedContainers(project, config, await projectContainers(project.name))
  for (const { container, why } of outdated) pending(container, why)
  const anew = new Set(outdated.map(({ container }) => container))
  const restarts = [...reasons]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([container, why]) => ({
      container,
      reasons: why,
      command: anew.has(container) ? 'pgfleet up --runtime compose' : `docker restart ${container}`,
    }))
  return { services, restarts }
}

async function applyService(
  fleet: Fleet,
  project: ComposeProject,
  service: Service,
  artifacts: ReadonlyMap<string, Artifact>,
  pending: (container: string, reason: string) => void,
): Promise<ServiceApply> {
  const failures: Failure[] = []
  /** What goes wrong with one part is told, and the next part is tried. */
  const attempt = async <T>(part: Failure['part'], otherwise: T, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof OperationError)) throw error
      const { code, message, hint } = error
      failures.push({ part, code, message, ...(hint === undefined ? {} : { hint }) })
      return otherwise
    }
  }
  const nothing = { migrations: [] as string[], reload: { reloaded: false, changed: [] as readonly string[], pending: [] } }
  const server = await attempt('server', nothing, () =>
    withSuperuser(project, service, async (client) => {
      // A server that does not answer fails once.
      await client.query('select 1 as there')
      const migrations = await attempt('sql', [], () => applySql(project, service, client))
      return { migrations, reload: await attempt('server', nothing.reload, () => reloadServer(fleet, project, service, client)) }
    }),
  )
  const pooler = await attempt('pooler', { changed: [], pending: [] }, () => reloadPooler(fleet, project, service, artifacts))
  for (const { name, running, file } of server.reload.pending)
    pending(serverContainer(project, service.key), `${name} is ${running}, and its file says ${file}`)
  for (const { name, running, file } of pooler.pending)
    pending(poolerContainer(project, service.key), `${name} is ${running}, and its file says ${file}`)
  return {
    service: service.key,
    migrations: server.migrations,
    reloaded: server.reload.reloaded,
    changed: { server: server.reload.changed, pooler: pooler.changed },
    failures,
  }
}
