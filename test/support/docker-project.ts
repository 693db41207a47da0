import { homedir } from 'node:os'
import { join } from 'node:path'
import { DockerComposeEnvironment, Wait } from 'testcontainers'
import { docker, dockerLines, tryDocker } from './docker.ts'

/** A copy of a fleet in Docker: serialisable, since tests get it from the global set-up. */
export type Project = {
  readonly prefix: string
  readonly bind: string
  readonly subnetBase: string
  /** Folder with what is generated, and the folder of secrets: absolute. */
  readonly out: string
  readonly secrets: string
  /** What compose is run with. */
  readonly environment: Readonly<Record<string, string>>
}

/** Folder for what test runs leave beside them: locks and secrets. */
export const stateFolder = join(
  process.env['PGFLEET_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pgfleet'),
  'test-docker',
)

const composeFile = 'docker-compose.separated-databases.yml'

type Place = Omit<Project, 'environment'>

/** `images` names the base images where the real ones cannot be had. */
export const projectOf = (place: Place, images: Readonly<Record<string, string>>): Project => ({
  ...place,
  environment: {
    ...images,
    PGFLEET_PREFIX: place.prefix,
    PGFLEET_BIND: place.bind,
    PGFLEET_SUBNET_BASE: place.subnetBase,
    PGFLEET_SECRETS: place.secrets,
  },
})

/** Another copy of the same files beside a project: the next loopback address and subnet base. */
export function copyOf({ prefix, bind, subnetBase, out, secrets, environment }: Project, more: Partial<Place> = {}): Project {
  const next = (dotted: string) => dotted.replace(/\d+$/, (last) => String(Number(last) + 1))
  return projectOf(
    { prefix: `${prefix}second`, bind: next(bind), subnetBase: next(subnetBase), out, secrets: `${secrets}-second`, ...more },
    environment,
  )
}

type Build = { readonly context: string; readonly dockerfile?: string; readonly args?: Readonly<Record<string, string>> }

/**
 * Builds the images of the compose file beforehand, or those of some services: with the network of the host, since that of a build may
 * reach no mirror of Debian.
 */
export async function buildImages({ out, environment }: Project, only?: readonly string[]): Promise<void> {
  const text = await docker(['compose', '-f', join(out, composeFile), 'config', '--format', 'json'], { env: environment })
  const services: Record<string, { image: string; build?: Build }> = JSON.parse(text).services
  const wanted = Object.entries(services).filter(([name]) => only?.includes(name) ?? true)
  const builds = new Map(wanted.flatMap(([, { image, build }]) => (build ? [[image, build] as const] : [])))
  for (const [image, { context, dockerfile = 'Dockerfile', args = {} }] of builds) {
    const variables = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`])
    // The builder's own cache tells what is up to date.
    const options = ['--quiet', '--network', 'host', '--file', join(context, dockerfile), '--tag', image]
    await docker(['build', ...options, ...variables, context], { env: { DOCKER_BUILDKIT: '0' } })
  }
}

/** Boots a copy and waits until every container is healthy. The seconds that took. Nothing of it is left when it fails. */
export async function boot(project: Project, timeoutMs = 600_000): Promise<number> {
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true'
  const started = Date.now()
  const stopWatching = watch(project)
  try {
    await new DockerComposeEnvironment(project.out, composeFile)
      .withProjectName(project.prefix)
      .withEnvironment(project.environment)
      .withAutoCleanup(false)
      .withDefaultWaitStrategy(Wait.forHealthCheck())
      .withStartupTimeout(timeoutMs)
      .up()
  } catch (error) {
    await remove(project.prefix)
    throw error
  } finally {
    stopWatching()
  }
  return (Date.now() - started) / 1000
}

const ofProject = (prefix: string) => ['--filter', `label=com.docker.compose.project=${prefix}`]

/** Names of all containers of a copy, running or not. */
export const containersOf = (prefix: string): Promise<string[]> =>
  dockerLines(['ps', '--all', '--format', '{{.Names}}', ...ofProject(prefix)])

type State = { readonly health: string; readonly restarts: number }

/** Health and restarts of all containers of a copy, by name. */
export async function states(prefix: string): Promise<Record<string, State>> {
  const format = '{{.Name}} {{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}} {{.RestartCount}}'
  const lines = await dockerLines(['inspect', '--format', format, ...(await containersOf(prefix))])
  return Object.fromEntries(
    lines.map((line) => {
      const [name = '', health = '', restarts = ''] = line.slice(1).split(' ')
      return [name, { health, restarts: Number(restarts) }]
    }),
  )
}

/** Removes containers, networks and volumes of a copy, as far as there are any. */
export async function remove(prefix: string): Promise<void> {
  const containers = await containersOf(prefix)
  if (containers.length) await docker(['rm', '--force', '--volumes', ...containers])
  for (const kind of ['network', 'volume']) {
    const names = await dockerLines([kind, 'ls', '--quiet', ...ofProject(prefix)])
    if (names.length) await docker([kind, 'rm', ...names])
  }
}

/** While a copy boots: the last lines of a container that ended or turned unhealthy, since its logs go when the boot fails. */
function watch({ prefix }: Project): () => void {
  const told = new Set<string>()
  const look = async () => {
    for (const line of await dockerLines(['ps', '--all', '--format', '{{.Names}}\t{{.Status}}', ...ofProject(prefix)])) {
      const [name = '', status = ''] = line.split('\t')
      if (told.has(name) || !/^(Exited|Restarting|Dead)|unhealthy/.test(status)) continue
      told.add(name)
      const { out, err } = await tryDocker(['logs', '--tail', '20', name])
      console.error(`${name} is ${status}:\n${`${out}${err}`.trimEnd().replace(/^/gm, '  ')}`)
    }
  }
  const timer = setInterval(() => void look().catch(() => {}), 2000)
  return () => clearInterval(timer)
}
