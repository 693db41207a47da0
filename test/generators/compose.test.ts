import { posix } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Artifact } from '../../src/artifact.ts'
import { readers } from '../readers.ts'
import { type ComposeFile, type Container, composeFileOf } from '../support/compose-file.ts'
import { compileText, printed } from '../support/fleet.ts'
import { nineServices } from '../support/nine-services.ts'

const fileName = 'docker-compose.separated-databases.yml'
const textOf = (artifacts: readonly Artifact[], path: string): string => artifacts.find((artifact) => artifact.path === path)?.content ?? ''
const networksOf = ({ networks }: Container): string[] => (Array.isArray(networks) ? networks : Object.keys(networks))
const addressesOf = ({ networks }: Container) =>
  Object.fromEntries(Object.entries(networks).map(([name, attached]) => [name, attached.ipv4_address]))

let artifacts: readonly Artifact[]
let file: ComposeFile
const server = (key: string) => file.services[`postgres-${key}`]!
const pooler = (key: string) => file.services[`pgbouncer-${key}`]!

beforeAll(async () => {
  const compiled = await compileText(nineServices)
  expect(compiled.diagnostics.map(printed)).toEqual([])
  artifacts = compiled.artifacts
  file = composeFileOf(textOf(artifacts, fileName))
})

describe('nine services', () => {
  test.each([
    // key, server port, pooler port, memory, quota, Dockerfile, volume
    ['accounts', 5432, 6432, '4g', 100_000, 'postgres-17-pgaudit', '/var/lib/postgresql/data'],
    ['orders', 5433, 6433, '8g', 300_000, 'postgres-17-pgaudit-timescaledb', '/var/lib/postgresql/data'],
    ['price-history', 5434, 7000, '10g', 400_000, 'postgres-17-pgaudit-timescaledb', '/var/lib/postgresql/data'],
    ['search', 5435, 6435, '1536m', 50_000, 'postgres-18-pgvector', '/var/lib/postgresql'],
    ['ledger', 5436, 6436, '4g', 100_000, 'postgres-17-pgaudit', '/var/lib/postgresql/data'],
    ['mail', 5437, 6437, '2g', 100_000, 'postgres-16', '/var/lib/postgresql/data'],
    ['risk', 5438, 6438, '6g', 200_000, 'postgres-15-partman', '/var/lib/postgresql/data'],
    ['courses', 5439, 6439, '4g', 100_000, 'postgres-17', '/var/lib/postgresql/data'],
    ['archive', 5440, 6440, '4g', 100_000, 'postgres-17', '/var/lib/postgresql/data'],
  ])('%s: ports, limits, image, volume', (key, port, poolPort, memory, quota, image, volume) => {
    const underscored = key.replaceAll('-', '_')
    expect(server(key)).toMatchObject({
      container_name: `shop_postgres_${underscored}`,
      hostname: `postgres-${key}`,
      ports: [`127.0.0.1:${port}:5432`],
      mem_limit: memory,
      memswap_limit: memory,
      cpu_period: 100_000,
      cpu_quota: quota,
      build: { context: './docker', dockerfile: `${image}.Dockerfile` },
      environment: { PGFLEET_SERVICE: key, PGFLEET_DATABASE: `shop_${underscored}`, PGFLEET_SUBNET_BASE: '10.77' },
    })
    expect(server(key).volumes).toContain(`${key}-data:${volume}`)
    expect(file.volumes).toHaveProperty(`${key}-data`)
    expect(pooler(key)).toMatchObject({
      container_name: `shop_pgbouncer_${underscored}`,
      hostname: `pgbouncer-${key}`,
      ports: [`127.0.0.1:${poolPort}:5432`],
      stop_signal: 'SIGINT',
      depends_on: { [`postgres-${key}`]: { condition: 'service_started' } },
    })
  })

  test.each([
    // 10.77.0.0 + 32 x (port % 1024)
    ['accounts', '10.77.39.0/28', '10.77.39.2', '10.77.39.3', '10.77.39.16/28', '10.77.39.17', '10.77.39.24/29', '10.77.39.18'],
    ['orders', '10.77.39.32/28', '10.77.39.34', '10.77.39.35', '10.77.39.48/28', '10.77.39.49', '10.77.39.56/29', '10.77.39.50'],
    ['archive', '10.77.40.0/28', '10.77.40.2', '10.77.40.3', '10.77.40.16/28', '10.77.40.17', '10.77.40.24/29', '10.77.40.18'],
  ])(
    '%s: addresses',
    (key, databaseSubnet, serverAddress, poolerAddress, applicationSubnet, applicationGateway, applicationRange, poolerForApplications) => {
      const database = `${key}-database`
      const application = `${key}-application`
      expect(file.networks[database]).toEqual({ internal: true, ipam: { config: [{ subnet: databaseSubnet }] } })
      expect(file.networks[application]).toEqual({
        internal: true,
        ipam: { config: [{ subnet: applicationSubnet, gateway: applicationGateway, ip_range: applicationRange }] },
      })
      expect(addressesOf(server(key))).toEqual({ [database]: serverAddress, edge: undefined })
      expect(addressesOf(pooler(key))).toEqual({ [database]: poolerAddress, [application]: poolerForApplications, edge: undefined })
      expect(pooler(key).extra_hosts).toEqual({ [`postgres-${key}`]: serverAddress })
    },
  )

  test('two databases share no network but the edge, where neighbours do not reach each other', () => {
    const of = (key: string) => new Set([...networksOf(server(key)), ...networksOf(pooler(key))])
    const keys = Object.keys(file.services).flatMap((name) => name.match(/^postgres-(.*)/)?.[1] ?? [])
    expect(keys).toHaveLength(9)
    for (const one of keys)
      for (const other of keys) if (one !== other) expect([...of(one)].filter((network) => of(other).has(network))).toEqual(['edge'])
    expect(file.networks.edge).toEqual({
      driver: 'bridge',
      driver_opts: { 'com.docker.network.bridge.enable_icc': 'false', 'com.docker.network.bridge.enable_ip_masquerade': 'false' },
      ipam: {
        config: [{ subnet: '10.77.128.0/27', gateway: '10.77.128.1', aux_addresses: { DefaultGatewayIPv4: '10.77.128.30' } }],
      },
    })
  })

  test('an application is left out of a plain up, and reaches the poolers of what it uses and no server', () => {
    const shop = file.services.checkout!
    expect(shop).toMatchObject({ image: 'registry.example/checkout:1.0', profiles: ['applications'], env_file: ['./env/checkout.env'] })
    expect(networksOf(shop)).toEqual(['applications', 'orders-application', 'price-history-application'])
    expect(shop.depends_on).toEqual({
      'pgbouncer-orders': { condition: 'service_healthy' },
      'pgbouncer-price-history': { condition: 'service_healthy' },
      'postgres-orders': { condition: 'service_healthy' },
      'postgres-price-history': { condition: 'service_healthy' },
    })
    for (const [name, { profiles }] of Object.entries(file.services))
      expect(profiles).toEqual(name === 'checkout' ? ['applications'] : undefined)
  })

  test('a pooler can open a file for every client and every server connection', () => {
    // 2000 clients + 2 x 50 pool + 5 reserve + 1 password lookup + 100 = 2206, in steps of 1024
    expect(pooler('orders').ulimits).toEqual({ nofile: 3072 })
  })

  test('every container of a database starts with two capabilities, on a read-only root', () => {
    for (const [name, container] of Object.entries(file.services)) {
      if (name === 'checkout') continue
      expect(container).toMatchObject({
        user: '0:0',
        read_only: true,
        cap_drop: ['ALL'],
        cap_add: ['SETGID', 'SETUID'],
        security_opt: ['no-new-privileges:true'],
        restart: 'unless-stopped',
      })
      const user = name.startsWith('postgres-') ? 999 : name === 'ops' ? '(6433|0)' : 6432
      for (const mount of container.tmpfs) expect(mount).toMatch(new RegExp(`:uid=${user},gid=${user},`))
    }
  })
})

describe('what the file refers to is there', () => {
  test('networks', () => {
    const used = new Set(Object.values(file.services).flatMap(networksOf))
    expect([...used].sort()).toEqual(Object.keys(file.networks).sort())
  })

  test('mounts of folders of out/ that hold files, read-only; none is a file', () => {
    const folders = new Set(artifacts.map(({ path }) => posix.dirname(path)))
    const mounted = Object.values(file.services).flatMap(({ volumes }) =>
      volumes.filter((mount) => typeof mount === 'string' && mount.startsWith('.')),
    )
    expect(mounted).toHaveLength(37)
    for (const mount of mounted as string[]) {
      const [source, , mode] = mount.split(':')
      expect(folders).toContain(source?.replace('./', ''))
      expect(mode).toBe('ro')
    }
  })

  test('secrets: a folder for each container, which Docker does not make', () => {
    const sources = Object.values(file.services).flatMap(({ volumes }) =>
      volumes.flatMap((mount) => (typeof mount === 'string' ? [] : [mount])),
    )
    expect(new Set(sources.map(({ source }) => source)).size).toBe(20)
    for (const mount of sources)
      expect(mount).toMatchObject({ target: '/run/secrets/pgfleet', read_only: true, bind: { create_host_path: false } })
    expect(server('orders').volumes).toContainEqual(expect.objectContaining({ source: '../secrets/services/orders/server' }))
    expect(pooler('orders').volumes).toContainEqual(expect.objectContaining({ source: '../secrets/services/orders/pooler' }))
    expect(file.services.checkout?.volumes).toEqual([expect.objectContaining({ source: '../secrets/applications/checkout' })])
  })

  test('files of variables, Dockerfiles, and what these copy', () => {
    const paths = artifacts.map(({ path }) => path)
    for (const { env_file = [], build } of Object.values(file.services)) {
      for (const path of env_file) expect(paths).toContain(posix.normalize(path))
      if (build && build.dockerfile !== 'docker/ops.Dockerfile') expect(paths).toContain(`docker/${build.dockerfile}`)
    }
    const dockerfiles = artifacts.filter(({ kind }) => kind === 'dockerfile')
    expect(dockerfiles.map(({ path }) => path)).toEqual([
      'docker/pgbouncer.Dockerfile',
      'docker/postgres-15-partman.Dockerfile',
      'docker/postgres-16.Dockerfile',
      'docker/postgres-17-pgaudit-timescaledb.Dockerfile',
      'docker/postgres-17-pgaudit.Dockerfile',
      'docker/postgres-17.Dockerfile',
      'docker/postgres-18-pgvector.Dockerfile',
    ])
    const copied = dockerfiles.flatMap(({ content }) => [...content.matchAll(/^COPY (\S+) /gm)].map((match) => `docker/${match[1]}`))
    expect([...new Set(copied)].sort()).toEqual(artifacts.filter(({ kind }) => kind === 'shell').map(({ path }) => path))
  })

  test('the configuration files of a server, where its command says', () => {
    expect(server('orders').command).toEqual([
      'postgres',
      '-c',
      'config_file=/etc/pgfleet/config/postgresql.conf',
      '-c',
      'hba_file=/etc/pgfleet/config/pg_hba.conf',
      '-c',
      'ident_file=/etc/pgfleet/config/pg_ident.conf',
    ])
    expect(server('orders').volumes).toContain('./infrastructure/postgres/orders:/etc/pgfleet/config:ro')
  })
})

describe('images', () => {
  test('services of the same major and packages share one; all others have their own', () => {
    const image = (key: string) => server(key).image
    expect(image('orders')).toBe(image('price-history'))
    expect(image('courses')).toBe(image('archive'))
    expect(new Set(Object.values(file.services).map(({ image }) => image)).size).toBe(9)
    expect(image('mail')).toMatch(/^pgfleet\/postgres:shop-16-[0-9a-f]{12}$/)
  })

  test('the base can be pinned', () => {
    const text = textOf(artifacts, fileName)
    const pinned = composeFileOf(text, { PGFLEET_POSTGRES_16_IMAGE: 'postgres:16-trixie@sha256:1234' })
    expect(pinned.services['postgres-mail']?.build?.args).toEqual({ POSTGRES_IMAGE: 'postgres:16-trixie@sha256:1234' })
    expect(pinned.services['postgres-courses']?.build?.args).toEqual({ POSTGRES_IMAGE: 'postgres:17-trixie' })
  })

  test('packages of the extensions, and the order of text that the major has', () => {
    expect(textOf(artifacts, 'docker/postgres-17-pgaudit-timescaledb.Dockerfile')).toMatch(
      /^USER root\nRUN apt-get update \\\n && apt-get install [^\n]*\\\n {4}postgresql-17-pgaudit \\\n {4}postgresql-17-timescaledb \\\n/m,
    )
    expect(textOf(artifacts, 'docker/postgres-16.Dockerfile')).not.toContain('apt-get')
    expect(textOf(artifacts, 'docker/postgres-16.Dockerfile')).not.toContain('builtin')
    expect(textOf(artifacts, 'docker/postgres-17.Dockerfile')).toContain('--locale-provider=builtin --builtin-locale=C.UTF-8')
  })
})

test('a second copy: other names, another address of the host, other networks and secrets', () => {
  const copy = composeFileOf(textOf(artifacts, fileName), {
    PGFLEET_PREFIX: 'blue',
    PGFLEET_BIND: '127.0.0.2',
    PGFLEET_SUBNET_BASE: '172.20',
    PGFLEET_SECRETS: '/srv/blue',
  })
  expect(copy.name).toBe('blue')
  expect(copy.services['postgres-orders']).toMatchObject({
    container_name: 'blue_postgres_orders',
    ports: ['127.0.0.2:5433:5432'],
    networks: { 'orders-database': { ipv4_address: '172.20.39.34' } },
    environment: { PGFLEET_SUBNET_BASE: '172.20', PGFLEET_DECLARED_SUBNET_BASE: '10.77' },
  })
  expect(copy.networks.edge?.ipam.config).toEqual([
    { subnet: '172.20.128.0/27', gateway: '172.20.128.1', aux_addresses: { DefaultGatewayIPv4: '172.20.128.30' } },
  ])
  expect(copy.services['pgbouncer-orders']?.volumes).toContainEqual(expect.objectContaining({ source: '/srv/blue/services/orders/pooler' }))
  expect(/shop_(postgres|pgbouncer)|10\.77\.|127\.0\.0\.1/.exec(JSON.stringify(copy))).toBeNull()
})

test('every artifact is read back by its reader', () => {
  for (const { kind, content, path } of artifacts) expect([path, readers[kind](content)]).toEqual([path, expect.anything()])
})
