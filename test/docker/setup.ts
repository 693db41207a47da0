import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { acquireRunLock } from '../../src/io/run-lock.ts'
import { baseImages } from '../support/docker-images.ts'
import { boot, buildImages, copyOf, type Project, projectOf, remove, stateFolder } from '../support/docker-project.ts'
import { makeSecrets } from '../support/docker-secrets.ts'

/** What tests get with `inject('docker')`: nothing where there is no Docker. */
export type DockerRun = { readonly project: Project; readonly healthyAt: string }

declare module 'vitest' {
  interface ProvidedContext {
    docker: DockerRun | undefined
  }
}

/** Several runs on one machine, each with a fleet of its own: PGFLEET_TEST_COPY=1, 2, ... */
const copy = Number(process.env['PGFLEET_TEST_COPY'] ?? 0)

/** Boots the repository's own fleet once for all tests of the run, from out/ as it is. */
export async function setup(run: TestProject): Promise<(() => Promise<void>) | undefined> {
  const images = baseImages()
  if (typeof images === 'string') {
    console.error(`\nSKIPPED, all tests in Docker: ${images}\n`)
    run.provide('docker', undefined)
    return undefined
  }
  const prefix = copy === 0 ? 'pgfleettest' : `pgfleettest${copy}`
  const state = join(stateFolder, prefix)
  mkdirSync(state, { recursive: true, mode: 0o700 })
  const unlock = await acquireRunLock(state, new Date().toISOString()).catch((cause) => {
    throw new Error(`another run has the containers of ${prefix}: wait for it, or set PGFLEET_TEST_COPY`, { cause })
  })
  const secrets = join(state, 'secrets')
  const place = { prefix, bind: `127.0.0.${1 + 2 * copy}`, subnetBase: `10.${79 + 20 * copy}` }
  const project = projectOf({ ...place, out: resolve('out'), secrets }, images)
  const clean = async () => {
    for (const each of [project, copyOf(project)]) {
      await remove(each.prefix)
      rmSync(each.secrets, { recursive: true, force: true })
    }
  }
  // What a run that was killed has left.
  await clean()
  try {
    makeSecrets('services.yaml', secrets)
    await buildImages(project)
    const bootSeconds = await boot(project)
    console.log(`\nThe fleet is healthy after ${bootSeconds.toFixed(1)} s\n`)
    run.provide('docker', { project, healthyAt: new Date().toISOString() })
  } catch (error) {
    await clean()
    await unlock()
    throw error
  }
  return async () => {
    await clean()
    await unlock()
  }
}
