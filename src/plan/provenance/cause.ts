import type { Path } from '../../diagnostic.ts'
import type { Candidate, Trial } from './candidates.ts'
import type { Effect } from './effect.ts'
import { carries } from './printed-value.ts'

/**
 * A place of services.yaml that lines of an artifact come from. `value`: they carry what is written there; `influence`: they are computed
 * from it; `presence`: they are there because it is.
 */
export type Cause = {
  readonly kind: 'value' | 'influence' | 'presence'
  readonly path: Path
  readonly on: 'key' | 'value'
  /** The field is not written: this is what it counts as. */
  readonly default?: unknown
  /** The edit that showed it; `after` is absent where something was taken away. */
  readonly edit: { readonly before: unknown; readonly after?: unknown }
  /** What the first of the lines would be after the edit; absent where nothing would be there. */
  readonly becomes?: string
  /** Several places each keep the line as it is: only an edit of all of them changes it. */
  readonly shared?: true
  /** How many smaller edits did nothing. */
  readonly nth: number
}

/** The cause that the nth edit of a place has shown, after those before it had shown nothing. */
export function causeOf({ path, on, default: preset }: Candidate, { before, after }: Trial, effect: Effect, nth: number): Cause {
  const { line, becomes, others } = effect
  const isTaken = after === undefined
  // What goes with an entry went because it was under it.
  const isPrinted = !(isTaken && on === 'key') && carries(before, after, line, others)
  const kind = isPrinted ? 'value' : becomes === undefined ? 'presence' : 'influence'
  return {
    kind,
    path,
    on,
    nth,
    ...(preset === undefined ? {} : { default: preset }),
    edit: { before, ...(isTaken ? {} : { after }) },
    ...(becomes === undefined ? {} : { becomes }),
  }
}

const kinds: readonly Cause['kind'][] = ['value', 'influence', 'presence']

/**
 * What provides the value first: of a kind the deepest place first, then what the smallest edit shows, for what is computed quantities before
 * words, and what is written before defaults. An
 * entry or a list of which a part is a cause is left out, unless its own name is in the line.
 */
export function ordered(causes: readonly Cause[]): Cause[] {
  const begins = (cause: Cause, other: Cause) => other !== cause && cause.path.every((step, at) => other.path[at] === step)
  const isCovered = (cause: Cause) => cause.on === 'key' && cause.kind !== 'value' && causes.some((other) => begins(cause, other))
  const depth = ({ kind, path }: Cause): number => {
    const steps = path.filter((step) => typeof step === 'string').length
    // What is under a service matters more than what all share; how far under says nothing where a formula mixes them.
    return kind === 'influence' ? Math.min(steps, 3) : steps
  }
  const rank = (cause: Cause): number =>
    kinds.indexOf(cause.kind) * 1000 -
    40 * depth(cause) +
    4 * cause.nth +
    (cause.kind === 'value' || isQuantity(cause) ? 0 : 2) +
    (cause.default === undefined ? 0 : 1)
  return causes.filter((cause) => !isCovered(cause)).sort((a, b) => rank(a) - rank(b))
}

const isQuantity = ({ edit }: Cause): boolean => /^\d/.test(String(edit.before))
