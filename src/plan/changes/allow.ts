import type { Allow } from '../../fleet/allow.ts'
import type { Change, UnusedAllow } from './types.ts'

/**
 * Changes with the permission that they have, and the entries that permit nothing. What the base has already was for the loss that came with
 * it: the next one of the same target needs an entry of its own.
 */
export function applyAllows(
  changes: readonly Change[],
  allows: readonly Allow[],
  merged: readonly Allow[],
): { changes: Change[]; unused: UnusedAllow[] } {
  const old = (entry: Allow) => merged.some((other) => said(other) === said(entry))
  const used = new Set<Allow>()
  const permitted = changes.map((change): Change => {
    const { destroys, target } = change
    const entry = destroys && allows.find((each) => !each.expired && !old(each) && each.rule === destroys.rule && each.target === target)
    if (!destroys || !entry) return change
    used.add(entry)
    return { ...change, destroys: { ...destroys, allowed: entry.reason } }
  })
  const unused = allows.flatMap((entry, index): UnusedAllow[] => {
    if (used.has(entry)) return []
    const { rule, target, expired, expires } = entry
    const message = expired
      ? `the permission for ${rule} of ${target} ended on ${expires}`
      : old(entry)
        ? `the permission for ${rule} of ${target} was there before and permits nothing any more: remove the entry, or write another reason for another loss`
        : `${rule} of ${target} is permitted, and nothing here does that: remove the entry`
    return [{ rule, target, index, why: expired ? 'expired' : 'stale', message }]
  })
  return { changes: permitted, unused }
}

const said = ({ rule, target, reason, expires }: Allow): string => JSON.stringify([rule, target, reason, expires])
