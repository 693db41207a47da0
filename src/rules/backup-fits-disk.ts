import { fittingLimit, formatAmount, proofHolds, proofTotal } from '../fleet/proof.ts'
import type { Rule } from './rule.ts'

export const backupFitsDisk: Rule = {
  code: 'backup-fits-disk',
  severity: 'error',
  why: 'Backups fail when their disk is full, and the first to notice is whoever needs one.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders: { port: 5432, memory: 2GiB, disk: 50GiB }
backup:
  disk: 100GiB # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders: { port: 5432, memory: 2GiB, disk: 50GiB }
backup:
  daily: { keep: 3 days }
  weekly: { keep: 2 weeks }
  monthly: { keep: 2 months }
  disk: 100GiB
`,
  *check({ proofs }) {
    for (const proof of proofs) {
      if (proof.kind !== 'backup-disk' || proofHolds(proof)) continue
      yield {
        path: proof.limit.path,
        message: `the backups that are kept may take ${formatAmount(proof, proofTotal(proof))}, their disk has ${formatAmount(proof, proof.limit.value)}`,
        help: `set backup.disk to ${fittingLimit(proof)}, or keep fewer`,
        related: proof.terms
          .toSorted((a, b) => b.amount - a.amount)
          .slice(0, 3)
          .map(({ name, how, path }) => ({ path, message: `${name}: ${how}` })),
      }
    }
  },
}
