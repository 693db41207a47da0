// What differs in the artifacts and no change accounts for: nothing that a container is made of changes in silence.
import { opsHost } from '../../fleet/container-names.ts'
import type { ComposeSections } from './compose-sections.ts'
import type { Draft } from './draft.ts'
import type { Files } from './pooler-keys.ts'
import type { ServicePair } from './services.ts'
import { sameDefinition, substance } from './substance.ts'

/** Networks with another definition that no change of addresses accounts for: whoever is in one must leave it. */
export function unexplainedNetworks(drafts: readonly Draft[], base: ComposeSections, head: ComposeSections): Draft[] {
  if (drafts.some(({ target }) => target === 'network/base')) return []
  const moved = [...head.networks].filter(([network, text]) => (base.networks.get(network) ?? text) !== text)
  const members = moved.length > 0 ? membersOf(base, head) : undefined
  return moved.flatMap(([network, text]): Draft[] => {
    const old = base.networks.get(network)!
    const inside = members?.get(network) ?? []
    return [
      {
        target: `network/${network}`,
        area: 'network',
        kind: 'changed',
        subject: `network ${network}`,
        ...difference(old, text),
        effect: 'recreate',
        on: inside,
        advice: 'networks keep their addresses while they exist: stop the fleet before (pgfleet down --runtime compose)',
        at: {},
      },
    ]
  })
}

/** Containers of both sides, by the networks that they have an address in. */
function membersOf(base: ComposeSections, head: ComposeSections): Map<string, string[]> {
  const members = new Map<string, string[]>()
  for (const [container, text] of head.containers)
    if (base.containers.has(container))
      for (const [, key] of text.matchAll(/\n {6}([^\s:]+):/g)) {
        const known = members.get(key!)
        if (known) known.push(container)
        else members.set(key!, [container])
      }
  return members
}

/** Containers that are made anew though no change says so. */
export function unexplainedContainers(
  drafts: readonly Draft[],
  base: ComposeSections,
  head: ComposeSections,
  pairs: readonly ServicePair[],
  applications: ReadonlySet<string>,
): Draft[] {
  const explained = new Set(drafts.flatMap(({ effect, on = [] }) => (effect === 'recreate' ? on : [])))
  const keys = (side: 'before' | 'after') => pairs.flatMap((pair) => pair[side]?.key ?? [])
  const [olds, news] = [keys('before'), keys('after')].map((all) => new Set(all)) as [Set<string>, Set<string>]
  const added = [...news].filter((key) => !olds.has(key))
  const removed = [...olds].filter((key) => !news.has(key))
  return [...head.containers].flatMap(([container, text]): Draft[] => {
    const old = base.containers.get(container)
    if (old === undefined || explained.has(container) || sameDefinition(old, text)) return []
    const own = { target: `container/${container}`, kind: 'changed' as const, effect: 'recreate' as const, on: [container], at: {} }
    if (container === opsHost && added.length + removed.length > 0) {
      const list = (services: readonly string[]) => (services.length > 5 ? `${services.length} services` : services.join(', '))
      const note = [added.length ? `joins the networks of ${list(added)}` : '', removed.length ? `leaves those of ${list(removed)}` : '']
      return [{ ...own, area: 'network', subject: 'ops container', note: note.filter(Boolean).join('; ') }]
    }
    // Their variables follow from services; the lines say no more than those.
    if (applications.has(container))
      return [{ ...own, area: 'application', subject: `application ${container}`, note: 'its connection strings change' }]
    const service = pairs.find(({ after }) => after && (after.host === container || after.pool.host === container))?.after
    return [
      { ...own, area: 'file', ...(service ? { service: service.key } : {}), subject: `container ${container}`, ...difference(old, text) },
    ]
  })
}

/** The lines that only one side has, a few of them. */
function difference(before: string, after: string): Pick<Draft, 'before' | 'after'> {
  const lines = (text: string) => text.split('\n').map((line) => line.trim())
  const [old, now] = [lines(before), lines(after)]
  const only = (these: string[], others: string[]) => {
    const without = new Set(others)
    const left = these.filter((line) => !without.has(line))
    return left.length > 3 ? `${left.slice(0, 3).join(', ')} and ${left.length - 3} more lines` : left.join(', ')
  }
  const [removed, added] = [only(old, now), only(now, old)]
  return { ...(removed ? { before: removed } : {}), ...(added ? { after: added } : {}) }
}

/** Access rules and SQL of a service that differ though none of its changes reaches them. */
export function unexplainedFiles(drafts: readonly Draft[], base: Files, head: Files, { key, before, after }: ServicePair): Draft[] {
  if (!before || !after) return []
  const reached = drafts.some(
    ({ area, service, effect }) =>
      (service === undefined || service === after.key) && effect && effect !== 'none' && area !== 'setting' && area !== 'pool',
  )
  const told = drafts.some(
    ({ area, service }) => service === after.key && ['service', 'resources', 'sql', 'job', 'retention'].includes(area),
  )
  const file = (path: string, what: string): Draft[] => {
    const [old, now] = [base.get(path.replace('*', before.key)), head.get(path.replace('*', after.key))]
    if (old === now || substance(old) === substance(now)) return []
    return [
      {
        target: `${key}/file/${what}`,
        area: 'file',
        kind: 'changed',
        service: after.key,
        subject: what,
        effect: 'reload',
        on: [after.host],
        at: { base: before.origin, head: after.origin },
      },
    ]
  }
  if (reached) return []
  return [
    ...file('infrastructure/postgres/*/pg_hba.conf', 'pg_hba.conf'),
    ...file('infrastructure/postgres/*/pg_ident.conf', 'pg_ident.conf'),
    ...(told ? [] : file('infrastructure/postgres/*-db-init.sql', 'init SQL')),
  ]
}
