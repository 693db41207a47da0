import { type Scene, unaligned } from './effect.ts'
import { hunksOf, linesOf, movesOf } from './line-diff.ts'
import { subFleet } from './sub-fleet.ts'

/** Lines of an artifact, 0-based, and what it takes to make it anew. */
export type Question = Pick<Scene, 'config' | 'path' | 'wanted' | 'recompile'>

/** Undefined when there is no such artifact. */
export function sceneOf({ config, path, wanted, recompile }: Question): Scene | undefined {
  const texts = [...recompile(config)]
  const text = texts.find((one) => one.path === path)?.content
  if (text === undefined) return undefined
  return { config, path, text, lines: linesOf(text).map(unaligned), wanted, known: new Set(texts.map((one) => one.path)), recompile }
}

/** The scene with some services only; undefined when the lines are not there then. */
export function within(whole: Scene, services: ReadonlySet<string>, applications?: ReadonlySet<string>): Scene | undefined {
  if (services.size === 0) return undefined
  const part = sceneOf({ ...whole, config: subFleet(whole.config, services, applications) })
  if (!part) return undefined
  const moves = movesOf(whole.lines.length, hunksOf(whole.lines, part.lines))
  const wanted = whole.wanted.map((index) => moves[index]).filter((index) => index !== undefined)
  return wanted.length === whole.wanted.length ? { ...part, wanted } : undefined
}

/** Fleets of as many services are searched as they are. */
const many = 32

/** Whether a scene has more services than can be tried one by one. */
export const isLarge = ({ config }: Scene): boolean => Object.keys(config.services).length > many

/**
 * A large fleet without the half of its services that the lines are still there without, over and over: what takes a second to compile cannot be
 * compiled for each of its fields. Lines that both halves have come from what services share, and stay in either.
 */
export function coreOf(scene: Scene): Scene {
  if (!isLarge(scene)) return scene
  const keys = Object.keys(scene.config.services)
  const middle = Math.ceil(keys.length / 2)
  const half = within(scene, new Set(keys.slice(0, middle))) ?? within(scene, new Set(keys.slice(middle)))
  return half ? coreOf(half) : scene
}
