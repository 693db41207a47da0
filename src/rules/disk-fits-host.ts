import { fittingLimit, formatAmount, proofHolds, proofTotal } from '../fleet/proof.ts'
import type { Rule } from './rule.ts'

export const diskFitsHost: Rule = {
  code: 'disk-fits-host',
  severity: 'error',
  why: 'PostgreSQL stops when the disk is full. The expected sizes are to fit before the data is there.',
  bad: `version: 1
fleet: shop
host:
  memory: 16GiB
  cpus: 4
  disk: 100GiB # <-
services:
  orders: { port: 5432, memory: 2GiB, disk: 60GiB }
  stock: { port: 5433, memory: 2GiB, disk: 50GiB }
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 110GiB }
services:
  orders: { port: 5432, memory: 2GiB, disk: 60GiB }
  stock: { port: 5433, memory: 2GiB, disk: 50GiB }
`,
  *check({ proofs }) {
    for (const proof of proofs) {
      if (proof.kind !== 'host-disk' || proofHolds(proof)) continue
      yield {
        path: proof.limit.path,
        message: `the services expect ${formatAmount(proof, proofTotal(proof))} of data, the host has ${formatAmount(proof, proof.limit.value)}`,
        help: `set host.disk to ${fittingLimit(proof)}, or expect ${formatAmount(proof, proofTotal(proof) - proof.limit.value)} less`,
        related: proof.terms
          .toSorted((a, b) => b.amount - a.amount)
          .slice(0, 3)
          .map(({ name, how, path }) => ({ path, message: `${name}: ${how}` })),
      }
    }
  },
}
