import { docker, dockerLines } from './docker.ts'
import type { Project } from './docker-project.ts'

type Volumes = Readonly<Record<string, string>>

/**
 * Runs a JavaScript module where a container stands in the networks. The ops image has Node and psql: a container of it runs the module
 * itself, with any other one a throw-away container shares addresses, routes and names. `input` is a constant of the module; it answers with
 * what it gives to `answer`. Volumes: folders of this machine by their path there, always with a throw-away container.
 */
export async function atPosition<T>({ prefix }: Project, container: string, module: string, input: unknown, volumes?: Volumes): Promise<T> {
  const [image, ops] = await dockerLines(['inspect', '--format', '{{.Image}}', container, `${prefix}_ops`])
  const mounts = Object.entries(volumes ?? {}).flatMap(([inside, outside]) => ['--volume', `${outside}:${inside}:ro`])
  const argv =
    image === ops && !volumes
      ? ['exec', '--interactive', '--user', '6433', container, 'node']
      : ['run', '--rm', '--interactive', '--network', `container:${container}`, ...mounts, '--entrypoint', 'node', ops!]
  const text = `const input = ${JSON.stringify(input)}
const answer = (found) => process.stdout.write(JSON.stringify(found))
${module}`
  return JSON.parse(await docker([...argv, '--input-type=module', '-'], { input: text }))
}

/** Settings of libpq as variables of its environment: https://www.postgresql.org/docs/current/libpq-envars.html */
export type Login = Readonly<Record<string, string>>

/** What psql says to several logins at a container's place, by their names: `logged in`, or its complaint without the address. */
export const psqlAt = (project: Project, container: string, logins: Readonly<Record<string, Login>>, volumes?: Volumes) =>
  atPosition<Record<string, string>>(project, container, psqlModule, logins, volumes)

const psqlModule = `
import { spawnSync } from 'node:child_process'
const found = {}
for (const [name, login] of Object.entries(input)) {
  const argv = ['--no-psqlrc', '--no-password', '--tuples-only', '--no-align', '--command', "SELECT 'logged in'"]
  const { stdout, stderr } = spawnSync('psql', argv, { encoding: 'utf8', env: { PATH: process.env.PATH, PGCONNECT_TIMEOUT: '10', ...login } })
  found[name] = stdout.trim() || stderr.trim().replace(/^psql: error: /, '').replace(/^connection to server at .*? failed: /, '')
}
answer(found)
`
