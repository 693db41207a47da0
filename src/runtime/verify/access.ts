import type { Service } from '../../fleet/types.ts'
import type { Queryable } from './verify-settings.ts'

/** A connection that must be ended: one session for all its queries, so that a transaction spans them. */
export type Session = Queryable & { readonly end: () => Promise<unknown> }

/** One of a server, which may be written to. */
export type ServerSession = Session & {
  /** Runs one statement whose rows, if it gives any, nobody wants. How many it wrote. */
  readonly execute: (statement: string) => Promise<number>
}

/** How the systems of a fleet are reached where it runs. */
export type FleetAccess = {
  /** The service's own database, as superuser. */
  readonly server: (service: Service) => Promise<ServerSession>
  /** The console of its pooler, or why there is none to ask. */
  readonly pooler: ((service: Service) => Promise<Session>) | string
}
