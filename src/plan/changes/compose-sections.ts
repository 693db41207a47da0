// What each container of a compose file is made from, as text: two texts that are equal make the same container.
import type { Artifact } from '../../artifact.ts'

export type ComposeSections = {
  /** By the name of the Compose service: all that its container is made from. */
  readonly containers: ReadonlyMap<string, string>
  /** By the name of the network. */
  readonly networks: ReadonlyMap<string, string>
}

/**
 * The sections of the compose file among these artifacts. It is read by its lines, as generators/yaml.ts prints them: to parse the file
 * of a thousand services would cost as much as to compile it.
 */
export function composeSections(artifacts: readonly Artifact[]): ComposeSections {
  const content = new Map(artifacts.map((artifact) => [artifact.path, artifact.content]))
  const file = artifacts.find(({ kind }) => kind === 'compose')
  if (!file) return { containers: new Map(), networks: new Map() }
  const blocks = blocksOf(file.content)
  const anchors = new Map([...blocks].map(([head, text]) => [/&(\S+)/.exec(head)?.[1] ?? head, text]))
  const whole = new Map<string, string>()
  const wholeOf = (anchor: string): string => {
    const known = whole.get(anchor) ?? merged(anchors.get(anchor) ?? '')
    whole.set(anchor, known)
    return known
  }
  /** What an anchor stands for comes with all that merges it. */
  const merged = (text: string): string => text.replace(/\*([a-z0-9-]+)/g, (_, anchor: string) => wholeOf(anchor))
  const withVariables = (text: string) =>
    text.replace(/- \.\/(env\/\S+)/g, (line, path: string) => `${line}\n${(content.get(path) ?? '').replace(/^#.*\n/gm, '')}`)
  const services = entriesOf(blocks.get('services:') ?? '')
  const containers = new Map([...services].map(([name, text]) => [name, withVariables(merged(text))]))
  return { containers, networks: entriesOf(blocks.get('networks:') ?? '') }
}

/** Texts under the keys of the first level, by the line of the key. */
function blocksOf(text: string): Map<string, string> {
  const blocks = new Map<string, string>()
  for (const block of text.split(/\n(?=[^\s#])/)) {
    const end = block.indexOf('\n')
    if (end > 0) blocks.set(block.slice(0, end), block.slice(end + 1))
  }
  return blocks
}

/** Texts under the keys of the second level. */
function entriesOf(block: string): Map<string, string> {
  const entries = new Map<string, string>()
  for (const entry of block.split(/^(?= {2}\S)/m)) {
    const name = /^ {2}"?([^":]+)"?:/.exec(entry)?.[1]
    if (name !== undefined) entries.set(name, entry.slice(entry.indexOf(':') + 1).trimEnd())
  }
  return entries
}
