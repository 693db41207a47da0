import type { Config } from '../../../schema/services.ts'
import type { Path } from '../../diagnostic.ts'
import { isMap, valueAt, without, withValue } from './config-path.ts'

/** One difference of two configurations, as small as it can be said: a leaf, an entry or an item of a list that is new or gone, an order. */
export type ConfigEdit = {
  readonly kind: 'added' | 'removed' | 'changed'
  /** In the head; where something is gone, in the base. */
  readonly path: Path
  readonly before?: unknown
  readonly after?: unknown
  /** Makes a configuration of the head as it was before this edit. */
  readonly revert: (head: Config) => Config
}

type Entries = Readonly<Record<string, unknown>>

/** What was edited between two configurations, in the order of the head. Lists are sets, unless only their order differs. */
export const editsOf = (base: Config, head: Config): ConfigEdit[] => [...between(generating(base), generating(head), [])]

/** What is allowed to be lost says nothing of what is made. */
const generating = ({ allow: _, ...config }: Config): Entries => config

function* between(before: unknown, after: unknown, path: Path): Iterable<ConfigEdit> {
  if (isMap(before) && isMap(after)) yield* maps(before, after, path)
  else if (Array.isArray(before) && Array.isArray(after)) yield* lists(before, after, path)
  else if (before !== after)
    yield {
      kind: 'changed',
      path,
      before,
      after,
      revert: (head) => (valueAt(head, path) === undefined ? head : withValue(head, path, before)),
    }
}

function* maps(before: Entries, after: Entries, path: Path): Iterable<ConfigEdit> {
  for (const [key, value] of Object.entries(after)) {
    const at = [...path, key]
    if (Object.hasOwn(before, key)) yield* between(before[key], value, at)
    else yield { kind: 'added', path: at, after: value, revert: (head) => (valueAt(head, at) === undefined ? head : without(head, at)) }
  }
  for (const [key, value] of Object.entries(before))
    if (!Object.hasOwn(after, key)) {
      const at = [...path, key]
      yield { kind: 'removed', path: at, before: value, revert: (head) => inOrderOf(before, withValue(head, at, value), path) }
    }
  const common = (map: Entries, other: Entries): string => JSON.stringify(Object.keys(map).filter((key) => Object.hasOwn(other, key)))
  if (common(before, after) !== common(after, before)) yield { kind: 'changed', path, revert: (head) => inOrderOf(before, head, path) }
}

/** Entries that a map of the base has, in its order; new ones stay behind the entry that they come after. */
function inOrderOf(base: Entries, head: Config, path: Path): Config {
  const map = valueAt(head, path)
  if (!isMap(map)) return head
  const keys = Object.keys(base).filter((key) => Object.hasOwn(map, key))
  let previous: string | undefined
  for (const key of Object.keys(map)) {
    if (!Object.hasOwn(base, key)) keys.splice(previous === undefined ? 0 : keys.indexOf(previous) + 1, 0, key)
    previous = key
  }
  return withValue(head, path, Object.fromEntries(keys.map((key) => [key, map[key]])))
}

function* lists(before: readonly unknown[], after: readonly unknown[], path: Path): Iterable<ConfigEdit> {
  const added = after.filter((item) => !before.includes(item))
  const removed = before.filter((item) => !after.includes(item))
  for (const item of added)
    yield {
      kind: 'added',
      path: [...path, after.indexOf(item)],
      after: item,
      revert: (head) => withItems(head, path, (items) => items.filter((other) => other !== item)),
    }
  for (const item of removed)
    yield {
      kind: 'removed',
      path: [...path, before.indexOf(item)],
      before: item,
      revert: (head) => withItems(head, path, (items) => items.toSpliced(before.indexOf(item), 0, item)),
    }
  if (added.length === 0 && removed.length === 0 && JSON.stringify(before) !== JSON.stringify(after))
    yield { kind: 'changed', path, before, after, revert: (head) => withItems(head, path, () => [...before]) }
}

function withItems(head: Config, path: Path, change: (items: readonly unknown[]) => readonly unknown[]): Config {
  const items = valueAt(head, path)
  return Array.isArray(items) ? withValue(head, path, change(items)) : head
}
