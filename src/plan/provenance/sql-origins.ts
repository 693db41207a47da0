import type { Fleet } from '../../fleet/types.ts'
import { ownerOf } from './artifact-owner.ts'
import type { ChangedFile } from './changed-lines.ts'
import { type SqlPlace, sqlPlaces } from './sql-place.ts'

type Services = Pick<Fleet, 'services'>

/** Paths of the SQL files that the head has and the base has not, or has otherwise. */
export function changedSql(base: Services, head: Services): Set<string> {
  const files = ({ services }: Services) => services.flatMap(({ migrations }) => migrations)
  const known = new Map(files(base).map(({ path, sha256 }) => [path, sha256]))
  return new Set(files(head).flatMap(({ path, sha256 }) => (known.get(path) === sha256 ? [] : [path])))
}

type SqlOrigins = {
  /** Lines that say what a changed SQL file says. */
  readonly written: ReadonlyMap<number, SqlPlace>
  readonly left: readonly number[]
  /** A changed SQL file of the same service, to which what is left may go back. */
  readonly rest: string | undefined
}

/** The changed lines of an init script that come from SQL files which changed themselves. */
export function sqlOrigins({ path, text, lines }: ChangedFile, { services }: Services, changed: ReadonlySet<string>): SqlOrigins {
  const owner = changed.size > 0 && path.endsWith('.sql') ? ownerOf(path) : undefined
  const service = owner === undefined ? undefined : services.find(({ key }) => key === owner)
  const rest = service?.migrations.find((file) => changed.has(file.path))?.path
  if (!service || rest === undefined) return { written: new Map(), left: lines, rest: undefined }
  const places = sqlPlaces(text, service)
  const isWritten = (line: number): boolean => changed.has(places.get(line)?.file ?? '')
  return {
    written: new Map(lines.filter(isWritten).map((line) => [line, places.get(line)!])),
    left: lines.filter((line) => !isWritten(line)),
    rest,
  }
}
