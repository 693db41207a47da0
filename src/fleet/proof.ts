import type { Proof, Term } from './types.ts'
import { formatMemory, formatSize, kiB, roundUpSize } from './units.ts'

/** What the terms add up to. */
export const proofTotal = (proof: Proof): number => proof.terms.reduce((sum, { amount }) => sum + amount, 0)

export const proofHolds = (proof: Proof): boolean => proofTotal(proof) <= proof.limit.value

/** A quantity of a proof as people read it. */
export const formatAmount = (proof: Proof, amount: number): string =>
  proof.unit === 'bytes' ? formatSize(Math.ceil(amount / 2 ** 20) * 2 ** 20) : String(amount)

/** The smallest limit under which the proof would hold, as it is to be written. */
export const fittingLimit = (proof: Proof): string =>
  proof.unit === 'bytes' ? formatSize(roundUpSize(proof.limit.fits ?? proofTotal(proof))) : String(Math.ceil(proofTotal(proof)))

/** Less is not suggested: shared_buffers takes no less than 128kB, work_mem and maintenance_work_mem no less than 64kB. */
const least = { kB: 128, connections: 1 } as const

/**
 * The largest value of a term's field under which the proof would hold when nothing else changes, as it is to be written;
 * undefined when the term has no field of its own or no value would do.
 */
export function fittingValue(proof: Proof, { field }: Term): string | undefined {
  if (!field || field.each <= 0) return undefined
  const fits = field.value - Math.ceil((proofTotal(proof) - proof.limit.value) / field.each)
  if (fits < least[field.unit]) return undefined
  return field.unit === 'kB' ? formatMemory(fits * kiB) : String(fits)
}
