import type { Path } from '../../diagnostic.ts'
import { ownerOf } from './artifact-owner.ts'
import { type Candidate, candidatesOf, type Trial } from './candidates.ts'
import { type Cause, causeOf, ordered } from './cause.ts'
import { type Effect, effectOf, type Scene, unaligned } from './effect.ts'
import { hunksOf, linesOf, movesOf } from './line-diff.ts'
import { contentOf } from './recompile.ts'
import { sharedCauses } from './shared-causes.ts'
import { subFleet } from './sub-fleet.ts'

/** `lines`: what the lines come from, the most telling first. `file`: why there is such a file at all. */
export type Causes = { readonly lines: readonly Cause[]; readonly file: readonly Cause[] }

/** Lines of an artifact, 0-based, and what it takes to make it anew. */
export type Question = Pick<Scene, 'config' | 'path' | 'wanted' | 'recompile'>

/**
 * Which places of services.yaml lines of an artifact come from: each is edited by itself, and what is generated then is compared. Undefined
 * when there is no such artifact.
 */
export function causesOf(question: Question): Causes | undefined {
  const whole = sceneOf(question)
  if (!whole) return undefined
  const candidates = candidatesOf(question.config)
  const owner = ownerOf(question.path)
  const services = Object.keys(question.config.services)
  const isOwn = owner !== undefined && services.includes(owner)
  const matter = isOwn ? new Set([owner]) : new Set(services.filter((key) => isTouched(whole, under(candidates, ['services', key]))))
  const applications = new Set(
    Object.keys(question.config.applications ?? {}).filter((name) => !isOwn && isTouched(whole, under(candidates, ['applications', name]))),
  )
  const isOpen = ({ path: [top, name] }: Candidate): boolean =>
    top === 'services' ? matter.has(String(name)) : top === 'applications' ? applications.has(String(name)) : true
  const scene = smaller(whole, question, matter, applications)
  const open = matter.size > few ? pruned(scene, candidates.filter(isOpen)) : candidates.filter(isOpen)
  const found = singleCauses(scene, open)
  // Where no service by itself matters, several may each be enough.
  const shared = matter.size === 0 ? sharedCauses(whole, candidates) : { lines: [], file: [] }
  return { lines: ordered([...found.lines, ...shared.lines]), file: ordered([...found.file, ...shared.file]) }
}

/** Names change last and from the inside: the paths of other edits lead through them. */
const isReplacement = ({ isName }: Trial): boolean => isName !== true

const nothing: Effect = { line: '', becomes: undefined, others: [] }

/** Services that are searched place by place; with more, parts of them are tried as a whole before. */
const few = 2

function sceneOf({ config, path, wanted, recompile }: Question): Scene | undefined {
  const texts = [...recompile(config)]
  const text = texts.find((one) => one.path === path)?.content
  if (text === undefined) return undefined
  return { config, path, text, lines: linesOf(text).map(unaligned), wanted, known: new Set(texts.map((one) => one.path)), recompile }
}

/** The scene without the services and applications that do not matter, if the lines are still there then. */
function smaller(
  whole: Scene,
  { config, path, recompile }: Question,
  services: ReadonlySet<string>,
  applications: ReadonlySet<string>,
): Scene {
  if (services.size === 0 || services.size === Object.keys(config.services).length) return whole
  const part = subFleet(config, services, applications)
  const text = contentOf(recompile, part, path)
  if (text === undefined) return whole
  const lines = linesOf(text).map(unaligned)
  const moves = movesOf(whole.lines.length, hunksOf(whole.lines, lines))
  const wanted = whole.wanted.map((index) => moves[index]).filter((index) => index !== undefined)
  if (wanted.length < whole.wanted.length) return whole
  return sceneOf({ config: part, path, wanted, recompile }) ?? whole
}

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

const under = (candidates: readonly Candidate[], path: Path): Candidate[] =>
  candidates.filter((candidate) => path.every((step, at) => candidate.path[at] === step))

/**
 * Whether anything happens to the lines when all values of a part are edited at once, when its entries get other names, and when what can be
 * taken away is.
 */
function isTouched(scene: Scene, part: readonly Candidate[]): boolean {
  const edits = part.map(({ trials }) => trials.filter(({ after }) => after !== undefined))
  const nth = (index: number): Trial[] => edits.flatMap((some) => some[index] ?? some[0] ?? []).filter(isReplacement)
  // From the end, so that what is left of a list stays in its place.
  const removals = part.flatMap(({ trials }) => trials.filter(({ after }) => after === undefined)).reverse()
  const names = edits
    .flat()
    .filter((trial) => !isReplacement(trial))
    .reverse()
  return [nth(0), names, removals, nth(1)].some((trials) => {
    if (trials.length === 0) return false
    const config = trials.reduce((sofar, trial) => trial.apply(sofar), scene.config)
    return effectOf(scene, config) !== undefined
  })
}

/** Fields of services that do nothing to the lines when they are edited in all services are left out. */
function pruned(scene: Scene, candidates: readonly Candidate[]): Candidate[] {
  const fields = new Map<string, Candidate[]>()
  const kept: Candidate[] = []
  for (const candidate of candidates) {
    const [top, , field] = candidate.path
    if (top !== 'services' || field === undefined) kept.push(candidate)
    else fields.set(String(field), [...(fields.get(String(field)) ?? []), candidate])
  }
  for (const part of fields.values()) if (isTouched(scene, part)) kept.push(...part)
  return kept
}
