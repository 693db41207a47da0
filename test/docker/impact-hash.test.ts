// What Compose itself makes anew: the hash of each service's definition, and of each network's, before and after a change. Nothing is
// started. https://docs.docker.com/reference/cli/docker/compose/config/
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, inject, test } from 'vitest'
import type { Artifact } from '../../src/artifact.ts'
import { changes, type FleetChange } from '../impact/changes.ts'
import { docker } from '../support/docker.ts'
import { sidesOf } from '../support/impact-sides.ts'

const file = 'docker-compose.separated-databases.yml'

describe.skipIf(!inject('docker'))('what Compose makes anew', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pgfleet-impact-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  type Defined = {
    readonly hashes: ReadonlyMap<string, string>
    readonly networks: ReadonlyMap<string, string>
    /** What each service depends on, but for those that a plain `up` leaves out. */
    readonly needs: ReadonlyMap<string, readonly string[]>
  }
  const known = new Map<string, Promise<Defined>>()

  /** Hashes of the services and definitions of the networks, in one folder: mounts have absolute paths. */
  const definedBy = (artifacts: readonly Artifact[]): Promise<Defined> => {
    const wanted = artifacts.filter(({ path }) => path === file || path.startsWith('env/'))
    const key = wanted.map(({ path, content }) => `${path}\0${content}`).join('\0')
    const found = known.get(key) ?? define(wanted)
    known.set(key, found)
    return found
  }
  const define = async (wanted: readonly Artifact[]): Promise<Defined> => {
    for (const { path, content } of wanted) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), content)
    }
    const compose = ['compose', '--file', join(folder, file), '--profile', '*', 'config']
    const hashes = (await docker([...compose, '--hash', '*'])).trimEnd().split('\n')
    const { name: project, networks, services } = JSON.parse(await docker([...compose, '--format', 'json']))
    return {
      hashes: new Map(
        hashes.map((line) => {
          const [name = '', hash = ''] = line.split(' ')
          // The label of a container counts its env_file, which this command leaves out. Another project has containers of its own.
          return [name, JSON.stringify([project, hash, services[name].environment])]
        }),
      ),
      needs: new Map(
        Object.entries<{ profiles?: string[]; depends_on?: object }>(services).map(([name, { profiles, depends_on }]) => [
          name,
          profiles ? [] : Object.keys(depends_on ?? {}),
        ]),
      ),
      networks: new Map(Object.entries<object>(networks).map(([name, it]) => [name, JSON.stringify({ ...it, name: '' })])),
    }
  }

  /** Names that have another definition; `created` and `removed` are those of one side. */
  const between = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>) => ({
    changed: [...a.keys()].filter((name) => b.has(name) && a.get(name) !== b.get(name)).sort(),
    created: [...b.keys()].filter((name) => !a.has(name)).sort(),
    removed: [...a.keys()].filter((name) => !b.has(name)).sort(),
  })

  const observed = async (change: FleetChange) => {
    const { base, head } = await sidesOf(change)
    const before = await definedBy(base.artifacts)
    const after = await definedBy(head.artifacts)
    const services = between(before.hashes, after.hashes)
    // With a container those are made anew that depend on it: https://github.com/docker/compose/blob/v2.26.1/pkg/compose/convergence.go
    const dependents = [...after.needs].filter(
      ([name, needs]) => before.hashes.has(name) && needs.some((one) => services.changed.includes(one)),
    )
    const changed = [...new Set([...services.changed, ...dependents.map(([name]) => name)])].sort()
    return { ...services, changed, networks: between(before.networks, after.networks).changed }
  }
  const named = ({ containers }: FleetChange, fate: string) =>
    Object.keys(containers)
      .filter((name) => containers[name] === fate)
      .sort()

  const agrees = async (change: FleetChange) => {
    const { changed, created, removed, networks } = await observed(change)
    expect(networks).toEqual((change.networks ?? []).toSorted())
    expect(created).toEqual(named(change, 'created'))
    expect(removed).toEqual(named(change, 'removed'))
    const recreated = named(change, 'recreate')
    // Who is in a network that must be made anew goes with it, whatever its own definition says.
    if (networks.length > 0) expect(recreated).toEqual(expect.arrayContaining(changed))
    else expect(changed).toEqual(recreated)
  }

  test.each(changes)('$name', agrees)

  test.each([
    ['work_mem can change at a reload', { containers: { 'postgres-orders': 'recreate' } }],
    ['twice the clients: more files and memory for the pooler', { containers: { 'pgbouncer-orders': 'pooler-reload' } }],
    ['another port of the server: other networks', { networks: [] }],
    ['a new service: ops joins its network', { containers: { ops: 'recreate' } }],
  ] as const)('a row that says something else is found: %s', async (wanted, wrong) => {
    const change = changes.find(({ name }) => name === wanted)!
    await expect(agrees({ ...change, ...wrong })).rejects.toThrow(/expected/)
  })
})
