import { fittingLimit, fittingValue, proofHolds, proofTotal } from '../fleet/proof.ts'
import type { Rule } from './rule.ts'

export const poolFitsServer: Rule = {
  code: 'pool-fits-server',
  severity: 'error',
  why: 'Pools that together want more than max_connections work until the day they are full; then connections are refused under load.',
  bad: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    pool: { size: 50 }
    settings:
      max_connections: 60 # <-
`,
  good: `version: 1
fleet: shop
host: { memory: 16GiB, cpus: 4, disk: 100GiB }
services:
  orders:
    port: 5432
    memory: 2GiB
    pool: { size: 50 }
    settings:
      max_connections: 80
`,
  *check({ proofs }) {
    for (const proof of proofs) {
      if (proof.kind !== 'connections' || proofHolds(proof)) continue
      const sum = proof.terms.map(({ amount, name }) => `${amount} ${name}`).join(' + ')
      const pool = proof.terms.find(({ field }) => field)
      const smaller = pool && fittingValue(proof, pool)
      yield {
        path: proof.limit.path,
        message: `max_connections of ${proof.service} is ${proof.limit.value}, but ${proofTotal(proof)} may be open at once: ${sum}`,
        help: `set max_connections to ${fittingLimit(proof)} or more, or leave it out${smaller ? `; or set ${pool.path.slice(2).join('.')} to at most ${smaller}` : ''}`,
        related: pool ? [{ path: pool.path, message: `${pool.amount} connections come from here` }] : [],
      }
    }
  },
}
