import { proofTotal } from '../../fleet/proof.ts'
import type { Fleet, Proof, Service } from '../../fleet/types.ts'
import { pairs } from './pairs.ts'
import type { ServicePair } from './services.ts'
import type { BudgetRow, Use } from './types.ts'

/** Less than this part of a limit left is tight. */
const tightBelow = 0.1

const kinds = {
  memory: 'memory',
  connections: 'connections',
  'host-memory': 'memory',
  'host-disk': 'disk',
  'backup-disk': 'backup-disk',
} as const satisfies Record<Proof['kind'], BudgetRow['kind']>

/** Sums against limits before and after: of the host, and of each service that changes. */
export function budgetRows(base: Fleet, head: Fleet, services: readonly ServicePair[], changed: ReadonlySet<string>): BudgetRow[] {
  const host = pairs(hostUses(base), hostUses(head), ([kind]) => kind).map(({ before, after }) => {
    const [kind, , unit] = (after ?? before)!
    return row({ kind, unit }, before?.[1], after?.[1])
  })
  const [old, now] = [proofsByService(base), proofsByService(head)]
  const own = services
    .filter(({ before, after }) => changed.has((after ?? before)!.key))
    .flatMap(({ before, after }) => {
      const [earlier, later] = [old.get(before?.key ?? '') ?? [], now.get(after?.key ?? '') ?? []]
      const service = (after ?? before)!.key
      const proven = pairs(earlier, later, ({ kind }) => kind).map((pair) => {
        const proof = (pair.after ?? pair.before)!
        return row({ service, kind: kinds[proof.kind], unit: proof.unit }, useOf(pair.before), useOf(pair.after), derived(pair.after))
      })
      const shares = pairs(sharesOf(base, before), sharesOf(head, after), ([kind]) => kind)
        .filter((pair) => pair.before?.[1].used !== pair.after?.[1].used)
        .map(({ key, before: from, after: to }) =>
          row({ service, kind: key as BudgetRow['kind'], unit: (to ?? from)![2] }, from?.[1], to?.[1], true),
        )
      return [...proven, ...shares]
    })
  return [...host, ...own]
}

const useOf = (proof: Proof | undefined): Use | undefined => proof && { used: proofTotal(proof), limit: proof.limit.value }

/** A limit that nobody declared is made to fit the sum: max_connections. */
const derived = (proof: Proof | undefined): boolean => proof?.kind === 'connections' && proof.limit.path.at(-1) !== 'max_connections'

function row(own: Pick<BudgetRow, 'service' | 'kind' | 'unit'>, before: Use | undefined, after: Use | undefined, fits = false): BudgetRow {
  return {
    ...own,
    ...(before ? { before } : {}),
    ...(after ? { after } : {}),
    tight: !fits && after !== undefined && after.limit - after.used < tightBelow * after.limit,
  }
}

type HostUse = readonly [kind: BudgetRow['kind'], use: Use, unit: BudgetRow['unit']]

function hostUses({ proofs, host, services }: Fleet): HostUse[] {
  const cpus = services.reduce((sum, service) => sum + service.cpus, 0)
  const own = proofs.filter(({ service }) => service === undefined).map((proof): HostUse => [kinds[proof.kind], useOf(proof)!, proof.unit])
  return [...own.slice(0, 1), ['cpus', { used: cpus, limit: host.cpus }, 'cpus'], ...own.slice(1)]
}

/** What a service takes of the host: its rows say how much, that of the host whether it fits. */
function sharesOf({ host, proofs }: Fleet, service: Service | undefined): HostUse[] {
  if (!service) return []
  const { key, cpus, disk } = service
  const backups = proofs.find(({ kind }) => kind === 'backup-disk')
  const own = backups?.terms.find(({ name }) => name === `backups of ${key}`)
  return [
    ['cpus', { used: cpus, limit: host.cpus }, 'cpus'],
    ...(disk > 0 ? [['disk', { used: disk, limit: host.disk }, 'bytes'] as const] : []),
    ...(own ? [['backup-disk', { used: own.amount, limit: backups!.limit.value }, 'bytes'] as const] : []),
  ]
}

function proofsByService({ proofs }: Fleet): Map<string, Proof[]> {
  const byService = new Map<string, Proof[]>()
  for (const proof of proofs)
    if (proof.service !== undefined) {
      const own = byService.get(proof.service)
      if (own) own.push(proof)
      else byService.set(proof.service, [proof])
    }
  return byService
}
