import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { composeFileName } from '../../src/runtime/compose/project.ts'
import { docker, dockerLines } from './docker.ts'
import type { Project } from './docker-project.ts'

/** Starts applications as the compose file attaches them, with an image that does nothing in place of their own. To be called back. */
export async function startApplications({ prefix, out, environment }: Project, names: readonly string[]): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'pgfleet-test-applications-'))
  const override = join(folder, 'override.json')
  const image = (await docker(['inspect', '--format', '{{.Config.Image}}', `${prefix}_ops`])).trim()
  const idle = { image, entrypoint: ['sleep', 'infinity'], init: true, stop_grace_period: '0s' }
  writeFileSync(override, JSON.stringify({ services: Object.fromEntries(names.map((name) => [name, idle])) }))
  const files = ['--file', join(out, composeFileName), '--file', override]
  const stop = async () => {
    rmSync(folder, { recursive: true, force: true })
    const filters = names.map((name) =>
      dockerLines([
        'ps',
        '--all',
        '--quiet',
        '--filter',
        `label=com.docker.compose.project=${prefix}`,
        '--filter',
        `label=com.docker.compose.service=${name}`,
      ]),
    )
    const ids = (await Promise.all(filters)).flat()
    if (ids.length) await docker(['rm', '--force', '--volumes', ...ids])
    // It is there only while there are applications.
    const networks = await dockerLines(['network', 'ls', '--quiet', '--filter', `name=^${prefix}_applications$`])
    if (networks.length) await docker(['network', 'rm', ...networks])
  }
  try {
    const up = ['up', '--detach', '--no-deps', '--no-build', ...names]
    await docker(['compose', '--project-name', prefix, ...files, '--profile', 'applications', ...up], { env: environment })
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}
