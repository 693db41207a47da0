// The places a fleet can run at, and what each can do.
import { extensionPackages } from './debian-packages.ts'
import type { InstalledPooler, ServerPaths, Target } from './types.ts'

/** Port on which server and pooler listen inside their own networks; what is published is the declared one. */
export const containerPort = 5432

const containerPaths: ServerPaths = {
  config: '/etc/pgfleet/config',
  tls: '/run/pgfleet/tls',
  verifiers: '/run/pgfleet/verifiers',
  socket: '/var/run/postgresql',
}

/** One machine with Docker Compose: Debian's PostgreSQL in containers, a pooler in front of each server. */
export function composeTarget(): Target {
  return {
    name: 'compose',
    build: 'debian',
    extensions: Object.keys(extensionPackages),
    pooler: true,
    tls: true,
    scheduler: true,
    lenient: false,
    paths: () => containerPaths,
    listenPort: () => containerPort,
  }
}

export type EmbeddedOptions = {
  /** Folder of the runtime; each service has a folder in it. Kept short by the caller: a socket path has at most 107 bytes. */
  readonly stateDir: string
  /** Added to every declared port. */
  readonly portOffset: number
  /** The PgBouncer of this machine, or why there is none. */
  readonly pooler?: InstalledPooler | string
}

/** The machine at hand, without containers: PostgreSQL from npm, PgBouncer if it is installed. What they lack is left out and listed. */
export function embeddedTarget({ stateDir, portOffset, pooler }: EmbeddedOptions): Target {
  return {
    name: 'embedded',
    build: 'embedded',
    extensions: [],
    pooler: typeof pooler === 'object',
    ...(typeof pooler === 'object' ? { installedPooler: pooler } : {}),
    ...(typeof pooler === 'string' ? { poolerMissing: pooler } : {}),
    tls: false,
    scheduler: false,
    lenient: true,
    paths: (service) => ({
      config: `${stateDir}/${service}/config`,
      tls: `${stateDir}/${service}/tls`,
      verifiers: `${stateDir}/${service}/verifiers`,
      socket: `${stateDir}/${service}/socket`,
    }),
    listenPort: (declared) => declared + portOffset,
  }
}
