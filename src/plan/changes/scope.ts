import type { Fleet, Service } from '../../fleet/types.ts'
import type { Effect } from './impact.ts'

/** The two sides of the fleet, and what is known of their containers. */
export type FleetScope = {
  readonly base: Fleet
  readonly head: Fleet
  /** Whether the definition of a container that both sides have differs: then it is made anew. */
  readonly anew: (container: string) => boolean
  /** Moment after which next runs are shown. */
  readonly from: Date
}

/** A service that both sides have; `name` stands for it in targets. */
export type ServiceScope = FleetScope & { readonly name: string; readonly before: Service; readonly after: Service }

/** Effect of something that the container is made from, or that `otherwise` brings into it. */
export const effectOn = ({ anew }: FleetScope, container: string, otherwise: Effect): Effect => (anew(container) ? 'recreate' : otherwise)
