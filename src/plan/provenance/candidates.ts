import type { Config } from '../../../schema/services.ts'
import type { Path } from '../../diagnostic.ts'
import { isMap, renamed, valueAt, without, withValue } from './config-path.ts'
import { otherValues } from './other-values.ts'
import { childOf, type SchemaNode, schemaRoot } from './schema-node.ts'

/** One edit of services.yaml, for trying what it does. `after` is undefined where something is taken away. */
export type Trial = {
  readonly before: unknown
  readonly after: unknown
  /** An entry gets another name. */
  readonly isName?: true
  readonly apply: (config: Config) => Config
}

/** A place of services.yaml that may be the cause of something, and the edits that would show it, most telling first. */
export type Candidate = {
  readonly path: Path
  /** The key: it is renamed or taken away with what is under it. */
  readonly on: 'key' | 'value'
  /** The field is not written there, and counts as this. */
  readonly default?: unknown
  readonly trials: readonly Trial[]
}

/** Every place of a configuration, in the order of the file (after that of the schema for what is not written). */
export const candidatesOf = (config: Config): Candidate[] => [...walk(config, schemaRoot, config, [])]

function* walk(config: Config, node: SchemaNode, value: unknown, path: Path): Iterable<Candidate> {
  if (Array.isArray(value)) yield* items(value, node, path)
  else if (isMap(value)) yield* entries(config, node, value, path)
}

function* entries(config: Config, node: SchemaNode, map: Readonly<Record<string, unknown>>, path: Path): Iterable<Candidate> {
  const isOpen = typeof node.additionalProperties === 'object'
  for (const [key, value] of Object.entries(map)) {
    const at = [...path, key]
    const child = childOf(node, key)
    const isOptional = !node.required?.includes(key)
    if (isOpen) yield { path: at, on: 'key', trials: [renaming(key, at), removal(key, at)] }
    // Items that each would be enough are a cause together.
    else if (Array.isArray(value) && value.length > 0 && isOptional) yield { path: at, on: 'key', trials: [removal(value, at)] }
    const isLeaf = !isMap(value) && !(Array.isArray(value) && value.length > 0)
    if (isLeaf) {
      const trials = [
        ...otherValues(value, child).map((other) => replacement(value, other, at)),
        ...(isOptional && !isOpen ? [removal(value, at)] : []),
      ]
      if (trials.length > 0) yield { path: at, on: 'value', trials }
    } else yield* walk(config, child, value, at)
  }
  for (const [key, child] of Object.entries(node.properties ?? {}))
    if (!Object.hasOwn(map, key)) yield* absent(config, child, [...path, key])
}

/** Fields that are not written. One that the fleet decides for all services is not looked for in each. */
function* absent(config: Config, node: SchemaNode, path: Path): Iterable<Candidate> {
  if (node.properties) for (const [key, child] of Object.entries(node.properties)) yield* absent(config, child, [...path, key])
  else if (node.default !== undefined && !node.additionalProperties && !isFleetWide(path)) {
    const trials = otherValues(node.default, node).map((other) => replacement(node.default, other, path))
    if (trials.length > 0) yield { path, on: 'value', default: node.default, trials }
  }
}

function isFleetWide([top, , field, ...rest]: Path): boolean {
  if (top !== 'services' || field === undefined) return false
  return [field, ...rest].reduce<SchemaNode | undefined>((node, step) => node?.properties?.[step], schemaRoot) !== undefined
}

function* items(list: readonly unknown[], node: SchemaNode, path: Path): Iterable<Candidate> {
  const { minItems = 0 } = node.anyOf?.find(({ items }) => items) ?? node
  const canShrink = list.length > minItems
  for (const [index, item] of list.entries()) {
    const at = [...path, index]
    // Another item in its place would be something new by itself: it is taken away where it may be.
    const trials = canShrink ? [removal(item, at)] : otherValues(item, childOf(node, index)).map((other) => replacement(item, other, at))
    yield { path: at, on: 'value', trials }
  }
}

const replacement = (before: unknown, after: unknown, path: Path): Trial => ({
  before,
  after,
  apply: (config) => withValue(config, path, after),
})

const removal = (before: unknown, path: Path): Trial => ({
  before,
  after: undefined,
  // An entry that another edit has taken away already stays away.
  apply: (config) => (valueAt(config, path) === undefined ? config : without(config, path)),
})

/** What names a service goes with it. */
function renaming(key: string, path: Path): Trial {
  const after = `${key}x`
  const isService = path.length === 2 && path[0] === 'services'
  return {
    before: key,
    after,
    isName: true,
    apply(config) {
      const other = renamed(config, path, after)
      return isService ? withReferences(other, key, after) : other
    },
  }
}

function withReferences(config: Config, key: string, name: string): Config {
  const follow = (keys: readonly string[]): string[] => keys.map((one) => (one === key ? name : one))
  const applications = Object.entries(config.applications ?? {}).map(
    ([app, one]) => [app, one.uses === undefined ? one : { ...one, uses: follow(one.uses) }] as const,
  )
  const roles = Object.entries(config.roles ?? {}).map(
    ([role, one]) => [role, Array.isArray(one.services) ? { ...one, services: follow(one.services) } : one] as const,
  )
  return { ...config, applications: Object.fromEntries(applications), roles: Object.fromEntries(roles) } as Config
}
