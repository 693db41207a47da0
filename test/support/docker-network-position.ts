import { docker } from './docker.ts'
import type { Project } from './docker-project.ts'

type Volumes = Readonly<Record<string, string>>

/**
 * Runs a JavaScript module where a container stands in the networks: a throw-away container of the ops image (it has Node and psql) shares
 * its addresses, routes and names. `input` is a constant of the module; it answers with what it gives to `answer`. Volumes: a folder of this
 * machine by its path there.
 */
export async function atPosition<T>(
  { prefix }: Project,
  container: string,
  module: string,
  input: unknown,
  volumes: Volumes = {},
): Promise<T> {
  const mounts = Object.entries(volumes).flatMap(([inside, outside]) => ['--volume', `${outside}:${inside}:ro`])
  const image = (await docker(['inspect', '--format', '{{.Image}}', `${prefix}_ops`])).trim()
  const options = ['--rm', '--interactive', '--network', `container:${container}`, ...mounts, '--entrypoint', 'node']
  const text = `const input = ${JSON.stringify(input)}
const answer = (found) => process.stdout.write(JSON.stringify(found))
${module}`
  return JSON.parse(await docker(['run', ...options, image, '--input-type=module', '-'], { input: text }))
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
