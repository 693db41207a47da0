import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Artifact } from '../../src/artifact.ts'
import { addressOf } from '../../src/fleet/network.ts'
import { sharedMemorySize } from '../../src/fleet/shm.ts'
import type { Fleet } from '../../src/fleet/types.ts'
import { compileText } from '../support/fleet.ts'
import { nineServices } from '../support/nine-services.ts'
import { inTrixie } from '../support/trixie-root.ts'

const plugin = inTrixie('usr/libexec/docker/cli-plugins/docker-compose')

/** What of `docker compose config --format json` is compared. */
type Container = {
  container_name: string
  image: string
  environment: Record<string, string>
  ports: { host_ip: string; published: string; target: number }[]
  networks: Record<string, { ipv4_address?: string } | null>
  mem_limit: string
  memswap_limit: string
  shm_size: string
  cpu_period: string
  cpu_quota: string
  ulimits: { nofile: number }
  volumes: { type: string; source: string; target: string; read_only?: boolean }[]
}
type Project = {
  name: string
  services: Record<string, Container>
  networks: Record<string, { name: string; internal?: boolean; ipam: { config: { subnet: string }[] } }>
}

let folder: string
let fleet: Fleet
let artifacts: readonly Artifact[]

beforeAll(async () => {
  const compiled = await compileText(nineServices)
  fleet = compiled.fleet!
  artifacts = compiled.artifacts
  folder = mkdtempSync(join(tmpdir(), 'pgfleet-compose-'))
  for (const { path, content, mode } of artifacts) {
    mkdirSync(dirname(join(folder, 'out', path)), { recursive: true })
    writeFileSync(join(folder, 'out', path), content, { mode })
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function config(variables: Readonly<Record<string, string>>, ...args: string[]): Project {
  const file = join(folder, 'out', 'docker-compose.separated-databases.yml')
  const env = { PATH: process.env.PATH, HOME: folder, ...variables }
  return JSON.parse(
    execFileSync(plugin.path, ['-f', file, ...args, 'config', '--format', 'json'], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )
}

describe.skipIf(!plugin.found)('docker compose config', () => {
  test.each([
    { variables: {}, prefix: 'shop', bind: '127.0.0.1', base: '10.77', secrets: 'secrets' },
    {
      variables: { PGFLEET_PREFIX: 'blue', PGFLEET_BIND: '127.0.0.2', PGFLEET_SUBNET_BASE: '10.20', PGFLEET_SECRETS: '../blue' },
      prefix: 'blue',
      bind: '127.0.0.2',
      base: '10.20',
      secrets: 'blue',
    },
  ])('$prefix on $bind under $base is the fleet', ({ variables, prefix, bind, base, secrets }) => {
    const { name, services, networks } = config(variables)
    expect(name).toBe(prefix)
    expect(Object.keys(services).sort()).toEqual(['ops', ...fleet.services.flatMap(({ host, pool }) => [host, pool.host])].sort())
    for (const service of fleet.services) {
      const { key, host, pool, port, memory, cpus, addresses } = service
      const underscored = key.replaceAll('-', '_')
      const at = (offset: number) => ({ ipv4_address: addressOf(base, offset) })
      expect(services[host]).toMatchObject({
        container_name: `${prefix}_postgres_${underscored}`,
        environment: {
          PGFLEET_SERVICE: key,
          PGFLEET_DATABASE: service.database,
          PGFLEET_SUBNET_BASE: base,
          PGFLEET_DECLARED_SUBNET_BASE: '10.77',
        },
        ports: [{ host_ip: bind, published: String(port), target: 5432 }],
        networks: { [`${key}-database`]: at(addresses.server), edge: {} },
        mem_limit: String(memory),
        memswap_limit: String(memory),
        shm_size: String(sharedMemorySize(service)),
      })
      expect(Number(services[host]!.cpu_quota) / Number(services[host]!.cpu_period)).toBe(cpus)
      expect(services[host]!.volumes).toContainEqual(
        expect.objectContaining({ source: join(folder, secrets, `services/${key}/server`), read_only: true }),
      )
      expect(services[pool.host]).toMatchObject({
        container_name: `${prefix}_pgbouncer_${underscored}`,
        ports: [{ host_ip: bind, published: String(pool.port), target: 5432 }],
        networks: { [`${key}-database`]: at(addresses.pooler), [`${key}-application`]: at(addresses.poolerForApplications), edge: {} },
        mem_limit: String(pool.memory),
      })
      expect(services[pool.host]!.ulimits.nofile).toBeGreaterThanOrEqual(pool.maxClients + pool.size + pool.reserve + 100)
      for (const kind of ['database', 'application'] as const)
        expect(networks[`${key}-${kind}`]).toMatchObject({
          name: `${prefix}_${key}-${kind}`,
          internal: true,
          ipam: { config: [{ subnet: `${addressOf(base, addresses[kind].offset)}/${addresses[kind].prefix}` }] },
        })
    }
  })

  test('applications come with their profile, their variables and their own networks', () => {
    const { services } = config({}, '--profile', 'applications')
    expect(Object.keys(services)).toHaveLength(20)
    expect(Object.keys(services.checkout!.networks).sort()).toEqual(['applications', 'orders-application', 'price-history-application'])
    expect(services.checkout!.environment.DATABASE_URL_ORDERS).toBe(
      'postgresql://shop_orders_service@pgbouncer-orders:5432/shop_orders?sslmode=verify-full&sslrootcert=/run/secrets/pgfleet/ca.crt',
    )
  })
})

const shellcheck = spawnSync('shellcheck', ['--version']).status === 0

test.skipIf(!shellcheck)('shellcheck finds nothing in the scripts of the containers', () => {
  const paths = artifacts.filter(({ kind }) => kind === 'shell').map(({ path }) => join(folder, 'out', path))
  expect(paths).toHaveLength(8)
  const ofPackage = readdirSync('docker').filter((name) => name.endsWith('.sh'))
  expect(ofPackage.length).toBeGreaterThan(3)
  const all = [...paths, ...ofPackage.map((name) => join('docker', name))]
  expect(spawnSync('shellcheck', all, { encoding: 'utf8' }).stdout).toBe('')
})
