// Names and users of the fleet's containers, for those who make them and those who talk to them.

/** User and group of `postgres` in the official Debian images. */
export const serverUser = 999
/** User and group that the pooler's Dockerfile makes. */
export const poolerUser = 6432
/** User and group that docker/ops.Dockerfile makes: it runs what is scheduled, and owns state and backups. */
export const opsUser = 6433

/** Names of containers and their parts have underscores, as the databases have. */
const underscored = (key: string): string => key.replaceAll('-', '_')

/** The container of a service's server. `prefix` is the first part of all names: of the project, its containers, networks, volumes. */
export const serverContainerName = (prefix: string, service: string): string => `${prefix}_postgres_${underscored(service)}`

/** The container of a service's pooler. */
export const poolerContainerName = (prefix: string, service: string): string => `${prefix}_pgbouncer_${underscored(service)}`

/** Name of the container that runs what is scheduled, in its networks. */
export const opsHost = 'ops'

/** The container that runs what is scheduled. */
export const opsContainerName = (prefix: string): string => `${prefix}_ops`

/** Its volumes, without the prefix of the fleet: what it remembers between starts, and the backups. */
export const opsVolumes: Readonly<Record<'state' | 'backups', string>> = { state: 'ops-state', backups: 'backups' }
