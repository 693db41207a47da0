// What the ops container does and needs to know.
import type { Bytes, Fleet, RoleKind, Service } from './types.ts'
import { MiB } from './units.ts'

/** Memory limit of the ops container. A pgfleet at work took 30 MB of its own, the rest of its 60 MB is shared; most run for a second. */
export const opsMemory: Bytes = 512 * MiB

/** Paths as processes in the ops container see them. docker/ops.Dockerfile has the same. */
export const opsPaths = {
  /** The folder that commands run in: `out/` is in it. */
  home: '/srv/pgfleet',
  /** Volume: when tasks ran, and how they ended. */
  state: '/var/lib/pgfleet',
  /** Volume of the backups. */
  backups: '/var/backups/pgfleet',
} as const

/** Major of the client programs: pg_dump reads servers up to its own major. Debian trixie has 17. */
export const clientMajor = ({ services }: Fleet): number => Math.max(17, ...services.map(({ major }) => major))

/** The file that the commands of the ops container read in place of services.yaml. Nothing in it is secret. */
export type OpsFleet = {
  /** Of the form of this file; a reader refuses others. */
  readonly version: typeof opsFleetVersion
  readonly fleet: string
  readonly services: readonly OpsService[]
  readonly tasks: readonly OpsTask[]
}

export const opsFleetVersion = 1

export type OpsService = {
  readonly key: string
  readonly database: string
  /** Name of the server in its network, and in its certificate. */
  readonly host: string
  readonly port: number
  readonly major: number
  readonly roles: { readonly migrator: string; readonly backup: string; readonly monitor: string }
  readonly jobs: readonly { readonly name: string; readonly call: string }[]
  /** Whether it has rows that go when they are old. */
  readonly retention: boolean
}

/** A line of the crontab. */
export type OpsTask = { readonly name: string; readonly schedule: string; readonly args: readonly string[] }

/** The part of a fleet that the ops container needs. */
export function opsFleet(fleet: Fleet): OpsFleet {
  const withRetention = new Set(fleet.schedule.flatMap(({ args: [command, , key] }) => (command === 'retention' && key ? [key] : [])))
  return {
    version: opsFleetVersion,
    fleet: fleet.name,
    services: fleet.services.map((service) => opsService(service, withRetention.has(service.key))),
    tasks: fleet.schedule.map(({ name, schedule, args }) => ({ name, schedule, args })),
  }
}

function opsService(service: Service, retention: boolean): OpsService {
  const { key, database, host, listenPort, major, jobs, roles } = service
  const role = (wanted: RoleKind): string => {
    const found = roles.find(({ kind }) => kind === wanted)
    if (!found) throw new Error(`service ${key} has no ${wanted} role`)
    return found.name
  }
  return {
    key,
    database,
    host,
    port: listenPort,
    major,
    roles: { migrator: role('migrator'), backup: role('backup'), monitor: role('monitor') },
    jobs: jobs.map(({ name, call }) => ({ name, call })),
    retention,
  }
}
