import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml'
import { didYouMean } from '../suggest.ts'
import { unprintable } from './unprintable.ts'
import type { YamlProblem } from './yaml-problem.ts'

/**
 * Values in one document once every alias and merge is written out. Ten thousand services have about 400,000; a few nested aliases
 * ("billion laughs") would have more than memory holds.
 */
const maxValues = 2_000_000

/** Plain data of a document. Aliased parts are shared, not copied: the data is only read. */
export type YamlData = {
  readonly data: unknown
  readonly problems: readonly YamlProblem[]
  /** The node that each alias stands for. */
  readonly targets: ReadonlyMap<Alias, Node>
}

type Walk = {
  readonly problems: YamlProblem[]
  readonly targets: Map<Alias, Node>
  /** By name: the latest so far, as YAML wants it. */
  readonly anchors: Map<string, Node>
  /** Of finished anchored nodes. */
  readonly done: Map<Node, { readonly data: unknown; readonly values: number }>
  values: number
}

/** Nodes -> data, with the problems that only show when names are followed: duplicate keys, aliases, merges, numbers that change. */
export function yamlData(root: Node): YamlData {
  const walk: Walk = { problems: [], targets: new Map(), anchors: new Map(), done: new Map(), values: 0 }
  const data = dataOf(root, walk)
  return { data, problems: walk.problems, targets: walk.targets }
}

/** Whether a pair is `<<: ...`: its map takes the keys of another map which it does not have itself. */
export const isMerge = ({ key }: Pair): boolean => isScalar(key) && key.value === '<<' && key.type === 'PLAIN'

function dataOf(node: Node | null, walk: Walk): unknown {
  if (!node) return null
  if (isAlias(node)) return aliasData(node, walk)
  const before = walk.values++
  if (node.anchor) walk.anchors.set(node.anchor, node)
  const data = isMap(node)
    ? mapData(node, walk)
    : isSeq(node)
      ? node.items.map((item) => dataOf(item as Node, walk))
      : scalarData(node, walk)
  if (node.anchor) walk.done.set(node, { data, values: walk.values - before })
  return data
}

function aliasData(alias: Alias, walk: Walk): unknown {
  const target = walk.anchors.get(alias.source)
  if (!target) {
    const help = didYouMean(alias.source, walk.anchors.keys(), 'define it first with &, or put the text in quotes')
    report(walk, alias, { code: 'unresolved-alias', message: `no anchor &${alias.source} stands before this alias`, help })
    return null
  }
  const done = walk.done.get(target)
  if (!done) {
    report(walk, alias, { code: 'circular-alias', message: `the alias *${alias.source} stands inside the value it repeats` })
    return null
  }
  const fitted = walk.values <= maxValues
  walk.values += done.values
  if (walk.values > maxValues) {
    const message = `the aliases repeat more than ${maxValues.toLocaleString('en')} values`
    if (fitted) report(walk, alias, { code: 'resource-exhaustion', message, help: 'write fewer aliases of aliases' })
    return null
  }
  walk.targets.set(alias, target)
  return done.data
}

function mapData(map: YAMLMap, walk: Walk): unknown {
  const data: Record<string, unknown> = {}
  const first = new Map<string, Node>()
  const sources: object[] = []
  for (const pair of map.items as Pair<Node, Node | null>[]) {
    const { key, value: node } = pair
    const name = isScalar(key) ? String(key.value) : undefined
    if (name === undefined) continue // a list or a map as a key: the parser has reported it
    if (name === '__proto__')
      report(walk, key, { code: 'reserved-key', message: 'the key "__proto__" is reserved', help: 'choose another name' })
    const earlier = first.get(name)
    if (earlier) report(walk, key, duplicate(name, earlier, isMerge(pair)))
    else first.set(name, key)
    const value = dataOf(node, walk)
    if (isMerge(pair)) sources.push(...mergeSources(node, value, walk))
    else if (!earlier && name !== '__proto__') data[name] = value
  }
  for (const source of sources) for (const [name, value] of Object.entries(source)) if (!Object.hasOwn(data, name)) data[name] = value
  return data
}

function duplicate(name: string, earlier: Node, merge: boolean): Problem {
  return {
    code: 'duplicate-key',
    message: `the key ${JSON.stringify(name)} is already defined in this map`,
    help: merge ? 'merge several maps with one list: <<: [*a, *b]' : 'remove one of the two',
    related: { start: earlier.range![0], end: earlier.range![1], message: 'first defined here' },
  }
}

/** The maps that `<<:` merges, the first of which wins. An alias that leads nowhere (null) has been reported. */
function mergeSources(node: Node | null, value: unknown, walk: Walk): object[] {
  const sources = [value].flat().filter((source) => source !== null)
  const isMap = (source: unknown): source is object => typeof source === 'object' && !Array.isArray(source)
  if (node && !sources.every(isMap))
    report(walk, node, { code: 'bad-merge', message: '<< merges a map or a list of maps', help: 'e.g. <<: *defaults' })
  return sources.filter(isMap)
}

function scalarData(scalar: Scalar, walk: Walk): unknown {
  const { value, source = '' } = scalar
  if (typeof value === 'number' && /^[-+]?[0-9]/.test(source)) {
    if (/^[-+]?0[0-9]+$/.test(source)) {
      const help = `write ${value}, or "${source}" in quotes for the text`
      report(walk, scalar, { code: 'leading-zero', message: `${source} counts as ${value} here and as octal elsewhere`, help })
    } else if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
      report(walk, scalar, {
        code: 'inexact-number',
        message: `the number ${source} is too large to be exact`,
        help: 'write a smaller one, or put it in quotes if it is text',
      })
    }
  }
  if (typeof value === 'string' && scalar.type === 'QUOTE_DOUBLE') {
    const problem = unprintable(value, scalar.range)
    if (problem) walk.problems.push(problem)
  }
  return value
}

type Problem = Omit<YamlProblem, 'start' | 'end' | 'severity'>

function report(walk: Walk, node: Node, problem: Problem): void {
  walk.problems.push({ ...problem, severity: 'error', start: node.range![0], end: node.range![1] })
}
