import { impacts } from './impact.ts'
import type { Change } from './types.ts'

/** What `--fail-on` takes. */
export const failClasses = ['restart', 'recreate', 'destroy', 'security'] as const
export type FailClass = (typeof failClasses)[number]

/**
 * The changes that meet one of these classes. A graver effect meets a lighter class as well; a loss that `allow:` permits does not meet
 * `destroy`.
 */
export const meeting = (changes: readonly Change[], classes: readonly FailClass[]): Change[] =>
  changes.filter((change) => classes.some((each) => tests[each](change)))

const refused = ({ destroys }: Change): boolean => destroys !== undefined && destroys.allowed === undefined
const atLeast = (wanted: 'restart' | 'recreate', { effect }: Change): boolean => impacts.indexOf(effect) >= impacts.indexOf(wanted)

const tests: Record<FailClass, (change: Change) => boolean> = {
  restart: (change) => atLeast('restart', change) || refused(change),
  recreate: (change) => atLeast('recreate', change) || refused(change),
  destroy: refused,
  security: ({ security }) => security !== undefined,
}
