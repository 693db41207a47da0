// Runs a whole fleet on this machine: one PostgreSQL server per service, and its pooler where there is PgBouncer, all at once.
import { join } from 'node:path'
import type { Artifact } from '../../artifact.ts'
import type { Major } from '../../fleet/catalog.ts'
import type { Fleet } from '../../fleet/types.ts'
import { initCluster } from '../../io/cluster.ts'
import type { StopMode } from '../../io/daemon.ts'
import { ownFolder } from '../../io/owned-files.ts'
import { acquireRunLock } from '../../io/run-lock.ts'
import { refused } from '../../io/system-error.ts'
import { reachableBinaries } from './binaries.ts'
import { writeConnectionFiles } from './connection-files.ts'
import { discardData, removeDiscarded } from './discarded.ts'
import { recover } from './orphans.ts'
import { openPasswords } from './passwords.ts'
import { requireFreePorts } from './ports.ts'
import { type BootContext, prepareService } from './prepare-service.ts'
import type { OnProgress } from './progress.ts'
import type { ServiceResult } from './run-service.ts'
import { serverSet } from './server-set.ts'
import { artifactsOf } from './service-files.ts'
import type { Cluster } from './start-service.ts'
import type { StateFolder } from './state-folder.ts'

export type UpOptions = {
  /** Resolved for the embedded target, whose folder is `state.alias`. */
  readonly fleet: Fleet
  /** Called while initdb runs. */
  readonly artifacts: () => Promise<readonly Artifact[]>
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
  const { fleet, state, signal } = options
  // What fails because everything is being stopped is no news.
  const onProgress: OnProgress = (event) => signal.aborted || options.onProgress(event)
  signal.throwIfAborted()
  const unlock = await acquireRunLock(state.path, options.now().toISOString())
  const servers = serverSet(signal)
  let cleaning = Promise.resolve()
  const stop = async (mode: StopMode = 'fast') => {
    await servers.stop(mode)
    await cleaning
    await unlock()
  }
  const abort = () => void servers.stop('fast').catch(() => {})
  signal.addEventListener('abort', abort)
  // First of all: initdb takes longer than everything that can be done meanwhile.
  const { clusters, initdbRuns } = prepareClusters(options)
  try {
    await prepareFolder(options)
    await requireFreePorts(fleet)
    const passwords = await openPasswords(state.path)
    const context: BootContext = { state, servers, passwords, onProgress }
    const artifacts = initdbRuns.then(options.artifacts)
    const running = initdbRuns.then(() => import('./run-service.ts'))
    let before: Promise<unknown> = Promise.resolve()
    const runs = fleet.services.map((service) => {
      // One after the other: all at once, computing their verifiers would keep every thread busy that initdb needs to get started.
      const prepared = allOf([artifacts, before]).then(async ([all]) => {
        const files = artifactsOf(service.key, all)
        await prepareService(service, files, context)
        return files
      })
      before = prepared
      return allOf([clusters, prepared, running]).then(([made, { initSql }, { runService }]) =>
        runService({ service, target: fleet.target, initSql, cluster: made.get(service.major)! }, context),
      )
    })
    const [files, ...services] = await allOf([writeConnectionFiles(fleet, state, passwords), ...runs])
    signal.throwIfAborted()
    // What is left over goes at the next start.
    cleaning = removeDiscarded(state.servers).catch(() => {})
    return { services, healthy: services.every(({ state }) => state === 'healthy'), ...files, stop }
  } catch (error) {
    await Promise.allSettled([clusters])
    await stop()
    if (signal.aborted) throw signal.reason
    return refused('up', 'cannot run the fleet')(error)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Promise.all, but when one fails the others are waited for: nothing goes on in the folder after its lock is released. */
async function allOf<T extends readonly unknown[]>(work: readonly [...{ [K in keyof T]: Promise<T[K]> }]): Promise<T> {
  await Promise.allSettled(work)
  return (await Promise.all(work)) as unknown as T
}

async function prepareFolder({ state, fresh, onProgress }: UpOptions) {
  if (!state.servers.startsWith(state.path))
    onProgress({
      kind: 'step',
      message: `servers are kept in ${state.servers}: they do not run as root, and only root can enter ${state.path}`,
    })
  const recovered = await recover(state.servers)
  if (recovered.length > 0) onProgress({ kind: 'step', message: `stopped what a killed run left behind: ${recovered.join(', ')}` })
  if (fresh) await discardData(state.servers)
  await ownFolder(join(state.path, 'logs'), 0o755)
}

type Clusters = { readonly clusters: Promise<ReadonlyMap<Major, Cluster>>; readonly initdbRuns: Promise<unknown> }

/** The programs and a data directory to copy, for each major version in use. */
function prepareClusters({ fleet, state, cacheDir, onProgress }: UpOptions): Clusters {
  const majors = [...new Set(fleet.services.map(({ major }) => major))]
  let onRun = () => {}
  const running = new Promise<void>((resolve) => {
    onRun = resolve
  })
  const made = majors.map(async (major) => {
    const { version, home } = await reachableBinaries(major, state, cacheDir, onProgress)
    const programs = join(home, 'bin')
    const template = join(state.servers, `template-${version}`)
    await initCluster(programs, template, major, state.user, onRun)
    return [major, { programs, template }] as const
  })
  const clusters = allOf(made).then((entries) => new Map(entries))
  // Where the data directories are there already, nothing runs.
  const initdbRuns = Promise.race([running, clusters])
  // A failure waits until somebody asks for them.
  for (const made of [clusters, initdbRuns]) made.catch(() => {})
  return { clusters, initdbRuns }
}
