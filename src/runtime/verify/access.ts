import type { Service } from '../../fleet/types.ts'
import type { Queryable } from './verify-settings.ts'

/** A connection that must be ended. */
export type Session = Queryable & { readonly end: () => Promise<unknown> }

/** How the systems of a fleet are reached where it runs. */
export type FleetAccess = {
  /** The service's own database, as superuser. */
  readonly server: (service: Service) => Promise<Session>
  /** The console of its pooler, or why there is none to ask. */
  readonly pooler: ((service: Service) => Promise<Session>) | string
}
