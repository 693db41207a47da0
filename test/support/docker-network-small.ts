import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { composeFileName } from '../../src/runtime/compose/project.ts'
import { accessTo } from './docker-access.ts'
import { boot, buildImages, copyOf, type Project, remove } from './docker-project.ts'
import { compileText } from './fleet.ts'
import { makeSecrets } from './secrets.ts'

/** A small fleet beside that of the repository, which may be broken on purpose before it boots. */
export type SmallFleet = ReturnType<typeof accessTo> & { readonly project: Project; readonly close: () => Promise<void> }

/** Where its generated files and its secrets are. */
export type Files = {
  readonly out: string
  readonly secrets: string
  /** Replaces something that must be there in a generated file. */
  readonly edit: (path: string, was: RegExp, is: string) => void
}

/** Services of 1 GiB with small pools, ports from 5450 and 6450. */
const servicesOf = (keys: readonly string[]) => `version: 1
fleet: small
host: { memory: 16GiB, cpus: 8, disk: 1TiB, storage: ssd }
services:
${keys.map((key, i) => `  ${key}: { port: ${5450 + i}, memory: 1GiB, cpus: 1, pool: { port: ${6450 + i}, size: 3 } }\n`).join('')}`

/** Compiles, breaks and boots it under the names of a second copy, which the set-up removes when a run was killed. */
export async function smallFleet(of: Project, keys: readonly string[], breakIt: (files: Files) => void): Promise<SmallFleet> {
  const folder = mkdtempSync(join(tmpdir(), 'pgfleet-test-small-'))
  const out = join(folder, 'out')
  const { fleet, artifacts } = await compileText(servicesOf(keys))
  if (!fleet) throw new Error('the small fleet has errors')
  for (const { path, content, mode } of artifacts) {
    mkdirSync(dirname(join(out, path)), { recursive: true })
    writeFileSync(join(out, path), content, { mode })
  }
  const copy = copyOf(of, { out })
  const project = { ...copy, environment: { ...copy.environment, PGFLEET_PACKAGE: process.cwd() } }
  const close = async () => {
    await remove(project.prefix)
    rmSync(folder, { recursive: true, force: true })
    rmSync(project.secrets, { recursive: true, force: true })
  }
  const edit = (path: string, was: RegExp, is: string) => {
    const old = readFileSync(join(out, path), 'utf8')
    if (!was.test(old)) throw new Error(`${path} does not have ${was}`)
    writeFileSync(join(out, path), old.replace(was, is))
  }
  try {
    await remove(project.prefix)
    await makeSecrets(project.secrets, fleet)
    // Health is seen after a second instead of ten and thirty.
    edit(composeFileName, /interval: \d+s/g, 'interval: 1s')
    breakIt({ out, secrets: project.secrets, edit })
    await buildImages(project)
    await boot(project)
  } catch (error) {
    await close()
    throw error
  }
  return { ...accessTo(fleet, project), project, close }
}
