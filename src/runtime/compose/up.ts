// Runs a fleet in containers, as its compose file says, and checks what came up. The containers go on when this ends.
import { join } from 'node:path'
import type { Fleet, Service } from '../../fleet/types.ts'
import { OperationError } from '../../io/operation-error.ts'
import { sideBySide } from '../side-by-side.ts'
import { type SettingsReport, verifySettings } from '../verify/verify-settings.ts'
import { readComposeConfig } from './config.ts'
import { projectContainers } from './containers.ts'
import { buildImage, imagesToBuild } from './images.ts'
import { requireSecrets } from './missing-secrets.ts'
import type { OnProgress } from './progress.ts'
import { type ComposeProject, opsContainer } from './project.ts'
import { withSuperuser } from './sql.ts'
import { type Settled, startAndWait } from './wait.ts'

export type UpOptions = {
  readonly fleet: Fleet
  readonly project: ComposeProject
  readonly signal: AbortSignal
  readonly onProgress: OnProgress
}

export type ContainerResult = Settled & { readonly container: string }

export type ServiceResult = {
  readonly service: string
  readonly database: string
  readonly port: number
  readonly poolPort: number
  /** How the application logs in, through the pool. */
  readonly user: string
  readonly state: 'healthy' | 'failed'
  /** Not there when the server is not healthy. */
  readonly settings?: SettingsReport
  readonly reason?: string
  readonly hint?: string
}

export type UpResult = {
  readonly healthy: boolean
  readonly services: readonly ServiceResult[]
  /** Those that failed. */
  readonly failures: readonly ContainerResult[]
  /** Containers of the project that the compose file does not have any more. */
  readonly strangers: readonly string[]
}

/** Resolves when every container is healthy or cannot be. Throws when there is nothing to start: no secrets, no images, no engine. */
export async function composeUp({ fleet, project, signal, onProgress }: UpOptions): Promise<UpResult> {
  const config = await readComposeConfig(project.file, project.environment)
  const containers = Object.entries(config.services).map(([name, { container_name }]) => [name, container_name ?? name] as const)
  requireSecrets(fleet, project, { withOps: containers.some(([, container]) => container === opsContainer(project)) })
  for (const image of await imagesToBuild(config)) {
    onProgress({ kind: 'step', message: `building the image ${image.image}` })
    await buildImage(project, image, { signal, onLine: (message) => onProgress({ kind: 'detail', message }) })
  }
  const settled = await startAndWait(project, config, { signal, onProgress })
  const services = await sideBySide(fleet.services, 3, (service) => checkService(project, service, settled))
  const present = await projectContainers(project.name, signal)
  return {
    healthy: services.every(({ state }) => state === 'healthy') && [...settled.values()].every(({ state }) => state === 'healthy'),
    services,
    failures: containers.flatMap(([name, container]) => {
      const found = settled.get(name)
      return found?.state === 'failed' ? [{ container, ...found }] : []
    }),
    strangers: present.filter(({ composeService }) => !Object.hasOwn(config.services, composeService)).map(({ name }) => name),
  }
}

async function checkService(project: ComposeProject, service: Service, settled: ReadonlyMap<string, Settled>): Promise<ServiceResult> {
  const { key, database, port, pool, roles, host } = service
  const app = roles.find(({ kind }) => kind === 'app')
  const about = { service: key, database, port, poolPort: pool.port, user: app?.name ?? '' }
  if (settled.get(host)?.state !== 'healthy') return { ...about, state: 'failed', reason: 'its server is not healthy' }
  try {
    const file = join(service.paths.config, 'postgresql.conf')
    const settings = await withSuperuser(project, service, (client) => verifySettings(client, service.settings, file))
    if (settings.mismatches.length > 0) {
      const reason = [...new Map(settings.mismatches.map((one) => [one.name, one] as const).reverse())]
        .map(([name, { expected, actual, why }]) => `${name} is ${actual}, not ${expected}: ${why}`)
        .reverse()
        .join('\n')
      return {
        ...about,
        state: 'failed',
        settings,
        reason,
        hint: '`pgfleet apply` makes the server read its files, and says what needs a restart.',
      }
    }
    if (settled.get(pool.host)?.state !== 'healthy') return { ...about, state: 'failed', settings, reason: 'its pooler is not healthy' }
    return { ...about, state: 'healthy', settings }
  } catch (error) {
    if (!(error instanceof OperationError)) throw error
    return { ...about, state: 'failed', reason: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) }
  }
}
