import type { Major } from '../../src/fleet/catalog.ts'

/** Folder of the Dockerfiles and of what they copy: the build context. */
export const buildContext = 'docker'

/** tmpfs that the secrets are copied to, for the user that runs the program: `tls/` and `verifiers/`. */
export const runtimeFolder = '/run/pgfleet'
/** Mount of `infrastructure/postgres` in a server's container, for its init SQL. */
export const serverShared = '/etc/pgfleet/shared'

/** The cluster that the image of a server brings along. */
export const clusterInImage = '/usr/local/share/pgfleet/cluster'

/** Where the official image keeps its volume: https://github.com/docker-library/postgres/pull/1259 */
export const dataVolume = (major: Major): string => (major >= 18 ? '/var/lib/postgresql' : '/var/lib/postgresql/data')

/** The network of a server, its pooler and operations; and the one of the pooler and the applications that use it. */
export const databaseNetwork = (service: string): string => `${service}-database`
export const applicationNetwork = (service: string): string => `${service}-application`
/** The one bridge that published ports go through. */
export const edgeNetwork = 'edge'
/** Bridge of the applications among themselves and to the outside: their other networks are internal. */
export const applicationsNetwork = 'applications'

/** A tmpfs that nothing is started from, owned by the user of the program. */
export const tmpfs = (path: string, user: number, mode: string, size: string): string =>
  `${path}:uid=${user},gid=${user},mode=${mode},size=${size},noexec,nosuid,nodev`

/**
 * What every container of the fleet has. It starts as root with two capabilities, reads its secrets, and gives up both before the
 * program runs (docker/unprivileged.sh).
 */
export const container = {
  user: '0:0',
  read_only: true,
  cap_drop: ['ALL'],
  cap_add: ['SETGID', 'SETUID'],
  security_opt: ['no-new-privileges:true'],
  restart: 'unless-stopped',
  logging: { driver: 'json-file', options: { 'max-size': '50m', 'max-file': '5' } },
} as const
