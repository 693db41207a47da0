// Runs a whole fleet on this machine: one PostgreSQL server per service, all at once.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Artifact } from '../../artifact.ts'
import type { Major } from '../../fleet/catalog.ts'
import type { Fleet, LeftOut, Service } from '../../fleet/types.ts'
import { initCluster } from '../../io/cluster.ts'
import type { StopMode } from '../../io/embedded-server.ts'
import { OperationError } from '../../io/operation-error.ts'
import { ownFolder } from '../../io/owned-files.ts'
import type { Login } from '../../io/passfile.ts'
import { acquireRunLock } from '../../io/run-lock.ts'
import type { SettingsReport } from '../verify-settings.ts'
import { reachableBinaries } from './binaries.ts'
import { type BootContext, bootService, type Cluster, prepareService } from './boot-service.ts'
import { appLogin, inspectService, tryLogin } from './check-service.ts'
import { writeConnectionFiles } from './connection-files.ts'
import { leftOutHere } from './left-out.ts'
import { findServers, recover } from './orphans.ts'
import { openPasswords } from './passwords.ts'
import { requireFreePorts } from './ports.ts'
import type { OnProgress } from './progress.ts'
import { serverSet } from './server-set.ts'
import { artifactsOf } from './service-files.ts'
import type { StateFolder } from './state-folder.ts'

export type UpOptions = {
  /** Resolved for the embedded target, whose folder is `state.alias`. */
  readonly fleet: Fleet
  readonly artifacts: readonly Artifact[]
  readonly state: StateFolder
  /** Where fetched binaries are kept. */
  readonly cacheDir: string
  /** Delete the data of earlier runs first. */
  readonly fresh: boolean
  /** Stops everything; `up` then throws its reason. */
  readonly signal: AbortSignal
  readonly now: () => Date
  readonly onProgress: OnProgress
}

export type ServiceResult = {
  readonly service: string
  readonly login: Login
  readonly state: 'healthy' | 'failed'
  /** Why it failed, and what to do about it. */
  readonly reason?: string
  readonly hint?: string
  /** Not there when the server did not get so far. */
  readonly settings?: SettingsReport
  readonly tables?: number
  readonly leftOut: readonly LeftOut[]
}

export type UpResult = {
  readonly services: readonly ServiceResult[]
  readonly healthy: boolean
  /** For PGPASSFILE and PGSERVICEFILE. */
  readonly passfile: string
  readonly serviceFile: string
  /** Stops all servers and ends the run. `immediate` does not wait for sessions and checkpoints, and may follow `fast`. */
  readonly stop: (mode?: StopMode) => Promise<void>
}

/** Resolves when every service is checked; the servers run on until `stop`. A service that fails does not stop the others. */
export async function up(options: UpOptions): Promise<UpResult> {
  const { fleet, state, signal, onProgress } = options
  const unlock = await acquireRunLock(state.path, options.now().toISOString())
  const servers = serverSet(signal)
  const stop = async (mode: StopMode = 'fast') => {
    await servers.stop(mode)
    await unlock()
  }
  const abort = () => void servers.stop('fast').catch(() => {})
  signal.addEventListener('abort', abort)
  try {
    await prepareFolder(options)
    await requireFreePorts(fleet.services)
    const passwords = await openPasswords(state.path)
    const context: BootContext = { state, servers, passwords, onProgress }
    const [clusters, files] = await Promise.all([
      prepareClusters(options),
      writeConnectionFiles(fleet, state, passwords),
      ...fleet.services.map((service) => prepareService(service, artifactsOf(service.key, options.artifacts), context)),
    ])
    const services = await Promise.all(fleet.services.map((service) => serviceResult(service, clusters, context, options)))
    signal.throwIfAborted()
    return { services, healthy: services.every(({ state }) => state === 'healthy'), ...files, stop }
  } catch (error) {
    await stop()
    throw signal.aborted ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

async function prepareFolder({ state, fresh, onProgress }: UpOptions) {
  const recovered = await recover(state.servers)
  if (recovered.length > 0) onProgress({ kind: 'step', message: `stopped what a killed run left behind: ${recovered.join(', ')}` })
  if (fresh) for (const { service } of await findServers(state.servers)) await rm(join(state.servers, service), { recursive: true })
  await ownFolder(join(state.path, 'logs'), 0o755)
}

/** The programs and a data directory to copy, for each major version in use. */
async function prepareClusters({ fleet, state, cacheDir, onProgress }: UpOptions): Promise<ReadonlyMap<Major, Cluster>> {
  const majors = [...new Set(fleet.services.map(({ major }) => major))]
  const clusters = majors.map(async (major) => {
    const { version, home } = await reachableBinaries(major, state, cacheDir, onProgress)
    const programs = join(home, 'bin')
    const template = join(state.servers, `template-${version}`)
    await initCluster(join(programs, 'initdb'), template, major, state.user)
    return [major, { programs, template }] as const
  })
  return new Map(await Promise.all(clusters))
}

async function serviceResult(
  service: Service,
  clusters: ReadonlyMap<Major, Cluster>,
  context: BootContext,
  { fleet, artifacts, onProgress, signal }: UpOptions,
): Promise<ServiceResult> {
  const login = appLogin(service)
  const about = { service: service.key, login, leftOut: leftOutHere(service, fleet.target) }
  try {
    await bootService(service, artifactsOf(service.key, artifacts), clusters.get(service.major)!, context)
    onProgress({ kind: 'service', service: service.key, state: 'checking' })
    await tryLogin(login, context.passwords.password(service.key, login.user))
    const check = await inspectService(service)
    const wrong = check.settings.mismatches.map(({ name, expected, actual, why }) => `${name} is ${actual}, not ${expected}: ${why}`)
    const state = wrong.length === 0 ? 'healthy' : 'failed'
    const reason = wrong.length === 0 ? {} : { reason: wrong.join('\n') }
    onProgress({ kind: 'service', service: service.key, state, ...reason })
    return { ...about, ...check, state, ...reason }
  } catch (error) {
    const { message, hint } = failure(error)
    if (!signal.aborted) onProgress({ kind: 'service', service: service.key, state: 'failed', reason: message })
    return { ...about, state: 'failed', reason: message, ...(hint === undefined ? {} : { hint }) }
  }
}

/** Errors of the system and of PostgreSQL have a code; any other is our bug. */
function failure(error: unknown): { message: string; hint?: string | undefined } {
  if (error instanceof OperationError) return error
  if (error instanceof Error && ('code' in error || error.name === 'AbortError')) return { message: error.message }
  throw error
}
