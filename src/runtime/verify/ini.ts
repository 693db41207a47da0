import { posix } from 'node:path'
import type { Artifact } from '../../artifact.ts'

/** Keys and values by section. */
export type Ini = Readonly<Record<string, ReadonlyMap<string, string>>>

/**
 * Reads a generated pgbouncer.ini and what it includes, in the way that PgBouncer does: https://www.pgbouncer.org/config.html. An included
 * file goes on in the section that includes it; it is found among the artifacts by its name.
 */
export function readIni(text: string, artifacts: ReadonlyMap<string, Artifact>): Ini {
  const sections: Record<string, Map<string, string>> = {}
  let section = ''
  const read = (content: string): void => {
    for (const line of content.split('\n').map((each) => each.trim())) {
      if (line === '' || /^[;#]/.test(line)) continue
      const heading = /^\[(.+)\]$/.exec(line)?.[1]
      const included = /^%include\s+(.+)$/.exec(line)?.[1]
      const [, name, value] = /^([^=\s]+)\s*=\s*(.*)$/.exec(line) ?? []
      if (heading !== undefined) section = heading
      else if (included !== undefined) read(fileNamed(posix.basename(included), artifacts))
      else if (name !== undefined && value !== undefined) {
        sections[section] ??= new Map()
        sections[section]!.set(name, value)
      }
    }
  }
  read(text)
  return sections
}

function fileNamed(name: string, artifacts: ReadonlyMap<string, Artifact>): string {
  const path = [...artifacts.keys()].find((each) => posix.basename(each) === name)
  if (path === undefined) throw new Error(`no artifact is called ${name}`)
  return artifacts.get(path)!.content
}

/** Pairs of a connection string: a line of [databases] or [users]. */
export const connectionPairs = (text: string): ReadonlyMap<string, string> =>
  new Map(
    [...text.matchAll(/([a-z_]+)=(?:'((?:[^']|'')*)'|(\S*))/g)].map(([, name = '', quoted, bare = '']) => [
      name,
      quoted?.replaceAll("''", "'") ?? bare,
    ]),
  )
