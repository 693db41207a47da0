import type { Candidate, Trial } from './candidates.ts'
import { effectOf, type Scene } from './effect.ts'

const isName = (trial: Trial): boolean => trial.isName === true

/**
 * Whether anything happens to the lines when all values of a part are edited at once, when its entries get other names, and when what can be
 * taken away is.
 */
function isTouched(scene: Scene, part: readonly Candidate[]): boolean {
  const edits = part.map(({ trials }) => trials.filter(({ after }) => after !== undefined))
  const nth = (index: number): Trial[] => edits.flatMap((some) => some[index] ?? some[0] ?? []).filter((trial) => !isName(trial))
  // Names and removals from the end and from the inside: paths of other edits lead through them, and what is left of a list stays in its place.
  const removals = part.flatMap(({ trials }) => trials.filter(({ after }) => after === undefined)).reverse()
  const names = edits.flat().filter(isName).reverse()
  return [nth(0), names, removals, nth(1)].some((trials) => {
    if (trials.length === 0) return false
    const config = trials.reduce((sofar, trial) => trial.apply(sofar), scene.config)
    return effectOf(scene, config) !== undefined
  })
}

/** The entries of `services` or `applications` that do something to the lines: those of a half that does nothing are not tried one by one. */
export function touchedAmong(scene: Scene, candidates: readonly Candidate[], top: 'services' | 'applications'): Set<string> {
  const parts = new Map<string, Candidate[]>()
  for (const candidate of candidates) {
    const [first, key] = candidate.path
    if (first !== top || key === undefined) continue
    const part = parts.get(String(key))
    if (part) part.push(candidate)
    else parts.set(String(key), [candidate])
  }
  const search = (some: readonly (readonly [string, readonly Candidate[]])[]): string[] => {
    if (
      some.length === 0 ||
      !isTouched(
        scene,
        some.flatMap(([, part]) => part),
      )
    )
      return []
    if (some.length === 1) return [some[0]![0]]
    const middle = Math.ceil(some.length / 2)
    return [...search(some.slice(0, middle)), ...search(some.slice(middle))]
  }
  return new Set(search([...parts]))
}

/** Fields of services that do nothing to the lines when they are edited in all services are left out. */
export function withoutIdleFields(scene: Scene, candidates: readonly Candidate[]): Candidate[] {
  const fields = new Map<string, Candidate[]>()
  const kept: Candidate[] = []
  for (const candidate of candidates) {
    const [top, , field] = candidate.path
    if (top !== 'services' || field === undefined) kept.push(candidate)
    else if (fields.has(String(field))) fields.get(String(field))!.push(candidate)
    else fields.set(String(field), [candidate])
  }
  for (const part of fields.values()) if (isTouched(scene, part)) kept.push(...part)
  return kept
}
