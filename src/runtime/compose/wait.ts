import { setTimeout } from 'node:timers/promises'
import { sideBySide } from '../side-by-side.ts'
import type { ComposeConfig } from './config.ts'
import { type Container, isHealthyNow, logTail, projectContainers } from './containers.ts'
import type { OnProgress } from './progress.ts'
import type { ComposeProject } from './project.ts'
import { createContainers, type StartFailures, startContainers } from './start.ts'

/** How a container of the project came out. */
export type Settled = { readonly state: 'healthy' | 'failed'; readonly reason?: string; readonly hint?: string }

/** Pause between two looks at the containers. */
const pauseMs = 500
/** Health checks that are run at once: each starts a psql. */
const checksAtOnce = 3
/** A container that was restarted that often does not come up by itself. */
const manyRestarts = 3

/**
 * Starts all services of a compose file and waits until each is healthy or cannot be. A pooler is started when its server is
 * healthy: of one that cannot be, the pooler would look well. The result has the services of the compose file.
 */
export async function startAndWait(
  project: ComposeProject,
  { services }: ComposeConfig,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: OnProgress },
): Promise<Map<string, Settled>> {
  const names = Object.keys(services)
  const containerOf = (name: string) => services[name]!.container_name ?? name
  const needs = (name: string) => Object.keys(services[name]!.depends_on ?? {})
  const settled = new Map<string, Settled>()
  const started = new Set<string>()
  const restartsBefore = new Map<string, number>()

  const settle = (name: string, result: Settled) => {
    settled.set(name, result)
    const reason = result.reason === undefined ? {} : { reason: result.reason }
    onProgress({ kind: 'container', container: containerOf(name), state: result.state, ...reason })
  }
  const settleFailures = (failures: StartFailures) => {
    for (const [name, { message, hint }] of failures)
      settle(name, { state: 'failed', reason: message, ...(hint === undefined ? {} : { hint }) })
  }
  const start = async (some: readonly string[]) => {
    for (const name of some) started.add(name)
    settleFailures(await startContainers(new Map(some.map((name) => [name, containerOf(name)])), signal))
    for (const name of some) if (!settled.has(name)) onProgress({ kind: 'container', container: containerOf(name), state: 'starting' })
  }
  const look = async (name: string, container: Container | undefined) => {
    const found = await outcome(container, restartsBefore, signal)
    if (found) settle(name, found)
  }

  for (const name of names) onProgress({ kind: 'container', container: containerOf(name), state: 'creating' })
  settleFailures(await createContainers(project, names, signal))
  const made = names.filter((name) => !settled.has(name))
  for (const name of made) if (needs(name).length > 0) onProgress({ kind: 'container', container: containerOf(name), state: 'waiting' })
  await start(made.filter((name) => needs(name).length === 0))
  while (settled.size < names.length) {
    const containers = new Map((await projectContainers(project.name, signal)).map((one) => [one.composeService, one]))
    const open = names.filter((name) => started.has(name) && !settled.has(name))
    await sideBySide(open, checksAtOnce, (name) => look(name, containers.get(name)))
    const waiting = names.filter((name) => !started.has(name) && !settled.has(name))
    for (const name of waiting) {
      const failed = needs(name).find((other) => settled.get(other)?.state === 'failed')
      if (failed) settle(name, { state: 'failed', reason: `not started: it needs ${containerOf(failed)}` })
    }
    const ready = waiting.filter((name) => !settled.has(name) && needs(name).every((other) => settled.get(other)?.state === 'healthy'))
    await start(ready)
    if (ready.length === 0 && settled.size < names.length) await setTimeout(pauseMs, undefined, { signal })
  }
  return settled
}

/** What has become of a container that was started; undefined while that is open. */
async function outcome(
  container: Container | undefined,
  restartsBefore: Map<string, number>,
  signal: AbortSignal,
): Promise<Settled | undefined> {
  if (!container) return { state: 'failed', reason: 'its container was removed' }
  const { id, name, state, health, complaint, exitCode, restarts } = container
  const before = restartsBefore.get(id) ?? restarts
  restartsBefore.set(id, before)
  if (state === 'running' && health === 'healthy') return { state: 'healthy' }
  if (state === 'running' && health === 'none') return { state: 'healthy' }
  if (state === 'running' && health === 'unhealthy') return failed(`it is unhealthy: ${complaint}`, name)
  if (state === 'exited' || state === 'dead') return failed(`it ended with exit code ${exitCode}`, name)
  if (restarts - before >= manyRestarts) return failed(`it does not stay up: it was restarted ${restarts} times`, name)
  if (state === 'running' && (await isHealthyNow(name, signal))) return { state: 'healthy' }
  return undefined
}

async function failed(reason: string, container: string): Promise<Settled> {
  const log = await logTail(container, 8).catch(() => '')
  return { state: 'failed', reason: log === '' ? reason : `${reason}\n${log}`, hint: `docker logs ${container}` }
}
