import { fittingLimit, formatAmount, proofHolds, proofTotal } from '../fleet/proof.ts'
import type { Rule } from './rule.ts'

export const memoryFitsHost: Rule = {
  code: 'memory-fits-host',
  severity: 'error',
  why: 'When the limits of all servers and poolers add up to more than the host has, the kernel kills one of them under load, and which one is chance.',
  bad: `version: 1
fleet: shop
host:
  memory: 4GiB # <-
  cpus: 4
  disk: 100GiB
services:
  orders: { port: 5432, memory: 2GiB }
  stock: { port: 5433, memory: 2GiB }
`,
  good: `version: 1
fleet: shop
host: { memory: 5GiB, cpus: 4, disk: 100GiB }
services:
  orders: { port: 5432, memory: 2GiB }
  stock: { port: 5433, memory: 2GiB }
`,
  *check({ proofs }) {
    for (const proof of proofs) {
      if (proof.kind !== 'host-memory' || proofHolds(proof)) continue
      const largest = proof.terms.toSorted((a, b) => b.amount - a.amount).slice(0, 3)
      const over = formatAmount(proof, proofTotal(proof) - proof.limit.value)
      yield {
        path: proof.limit.path,
        message: `servers and poolers may use ${formatAmount(proof, proofTotal(proof))}, the host has ${formatAmount(proof, proof.limit.value)}`,
        help: `set host.memory to ${fittingLimit(proof)}, or take ${over} from the services`,
        related: largest.map(({ name, how, path }) => ({ path, message: `${name}: ${how}` })),
      }
    }
  },
}
