import type { Draft } from './draft.ts'
import { kindOf, pairs } from './pairs.ts'
import { effectOn, type FleetScope } from './scope.ts'
import type { ServicePair } from './services.ts'
import { listChange } from './values.ts'

/** Applications: their image, and the databases that they reach. */
export function applicationChanges(scope: FleetScope, services: readonly ServicePair[]): Draft[] {
  const keys = new Map(services.flatMap(({ before, after }) => (before && after ? [[before.key, after.key] as const] : [])))
  return pairs(scope.base.applications, scope.head.applications, (application) => application.name).flatMap((pair): Draft[] => {
    const { key, before: old, after: now } = pair
    const uses = listChange(old?.uses.map((key) => keys.get(key) ?? key) ?? [], now?.uses ?? [], { gains: 'uses', loses: 'no longer uses' })
    if (old && now && old.image === now.image && uses.note === '') return []
    const security = [
      uses.gained.length > 0 ? `${key} joins the network of ${uses.gained.join(', ')}, and gets the way there` : '',
      old && now && repository(old.image) !== repository(now.image) ? 'its image comes from another place' : '',
    ]
      .filter(Boolean)
      .join('; ')
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
        ...(security ? { security } : {}),
        at: { ...(old ? { base: old.origin } : {}), ...(now ? { head: now.origin } : {}) },
      },
    ]
  })
}

/** An image without its tag and digest. */
const repository = (image: string): string => image.replace(/@.*$/, '').replace(/:[^:/]*$/, '')
