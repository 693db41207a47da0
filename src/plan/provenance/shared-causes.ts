import type { Path } from '../../diagnostic.ts'
import type { Candidate, Trial } from './candidates.ts'
import { type Cause, causeOf } from './cause.ts'
import { valueAt } from './config-path.ts'
import { effectOf, type Scene } from './effect.ts'

type Member = { readonly candidate: Candidate; readonly trial: Trial }

/**
 * Places that several services have alike, and that each keep the lines as they are: an image is there as long as one service needs it. The
 * same edit is made in all services at once; of the places, those count that are enough alone.
 */
export function sharedCauses(scene: Scene, candidates: readonly Candidate[]): { lines: Cause[]; file: Cause[] } {
  const lines: Cause[] = []
  const file: Cause[] = []
  for (const group of groupsOf(scene, candidates)) {
    const effect = effectOf(scene, edited(scene, group))
    if (effect === undefined) continue
    const alone = group.filter(
      (one) =>
        effectOf(
          scene,
          edited(
            scene,
            group.filter((other) => other !== one),
          ),
        ) === undefined,
    )
    for (const { candidate, trial } of alone.length > 0 ? alone : group)
      if (effect === 'gone') file.push({ ...causeOf(candidate, trial, { line: '', becomes: undefined, others: [] }, 0), shared: true })
      else lines.push({ ...causeOf(candidate, trial, effect, 0), shared: true })
  }
  return { lines, file }
}

const edited = (scene: Scene, members: readonly Member[]) => members.reduce((config, { trial }) => trial.apply(config), scene.config)

/** The same place in different services; items of a list are the same where they say the same. */
function groupsOf({ config }: Scene, candidates: readonly Candidate[]): Member[][] {
  const groups = new Map<string, Member[]>()
  for (const candidate of candidates) {
    const [top, key, field] = candidate.path
    if (top !== 'services' || key === undefined || field === undefined || candidate.default !== undefined) continue
    const value = valueAt(config, candidate.path)
    const name = JSON.stringify([...placeOf(candidate.path), candidate.on === 'key' ? null : value])
    const trial = candidate.trials.find(({ after }) => after === undefined) ?? candidate.trials[0]
    if (!trial) continue
    const group = groups.get(name)
    if (group) group.push({ candidate, trial })
    else groups.set(name, [{ candidate, trial }])
  }
  return [...groups.values()].filter((group) => group.length > 1)
}

const placeOf = (path: Path): Path => path.slice(2).map((step) => (typeof step === 'number' ? 0 : step))
