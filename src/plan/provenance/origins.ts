import type { Config } from '../../../schema/services.ts'
import type { Path, Span } from '../../diagnostic.ts'
import type { Fleet } from '../../fleet/types.ts'
import type { Origin } from '../changes/review.ts'
import type { FileChange } from '../changes/types.ts'
import { ownerOf } from './artifact-owner.ts'
import { type ChangedFile, changedFiles } from './changed-lines.ts'
import { type ConfigEdit, editsOf } from './config-edits.ts'
import type { Recompile } from './recompile.ts'
import { changedSql, sqlOrigins } from './sql-origins.ts'
import { traced } from './trace.ts'

/** One side of a comparison: the same fleet as configured, and as resolved with its SQL. */
export type OriginSide = { readonly config: Config; readonly fleet: Pick<Fleet, 'services'> }

export type Comparison = {
  readonly base: OriginSide
  readonly head: OriginSide
  /** Generated files that differ. */
  readonly files: readonly FileChange[]
  /** All artifacts of an edited version of the head, with the SQL of the head. */
  readonly recompile: Recompile
  /** Where a path stands in the services.yaml of the head; of one that is gone, its nearest parent. */
  readonly spanOf: (path: Path, on: 'key' | 'value') => Span
  /** Recompilations at most; they are of the services that the edits touch. */
  readonly limit?: number
}

/** Lines of the head that changed, each with the place of the edit that caused it; `untraced` is how many could not be told. */
export type Origins = { readonly origins: readonly Origin[]; readonly untraced: number }

/** Enough for ten edits, each taken back alone and together with those before it. */
const defaultLimit = 40

/**
 * Where each line that a change of services.yaml and its SQL made in generated files comes from. One edit is the cause of everything; of several,
 * each is taken back by itself, and what becomes other lines then comes from it.
 */
export function originsOf({ base, head, files, recompile, spanOf, limit = defaultLimit }: Comparison): Origins {
  const edits = editsOf(base.config, head.config)
  const sql = changedSql(base.fleet, head.fleet)
  const origins: Origin[] = []
  const place = (path: Path, on: 'key' | 'value'): Origin['at'] => {
    const { file, start } = spanOf(path, on)
    return { file, line: start.line, col: start.col }
  }
  const placeOf = ({ kind, path }: ConfigEdit): Origin['at'] =>
    place(path, kind === 'changed' || typeof path.at(-1) === 'number' ? 'value' : 'key')
  const add = ({ path }: ChangedFile, line: number, at: Origin['at']) => origins.push({ artifact: path, line: line + 1, at })

  const open: ChangedFile[] = []
  for (const file of changedFiles(files)) {
    const { written, left, rest } = sqlOrigins(file, head.fleet, sql)
    for (const [line, { file: name, line: at }] of written) add(file, line, { file: name, line: at, col: 1 })
    if (left.length === 0) continue
    const candidates = candidatesFor(file.path, edits)
    const only = candidates.length === 1 && !rest ? candidates[0] : undefined
    if (only) for (const line of left) add(file, line, placeOf(only))
    else if (candidates.length === 0 && rest) for (const line of left) add(file, line, { file: rest, line: 1, col: 1 })
    else open.push({ ...file, lines: left })
  }
  const { found, untraced } = traced({ head: head.config, edits, files: open, recompile, limit })
  for (const { file, line, edit } of found) add(file, line, placeOf(edit))
  const left = leftToSql(untraced, head.fleet, sql)
  for (const { file, line, name } of left.found) add(file, line, { file: name, line: 1, col: 1 })
  return { origins: origins.sort(compare), untraced: left.count }
}

/** A file of one service changes with that service and with what all share; any other with everything. */
function candidatesFor(path: string, edits: readonly ConfigEdit[]): ConfigEdit[] {
  const owner = ownerOf(path)
  if (owner === undefined) return [...edits]
  return edits.filter(({ path: [top, key] }) => top !== 'applications' && (top !== 'services' || key === undefined || key === owner))
}

type Untraced = readonly { readonly file: ChangedFile; readonly line: number }[]

/** What no edit of services.yaml explains in the script of a service whose SQL changed comes from that SQL: what it holds is counted. */
function leftToSql(lines: Untraced, { services }: Pick<Fleet, 'services'>, sql: ReadonlySet<string>) {
  const found: { file: ChangedFile; line: number; name: string }[] = []
  const changed = new Map(services.map(({ key, migrations }) => [key, migrations.find(({ path }) => sql.has(path))?.path]))
  let count = 0
  for (const { file, line } of lines) {
    const name = changed.get(ownerOf(file.path) ?? '')
    if (name === undefined) count++
    else found.push({ file, line, name })
  }
  return { found, count }
}

const compare = (a: Origin, b: Origin): number => (a.artifact < b.artifact ? -1 : a.artifact > b.artifact ? 1 : a.line - b.line)
