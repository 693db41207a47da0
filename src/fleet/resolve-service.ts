import type { Config, Service as ServiceConfig } from '../../schema/services.ts'
import { connectionProof, memoryProof } from './budget.ts'
import type { Major } from './catalog.ts'
import { declaredSettings, settingOf } from './declared-settings.ts'
import { preloadLibraries, resolveExtensions } from './extensions.ts'
import { withFittingLimit } from './fitting-limit.ts'
import { fleetSettings } from './fleet-settings.ts'
import { addressesOf } from './network.ts'
import { keysLeftOut, lookupAllowance, lookupConnections, poolerMemory, poolPortDistance } from './pool.ts'
import { type Allowances, roleNames, rolesOf } from './roles.ts'
import { readableOf, referencesOf, rowPrivilegesOf } from './row-access.ts'
import { enumValues } from './setting-value.ts'
import type { Surroundings } from './surroundings.ts'
import { jobsOf, retentionOf, timeseriesOf } from './tables.ts'
import { tune } from './tune/tune.ts'
import type { Assumptions, FleetRole, NetworkPlan, Proof, Service, Storage } from './types.ts'
import { parseSize } from './units.ts'

/** What services inherit from the fleet. */
export type FleetDefaults = {
  readonly name: string
  readonly major: Major
  readonly storage: Storage
  readonly network: NetworkPlan
  readonly roles: readonly FleetRole[]
  readonly allowances: Allowances
  readonly assumptions: NonNullable<Config['assumptions']>
}

/** One service with its numbers, and the proofs about them. */
export function resolveService(
  key: string,
  config: ServiceConfig,
  fleet: FleetDefaults,
  surroundings: Surroundings,
): { service: Service; proofs: Proof[] } {
  const { target, catalogs } = surroundings
  const origin = ['services', key]
  const snake = key.replaceAll('-', '_')
  const database = config.database ?? `${fleet.name}_${snake}`
  const major = config.postgres ?? fleet.major
  const catalog = catalogs.postgres[major]
  if (!catalog) throw new Error(`no catalogue of PostgreSQL ${major} was loaded`)
  const memory = parseSize(config.memory)
  const cpus = config.cpus ?? 1
  const disk = config.disk === undefined ? 0 : parseSize(config.disk)
  const workload = config.workload ?? 'oltp'
  const compliance = config.compliance ?? []
  const assumptions = assumptionsOf({ ...fleet.assumptions, ...config.assumptions })
  const size = config.pool?.size ?? 20
  const reserve = config.pool?.reserve ?? 5
  const maxClients = config.pool?.max_clients ?? 1000

  const { extensions, leftOut: missingExtensions } = resolveExtensions(config.extensions ?? [], origin, catalog, catalogs, target)
  const names = extensions.map(({ name }) => name)
  const setting = (name: string) => settingOf(name, catalog, catalogs, target, names)
  const { values, leftOut: missingSettings } = declaredSettings(config.settings ?? {}, setting, target)

  const fleetRoles = fleet.roles.filter(({ services }) => services.includes(key))
  const parts = [
    { name: 'pool', amount: size, path: [...origin, 'pool', 'size'], field: { value: size, unit: 'connections' as const, each: 1 } },
    {
      name: 'reserve pool',
      amount: reserve,
      path: [...origin, 'pool', 'reserve'],
      field: { value: reserve, unit: 'connections' as const, each: 1 },
    },
    { name: 'password lookup', amount: lookupAllowance, path: [...origin, 'pool'] },
    ...(['migrator', 'monitor', 'backup'] as const).map((name) => ({ name, amount: fleet.allowances[name], path: ['allowances', name] })),
    ...fleetRoles.map(({ name, connections, origin }) => ({ name, amount: connections, path: [...origin, 'connections'] })),
  ]

  const tuned = (memory: number) =>
    tune(
      {
        workload,
        memory,
        cpus,
        disk,
        storage: fleet.storage,
        assumptions,
        connections: parts,
        extensions: names,
        database,
        compliance: compliance.length > 0,
        setting,
        takes: (name, value) =>
          enumValues(
            setting(name) ?? { type: 'enum', context: 'user', default: null, category: '', description: '' },
            target.build,
          ).includes(value),
      },
      values,
    )
  const { settings, number } = tuned(memory)
  const numbers = { number, declared: (name: string) => values.has(name) }
  const paths = target.paths(key)
  const listenPort = target.listenPort(config.port)
  const poolPort = config.pool?.port ?? config.port + poolPortDistance
  const { timeseries, leftOut: missingChunks } = timeseriesOf(config, origin, names, target)

  const service: Service = {
    key,
    origin,
    summary: config.summary ?? '',
    database,
    volume: config.volume ?? `${key}-data`,
    major,
    workload,
    memory,
    cpus,
    disk,
    host: `postgres-${key}`,
    port: config.port,
    listenPort,
    pool: {
      host: `pgbouncer-${key}`,
      port: poolPort,
      listenPort: target.listenPort(poolPort),
      mode: config.pool?.mode ?? 'transaction',
      size,
      reserve,
      maxClients,
      authSize: lookupConnections,
      memory: poolerMemory(maxClients),
    },
    roles: rolesOf(roleNames(database, config.app?.role), fleetRoles, fleet.allowances, lookupAllowance, major),
    extensions,
    timescaledb: config.timescaledb ?? 'apache',
    schemas: config.schemas ?? [],
    declared: config.settings ?? {},
    catalog,
    settings: [...fleetSettings({ key, major, listenPort, paths, preload: preloadLibraries(extensions) }, target), ...settings],
    ...(config.sql === undefined ? {} : { sqlFolder: config.sql }),
    migrations: surroundings.migrations(key),
    ...(config.seed === undefined ? {} : { seedFolder: config.seed }),
    seeds: surroundings.seeds(key),
    timeseries,
    jobs: jobsOf(config, key, origin, surroundings),
    retention: retentionOf(config, origin),
    rowPrivileges: rowPrivilegesOf(config, origin),
    ...(config.readable === undefined ? {} : { readable: readableOf(config, origin)! }),
    references: referencesOf(config, origin),
    compliance,
    backupClass: config.backup?.class ?? 'standard',
    assumptions,
    addresses: addressesOf(config.port, fleet.network),
    paths,
    leftOut: [...missingExtensions, ...missingSettings, ...missingChunks, ...keysLeftOut(target, catalogs.pgbouncer)],
  }
  const memoryOf = (memory: number) =>
    memoryProof({ key, origin, memory, poolSize: size }, assumptions, { ...numbers, number: tuned(memory).number })
  const proofs = [connectionProof(key, origin, parts, numbers), withFittingLimit(memoryOf, memory)]
  return { service, proofs }
}

const assumptionsOf = (config: NonNullable<Config['assumptions']>): Assumptions => ({
  operationsPerConnection: config.operations_per_connection ?? 1,
  backendOverhead: parseSize(config.backend_overhead ?? '5MiB'),
  manualMaintenance: config.manual_maintenance ?? 1,
  backupRatio: config.backup_ratio ?? 0.2,
})
