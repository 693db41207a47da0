import { fittingLimit, fittingValue, formatAmount, proofHolds, proofTotal } from '../fleet/proof.ts'
import type { Proof, Term } from '../fleet/types.ts'
import type { Rule } from './rule.ts'

export const memoryFitsServer: Rule = {
  code: 'memory-fits-server',
  severity: 'error',
  why: 'A server that may use more memory than its limit is killed by the kernel when it does, with every connection. The sum is a bound under the assumptions of the fleet, not a forecast.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 1GiB # <-
    settings:
      work_mem: 64MB
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 1GiB
`,
  *check({ proofs }) {
    for (const proof of proofs) {
      if (proof.kind !== 'memory' || proofHolds(proof)) continue
      const largest = proof.terms.toSorted((a, b) => b.amount - a.amount)
      yield {
        path: proof.limit.path,
        message: `${proof.service} has ${formatAmount(proof, proof.limit.value)}, but may need ${formatAmount(proof, proofTotal(proof))}: ${sum(proof, largest)}`,
        help: remedies(proof, largest),
        related: largest.filter(({ field }) => field).map((term) => ({ path: term.path, message: `${term.name}: ${term.how}` })),
      }
    }
  },
}

const sum = (proof: Proof, terms: readonly Term[]) => terms.map((term) => `${formatAmount(proof, term.amount)} ${term.name}`).join(' + ')

/** Every single change that is enough on its own; a sum of small excesses may have none but the limit. */
function remedies(proof: Proof, terms: readonly Term[]): string {
  const smaller = terms.flatMap((term) => {
    const value = fittingValue(proof, term)
    return value === undefined ? [] : [`${term.path.slice(2).join('.')} to at most ${value}`]
  })
  return `set ${[`memory to ${fittingLimit(proof)} or more`, ...new Set(smaller)].join(', or ')}`
}
