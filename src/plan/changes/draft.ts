import type { Effect } from './impact.ts'
import type { Change, DestroyRule } from './types.ts'

/** A change as those who find it write it down. `migrates`: it does not go back by itself; `loses`: it goes under this rule. */
export type Draft = Pick<Change, 'target' | 'area' | 'kind' | 'subject' | 'at'> &
  Partial<Pick<Change, 'service' | 'before' | 'after' | 'note' | 'security' | 'advice'>> & {
    readonly effect?: Effect
    /** Containers that the effect reaches. */
    readonly on?: readonly string[]
    readonly migrates?: boolean
    readonly loses?: DestroyRule | undefined
  }

/** The change, without what is not known of it. */
export function changeOf({ effect = 'none', on = [], migrates = false, loses, ...rest }: Draft): Change {
  return {
    ...rest,
    impact: loses ? 'destroy' : migrates ? 'migration' : effect,
    effect,
    containers: effect === 'none' ? [] : on,
    ...(loses ? { destroys: { rule: loses } } : {}),
  }
}
