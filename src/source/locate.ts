import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml'
import type { Path } from '../diagnostic.ts'
import { endWithout, yamlBlanks } from './blanks.ts'
import { isMerge } from './yaml-data.ts'

/** Start and exclusive end in the text. */
type Range = readonly [number, number]

/**
 * Finds what a path names, in O(depth of the path): a map is indexed when it is first asked.
 *
 * - The key is marked for `'key'`, for a value that is empty, and for a value in block style (several lines cannot be underlined).
 * - A path that ends at an alias marks the alias; one that goes on through it, or through a merge, marks the anchored text.
 * - A path that does not exist marks the key of the nearest parent that does.
 */
export type Locate = (path: Path, on: 'key' | 'value') => Range

type Place = { readonly key?: Node; readonly value: Node | null }

export function locator(root: Node, targets: ReadonlyMap<Alias, Node>, text: string): Locate {
  const indexes = new Map<YAMLMap, Map<string, Place>>()
  const follow = (node: Node | null): Node | null => (isAlias(node) ? (targets.get(node) ?? null) : node)

  function indexOf(map: YAMLMap): Map<string, Place> {
    const known = indexes.get(map)
    if (known) return known
    const index = new Map<string, Place>()
    indexes.set(map, index) // before the merges: one that leads back here finds it unfinished, not endless
    const sources: (Node | null)[] = []
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      const name = isScalar(pair.key) ? String(pair.key.value) : ''
      if (isMerge(pair)) sources.push(follow(pair.value))
      if (!index.has(name)) index.set(name, pair)
    }
    for (const source of sources.flatMap((node) => (isSeq(node) ? (node.items as Node[]).map(follow) : [node])))
      if (isMap(source)) for (const [name, place] of indexOf(source)) if (!index.has(name)) index.set(name, place)
    return index
  }

  function child(node: Node | null, step: string | number): Place | undefined {
    const parent = follow(node)
    if (isMap(parent)) return indexOf(parent).get(String(step))
    const item = isSeq(parent) && typeof step === 'number' ? (parent.items[step] as Node | undefined) : undefined
    return item && { value: item }
  }

  return (path, on) => {
    let place: Place = { value: root }
    for (const step of path) {
      const next = child(place.value, step)
      if (!next) return rangeOf(place, 'key', text)
      place = next
    }
    return rangeOf(place, on, text)
  }
}

function rangeOf({ key, value }: Place, on: 'key' | 'value', text: string): Range {
  const valueRange = value?.range && value.range[1] > value.range[0] ? value.range : undefined
  if (value && valueRange && !(key && (on === 'key' || isBlock(value)))) {
    // In a list, or at the root, there is no key: the first key inside stands for the whole.
    const first = isBlock(value) ? (value as YAMLMap).items[0] : undefined
    const inside = first && ((first as Pair).key ?? first)
    if (inside) return rangeOf({ value: inside as Node }, 'value', text)
    return [valueRange[0], endWithout(yamlBlanks, text, valueRange[0], valueRange[1])]
  }
  if (key) return [key.range![0], key.range![1]]
  return [value?.range?.[0] ?? 0, value?.range?.[0] ?? 0]
}

const isBlock = (node: Node): boolean => (isMap(node) || isSeq(node)) && !node.flow
