import type { Draft } from './draft.ts'
import { kindOf, pairs } from './pairs.ts'
import { effectOn, type FleetScope } from './scope.ts'
import { listChange } from './values.ts'

/** Applications: their image, and the databases that they reach. */
export function applicationChanges(scope: FleetScope): Draft[] {
  return pairs(scope.base.applications, scope.head.applications, (application) => application.name).flatMap((pair): Draft[] => {
    const { key, before: old, after: now } = pair
    const uses = listChange(old?.uses ?? [], now?.uses ?? [], { gains: 'uses', loses: 'no longer uses' })
    if (old && now && old.image === now.image && uses.note === '') return []
    return [
      {
        target: `application/${key}`,
        area: 'application',
        kind: kindOf(pair),
        subject: `application ${key}`,
        ...(old && old.image !== now?.image ? { before: old.image } : {}),
        ...(now && old?.image !== now.image ? { after: now.image } : {}),
        note: uses.note,
        effect: old && now ? effectOn(scope, key, 'none') : 'none',
        on: [key],
        ...(uses.gained.length > 0 ? { security: `${key} joins the network of ${uses.gained.join(', ')}, and gets the way there` } : {}),
        at: { ...(old ? { base: old.origin } : {}), ...(now ? { head: now.origin } : {}) },
      },
    ]
  })
}
