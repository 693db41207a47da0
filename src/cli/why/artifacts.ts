import { join, posix, relative, resolve, sep } from 'node:path'
import { allGenerators } from '../../../generators/index.ts'
import type { Fleet } from '../../fleet/types.ts'
import { closest } from '../../suggest.ts'
import type { Generator } from '../recompile.ts'

type Made = { readonly content: string; readonly generator: Generator }

/** The artifacts of a fleet by path, with what makes each. */
export const artifactsOf = (fleet: Fleet): ReadonlyMap<string, Made> =>
  new Map(
    allGenerators.flatMap((generator) =>
      [...generator.generate(fleet)].map(({ path, content }) => [path, { content, generator }] as const),
    ),
  )

/** The artifact that a path means: from where the user stands, or inside the output folder. Undefined for none. */
export function artifactAt(path: string, folder: string, cwd: string, known: ReadonlyMap<string, unknown>): string | undefined {
  const inside = relative(folder, resolve(cwd, path)).split(sep).join('/')
  const given = posix.normalize(path.split(sep).join('/'))
  return [inside, given].find((one) => known.has(one))
}

/** Which artifact was perhaps meant: one of the same name in the same service, or one that is spelt like it. */
export function suggestion(path: string, shownFolder: string, known: ReadonlyMap<string, unknown>): string {
  const given = path.split(sep).join('/')
  const under = [...known.keys()].map((one) => ({ one, shown: join(shownFolder, one) }))
  const ends = under.find(({ one }) => one.endsWith(`/${posix.normalize(given)}`))
  const meant =
    ends?.shown ??
    closest(
      given,
      under.flatMap(({ one, shown }) => [shown, one]),
    )
  return meant === undefined ? `name a file below ${shownFolder}/, e.g. ${under[0]?.shown}:1` : `did you mean ${meant}?`
}
