import { ownerOf } from './artifact-owner.ts'
import { type Candidate, candidatesOf } from './candidates.ts'
import { type Cause, causeOf, ordered } from './cause.ts'
import { type Effect, effectOf, type Scene } from './effect.ts'
import { coreOf, isLarge, type Question, sceneOf, within } from './scene.ts'
import { sharedCauses } from './shared-causes.ts'
import { touchedAmong, withoutIdleFields } from './touch.ts'

export type Causes = {
  /** What the lines come from, the most telling first. */
  readonly lines: readonly Cause[]
  /** Why there is such a file at all. */
  readonly file: readonly Cause[]
  /** More services have a part in the lines than can be tried: these were left out. */
  readonly partial: boolean
}

/** Services that are searched field by field; with more, fields are tried in all of them at once before. */
const few = 2

/**
 * Which places of services.yaml lines of an artifact come from: each is edited by itself, and what is generated then is compared. Undefined
 * when there is no such artifact.
 */
export function causesOf(question: Question): Causes | undefined {
  const complete = sceneOf(question)
  if (!complete) return undefined
  const owner = ownerOf(question.path)
  const isOwn = owner !== undefined && Object.hasOwn(question.config.services, owner)
  const whole = (isOwn ? within(complete, new Set([owner])) : undefined) ?? coreOf(complete)
  const candidates = candidatesOf(whole.config)
  const partial = isLarge(whole)
  const services = isOwn ? new Set([owner]) : partial ? new Set<string>() : touchedAmong(whole, candidates, 'services')
  const applications = isOwn ? new Set<string>() : touchedAmong(whole, candidates, 'applications')
  const isOpen = ({ path: [top, key] }: Candidate): boolean =>
    top === 'services' ? services.has(String(key)) : top === 'applications' ? applications.has(String(key)) : true
  const scene = within(whole, services, applications) ?? whole
  const open = candidates.filter(isOpen)
  const found = singleCauses(scene, services.size > few ? withoutIdleFields(scene, open) : open)
  // Where no service by itself matters, several may each be enough.
  const shared = services.size === 0 && !partial ? sharedCauses(whole, candidates) : { lines: [], file: [] }
  return { lines: ordered([...found.lines, ...shared.lines]), file: ordered([...found.file, ...shared.file]), partial }
}

const nothing: Effect = { line: '', becomes: undefined, others: [] }

function singleCauses(scene: Scene, candidates: readonly Candidate[]): { lines: Cause[]; file: Cause[] } {
  const lines: Cause[] = []
  const file: Cause[] = []
  for (const candidate of candidates) {
    for (const [nth, trial] of candidate.trials.entries()) {
      const effect = effectOf(scene, trial.apply(scene.config))
      if (effect === undefined) continue
      if (effect === 'gone') file.push(causeOf(candidate, trial, nothing, nth))
      else lines.push(causeOf(candidate, trial, effect, nth))
      break
    }
  }
  return { lines, file }
}
