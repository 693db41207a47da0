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
  // Two that swapped their keys are told apart by their data.
  const swapped = (before: Service, after: Service) =>
    before.key !== after.key && [...partner].some(([to, from]) => from.key === after.key && to.key === before.key)
  return [
    ...head.services.map((after): ServicePair => {
      const before = partner.get(after)
      if (!before) return { key: after.key, after }
      const name = nameOf(before, after)
      return { key: swapped(before, after) ? `${name}:${after.database}` : name, before, after }
    }),
    ...base.services.filter((service) => !taken.has(service)).map((before): ServicePair => ({ key: before.key, before })),
  ]
}

const nameOf = (before: Service, after: Service): string =>
  before.key === after.key ? after.key : [before.key, after.key].sort().join('+')

/** Roles of people and tools come to a new server as they are declared for all. */
function reach({ roles }: Service): string {
  const names = roles.filter(({ kind }) => kind === 'read-only' || kind === 'admin').map(({ name, kind }) => `${name} (${kind})`)
  return names.length > 0 ? `open to ${names.join(', ')}` : ''
}

/** A service that only one side has. */
export function wholeServiceChange({ key, before, after }: ServicePair, base: Fleet, head: Fleet): Draft[] {
  if (before && after) return []
  const service = (after ?? before)!
  const own = { target: key, area: 'service' as const, service: service.key, subject: `service ${service.key}` }
  const text = `database ${service.database} on port ${service.port}, ${formatSize(service.memory)}, PostgreSQL ${service.major}`
  if (after) {
    // A service that goes and had the port may be this one under another key.
    const gone = base.services.filter((other) => !head.services.some(({ key }) => key === other.key))
    const like =
      gone.find(({ database }) => database === after.database) ??
      gone.find(({ port, pool }) => port === after.port || pool.port === after.pool.port)
    return [
      {
        ...own,
        kind: 'added',
        after: text,
        note: ['new containers and an empty volume', reach(service)].filter(Boolean).join('; '),
        advice: like
          ? `if it is ${like.key} under another key, write database: ${like.database} and volume: ${like.volume}, and it keeps the data`
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
