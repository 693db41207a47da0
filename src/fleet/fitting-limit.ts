import { proofHolds } from './proof.ts'
import type { Proof } from './types.ts'
import { MiB } from './units.ts'

/** No server has more: https://www.kernel.org/doc/html/latest/arch/x86/x86_64/5level-paging.html */
const mostMemory = 64 * 1024 * 1024 * MiB

/**
 * A proof whose sum grows with its own limit (a larger server gets larger buffers), with the smallest limit in whole MiB under which
 * it would hold: by doubling, then bisection. Nothing is searched for a proof that holds.
 */
export function withFittingLimit(proofOf: (limit: number) => Proof, limit: number): Proof {
  const proof = proofOf(limit)
  if (proofHolds(proof)) return proof
  let low = Math.floor(limit / MiB)
  let high = Math.max(1, low)
  do high *= 2
  while (high * MiB < mostMemory && !proofHolds(proofOf(high * MiB)))
  if (high * MiB >= mostMemory) return proof
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (proofHolds(proofOf(middle * MiB))) high = middle
    else low = middle
  }
  return { ...proof, limit: { ...proof.limit, fits: high * MiB } }
}
