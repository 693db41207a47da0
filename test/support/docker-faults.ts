// Small fleets of a test's own, which may break: compiled by our own CLI, with addresses that no other copy has.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, vi } from 'vitest'
import type { Fleet } from '../../src/fleet/types.ts'
import { docker, tryDocker } from './docker.ts'
import { accessTo } from './docker-access.ts'
import { buildImages, type Project, projectOf, remove, stateFolder, states } from './docker-project.ts'
import { fleetOf } from './fleet.ts'

export type SmallFleet = ReturnType<typeof accessTo> & { readonly fleet: Fleet; readonly project: Project; remove(): Promise<void> }

type Small = {
  /** Added to the prefix of the shared fleet. */
  readonly name: string
  readonly services: string
  /** SQL files by path, beside services.yaml. */
  readonly sql?: Readonly<Record<string, string>>
  /** Breaks what was generated, before it is built. */
  readonly change?: (out: string) => void
  /** The containers that will run, by their names in the compose file; all of them where there are no names. */
  readonly containers?: readonly string[]
}

/** Compiles a services.yaml beside the shared fleet, with secrets and images of its own. Nothing of it runs yet. */
export async function smallFleet(shared: Project, { name, services, sql = {}, change, containers }: Small): Promise<SmallFleet> {
  const prefix = `${shared.prefix}${name}`
  const folder = join(stateFolder, prefix)
  await remove(prefix)
  rmSync(folder, { recursive: true, force: true })
  for (const [path, content] of Object.entries({ ...sql, 'services.yaml': services })) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  const file = join(folder, 'services.yaml')
  const out = join(folder, 'out')
  const secrets = join(folder, 'secrets')
  // The set-up of the tests has built it.
  const pgfleet = (...args: string[]) => execFileSync(process.execPath, ['dist/pgfleet.js', ...args], { stdio: 'pipe' })
  pgfleet('secrets', 'init', file, '--secrets', secrets)
  pgfleet('generate', file, '--out', out)
  lookEverySecond(out)
  change?.(out)
  const bind = shared.bind.replace('127.0.0.', '127.0.1.')
  const [network = '', base = ''] = shared.subnetBase.split('.')
  const place = { prefix, bind, subnetBase: `${network}.${Number(base) + 11}`, out, secrets }
  const project = projectOf(place, { PGFLEET_PACKAGE: resolve('.'), ...shared.environment })
  await buildImages(project, containers)
  const fleet = await fleetOf(services, sql)
  const removeAll = async () => {
    await remove(prefix)
    rmSync(folder, { recursive: true, force: true })
  }
  return { ...accessTo(fleet, project), fleet, project, remove: removeAll }
}

/** The health check is the same, but nobody waits ten seconds for it. */
function lookEverySecond(out: string): void {
  const file = join(out, 'docker-compose.separated-databases.yml')
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('interval: 10s', 'interval: 1s'))
}

/** `docker compose` on the files of a fleet. */
export const compose = ({ prefix, out, environment }: Project, ...args: readonly string[]): Promise<string> =>
  docker(['compose', '--project-name', prefix, '--file', join(out, 'docker-compose.separated-databases.yml'), ...args], {
    env: environment,
  })

/** Starts some containers of a fleet, as far as they do not run, and waits until they are healthy. */
export async function start(project: Project, ...services: readonly string[]): Promise<void> {
  await compose(project, 'up', '--detach', ...services)
  await allHealthy(project)
}

/** Waits until all containers of a fleet are healthy. The seconds that took. */
export async function allHealthy({ prefix }: Project, timeout = 90_000): Promise<number> {
  const started = Date.now()
  const sick = async () => Object.entries(await states(prefix)).filter(([, { health }]) => health !== 'healthy')
  await vi.waitFor(async () => expect(await sick()).toEqual([]), { timeout, interval: 200 })
  return (Date.now() - started) / 1000
}

/** The image with a shell that is on the machine wherever a fleet is. */
export const shellImage = ({ environment }: Project): string => environment['PGFLEET_DEBIAN_IMAGE'] ?? 'debian:trixie-slim'

/** Process id of a container's first process, as the engine's host sees it. */
export const mainProcess = async (container: string): Promise<number> =>
  Number((await docker(['inspect', '--format', '{{.State.Pid}}', container])).trim())

/**
 * SIGKILL to the first process of containers, and with it to all in them, at once. `docker kill` would tell the engine that they are meant
 * to stay down, and the first process of a container cannot be killed from inside.
 */
export async function killContainers(project: Project, ...containers: readonly string[]): Promise<void> {
  const pids = await Promise.all(containers.map(mainProcess))
  const script = ['bash', '-c', 'kill -KILL "$@"', '-', ...pids.map(String)]
  await docker(['run', '--rm', '--network', 'none', '--pid', 'host', '--userns', 'host', shellImage(project), ...script])
}

/** Times that the kernel killed a process of a container for want of memory. `docker inspect` says nothing of those that are not the first. */
export async function oomKills(container: string): Promise<number> {
  const text = await inControlGroup(container, 'memory.events', 'memory.oom_control')
  const [, kills] = /^oom_kill (\d+)$/m.exec(text) ?? []
  if (kills === undefined) throw new Error(`${container}: the kernel counts no kills: ${text}`)
  return Number(kills)
}

/** Memory of a container that cannot be dropped, in bytes: of its processes, and shared between them. The page cache can. */
export async function memoryInUse(container: string): Promise<number> {
  const text = await inControlGroup(container, 'memory.stat', 'memory.stat')
  const figures = new Map(text.split('\n').map((line) => line.split(' ') as [string, string]))
  // https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
  return ['rss', 'anon', 'shmem'].reduce((sum, name) => sum + Number(figures.get(name) ?? 0), 0)
}

/** A file of the container's control group: of version 2, or 1. */
async function inControlGroup(container: string, version2: string, version1: string): Promise<string> {
  const folder = '/sys/fs/cgroup'
  const { code, out } = await tryDocker(['exec', container, 'cat', `${folder}/${version2}`])
  return code === 0 ? out : docker(['exec', container, 'cat', `${folder}/memory/${version1}`])
}
