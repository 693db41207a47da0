import type { Config } from '../../../schema/services.ts'
import type { Path } from '../../diagnostic.ts'

type Map = Readonly<Record<string, unknown>>

export const isMap = (value: unknown): value is Map => typeof value === 'object' && value !== null && !Array.isArray(value)

/** What stands at a path; undefined where there is nothing. */
export const valueAt = (config: Config, path: Path): unknown =>
  path.reduce<unknown>((node, step) => (node as Record<string | number, unknown> | undefined)?.[step], config)

/** The configuration with another value at a path; the maps on the way are made where they are missing. The given one is not touched. */
export const withValue = (config: Config, path: Path, value: unknown): Config => changed(config, path, () => value) as Config

/** The configuration without an entry or an item of a list. */
export function without(config: Config, path: Path): Config {
  const last = path.at(-1)!
  return changed(config, path.slice(0, -1), (parent) =>
    Array.isArray(parent)
      ? parent.filter((_, index) => index !== last)
      : Object.fromEntries(Object.entries(isMap(parent) ? parent : {}).filter(([key]) => key !== last)),
  ) as Config
}

/** The configuration with an entry under another name, in its place. */
export function renamed(config: Config, path: Path, name: string): Config {
  const last = path.at(-1)!
  return changed(config, path.slice(0, -1), (parent) =>
    Object.fromEntries(Object.entries(parent as Map).map(([key, value]) => [key === last ? name : key, value])),
  ) as Config
}

function changed(node: unknown, path: Path, change: (value: unknown) => unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return change(node)
  if (Array.isArray(node)) return node.map((item, index) => (index === step ? changed(item, rest, change) : item))
  const map = isMap(node) ? node : {}
  return { ...map, [step]: changed(map[step], rest, change) }
}
