import type { Migration } from '../../fleet/data-types.ts'
import type { Service } from '../../fleet/types.ts'

/** A line of a file of hand-written SQL, 1-based. */
export type SqlPlace = { readonly file: string; readonly line: number }

/** Put before each statement by the generator of init scripts. */
const label = /\/\* (\S+):(\d+) \*\/ /

/**
 * Where each line of an init script stands in hand-written SQL: what a statement says, where it says it; what names a file, or its hash, at
 * the beginning of the file. By 0-based line.
 */
export function sqlPlaces(lines: readonly string[], service: Pick<Service, 'migrations'>): Map<number, SqlPlace> {
  const places = new Map<number, SqlPlace>()
  const starts = new Map(
    service.migrations.flatMap((file) => file.statements.map((one) => [`${file.path}:${one.at.start.line}`, one.text])),
  )
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!
    const found = label.exec(line)
    const text = found && starts.get(`${found[1]}:${found[2]}`)
    if (!found || text === undefined || text === null) {
      const file = named(line, service.migrations)
      if (file) places.set(index, { file: file.path, line: 1 })
      continue
    }
    const count = text.split('\n').length
    for (let more = 0; more < count; more++) places.set(index + more, { file: found[1]!, line: Number(found[2]) + more })
    index += count - 1
  }
  return places
}

const named = (line: string, files: readonly Migration[]): Migration | undefined =>
  /\.sql|[0-9a-f]{64}/.test(line)
    ? files.find(({ path, sha256, name }) => [path, sha256, `'${name}'`].some((text) => line.includes(text)))
    : undefined
