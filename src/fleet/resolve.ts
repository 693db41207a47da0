import type { Config } from '../../schema/services.ts'
import type { Path } from '../diagnostic.ts'
import { allowsOf } from './allow.ts'
import { hostProofs } from './budget.ts'
import { planNetwork } from './network.ts'
import { opsMemory } from './ops.ts'
import { type FleetDefaults, resolveService } from './resolve-service.ts'
import { scheduleOf } from './schedule.ts'
import type { Surroundings } from './surroundings.ts'
import type { Application, BackupPlan, Fleet, FleetRole } from './types.ts'
import { parseDuration, parseSize } from './units.ts'

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/**
 * Config -> Fleet: defaults, references, numbers. Never fails: what is wrong in a configuration that fits the schema is kept as it
 * is, for the rules to find.
 */
export function resolveFleet(config: Config, surroundings: Surroundings): Fleet {
  const { target, catalogs } = surroundings
  const entries = Object.entries(config.services)
  const host = {
    memory: parseSize(config.host.memory),
    cpus: config.host.cpus,
    disk: parseSize(config.host.disk),
    storage: config.host.storage ?? 'ssd',
    origin: ['host'] as Path,
  }
  // A server and a pooler of each service publish a port.
  const network = planNetwork(config.network?.base ?? '10.77', 2 * entries.length)
  const roles = fleetRoles(config)
  const defaults: FleetDefaults = {
    name: config.fleet,
    major: config.postgres ?? 17,
    storage: host.storage,
    network,
    roles,
    allowances: {
      migrator: config.allowances?.migrator ?? 2,
      monitor: config.allowances?.monitor ?? 3,
      backup: config.allowances?.backup ?? 3,
    },
    assumptions: config.assumptions ?? {},
  }
  const resolved = entries.map(([key, service]) => resolveService(key, service, defaults, surroundings))
  const services = resolved.map(({ service }) => service)
  const backup = backupPlan(config)
  const ops = { package: config.ops?.package ?? 'node_modules/pgfleet', memory: opsMemory }
  return {
    name: config.fleet,
    target,
    host,
    pgbouncerVersion: target.installedPooler?.catalogued ?? config.pgbouncer ?? '1.24',
    network,
    services,
    roles,
    applications: applications(config),
    backup,
    ops,
    schedule: scheduleOf(backup, services),
    proofs: [...resolved.flatMap(({ proofs }) => proofs), ...hostProofs(host, services, backup, target.scheduler ? ops.memory : 0)],
    allows: allowsOf(config, surroundings.today),
    catalogs,
  }
}

function fleetRoles(config: Config): FleetRole[] {
  return Object.entries(config.roles ?? {}).map(([name, role]) => ({
    name,
    access: role.access,
    services: role.services === undefined || role.services === 'all' ? Object.keys(config.services) : role.services,
    connections: role.connections ?? 3,
    statementTimeout: parseDuration(role.statement_timeout ?? '5 minutes'),
    origin: ['roles', name],
  }))
}

const applications = (config: Config): Application[] =>
  Object.entries(config.applications ?? {}).map(([name, { image, uses }]) => ({
    name,
    image,
    uses: uses ?? [],
    origin: ['applications', name],
  }))

function backupPlan({ backup = {} }: Config): BackupPlan {
  const { daily = {}, weekly = {}, monthly = {}, verify = {}, disk } = backup
  return {
    daily: { at: daily.at ?? '02:00', keep: parseDuration(daily.keep ?? '30 days') },
    weekly: { on: weekdays.indexOf(weekly.on ?? 'sunday'), at: weekly.at ?? '03:00', keep: parseDuration(weekly.keep ?? '12 weeks') },
    monthly: { day: monthly.day ?? 1, at: monthly.at ?? '04:00', keep: parseDuration(monthly.keep ?? '12 months') },
    verify: { on: weekdays.indexOf(verify.on ?? 'monday'), at: verify.at ?? '05:00' },
    ...(disk === undefined ? {} : { disk: parseSize(disk) }),
    origin: ['backup'],
  }
}
