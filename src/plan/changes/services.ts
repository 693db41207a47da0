import type { Fleet, Service } from '../../fleet/types.ts'
import { formatSize } from '../../fleet/units.ts'
import type { Draft } from './draft.ts'
import type { Pair } from './pairs.ts'

/** A service of both sides under a name that is the same in both directions, or of one side. */
export type ServicePair = Pair<Service>

/**
 * Services of both sides that belong together: those with the same database on the same volume, then those with the same key. So a
 * service that only has another key is renamed.
 */
export function pairServices(base: Fleet, head: Fleet): ServicePair[] {
  const data = ({ database, volume }: Service) => `${volume} ${database}`
  const byData = new Map(base.services.map((service) => [data(service), service]))
  const byKey = new Map(base.services.map((service) => [service.key, service]))
  const partner = new Map<Service, Service>()
  const taken = new Set<Service>()
  for (const partnerOf of [(service: Service) => byData.get(data(service)), (service: Service) => byKey.get(service.key)])
    for (const service of head.services) {
      const other = partner.has(service) ? undefined : partnerOf(service)
      if (!other || taken.has(other)) continue
      partner.set(service, other)
      taken.add(other)
    }
  return [
    ...head.services.map((after): ServicePair => {
      const before = partner.get(after)
      return before ? { key: nameOf(before, after), before, after } : { key: after.key, after }
    }),
    ...base.services.filter((service) => !taken.has(service)).map((before): ServicePair => ({ key: before.key, before })),
  ]
}

const nameOf = (before: Service, after: Service): string =>
  before.key === after.key ? after.key : [before.key, after.key].sort().join('+')

/** A service that only one side has. */
export function wholeServiceChange({ key, before, after }: ServicePair, base: Fleet): Draft[] {
  if (before && after) return []
  const service = (after ?? before)!
  const own = { target: key, area: 'service' as const, service: service.key, subject: `service ${service.key}` }
  const text = `database ${service.database} on port ${service.port}, ${formatSize(service.memory)}, PostgreSQL ${service.major}`
  if (after) {
    const sameDatabase = base.services.find(({ database }) => database === after.database)
    return [
      {
        ...own,
        kind: 'added',
        after: text,
        note: 'new containers and an empty volume',
        advice: sameDatabase
          ? `if it is ${sameDatabase.key} under another key, write volume: ${sameDatabase.volume}, and it keeps the data`
          : 'its passwords and certificates are made by pgfleet secrets init',
        at: { head: after.origin },
      },
    ]
  }
  return [
    {
      ...own,
      kind: 'removed',
      before: text,
      loses: 'service-removed',
      advice: `its containers and its volume ${service.volume} stay until they are removed by hand; take a last backup before`,
      at: { base: service.origin },
    },
  ]
}
