import type { Bytes } from './types.ts'
import { kiB, MiB } from './units.ts'

/** Server connections of the role that looks passwords up: one at work, one while the first reconnects. */
export const authConnections = 2
/** A pooler is published this far above its server, unless services.yaml says otherwise: 5432 and 6432. */
export const poolPortDistance = 1000

/** PgBouncer 1.24 with TLS took 125 MB for 2,000 clients, about 60 kB each; a little more for each, and the process itself. */
const perClient = 64 * kiB
const base = 32 * MiB
const step = 32 * MiB

/** Memory limit of a pooler. */
export const poolerMemory = (maxClients: number): Bytes => Math.ceil((base + maxClients * perClient) / step) * step
