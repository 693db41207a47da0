import { join } from 'node:path'
import { allGenerators } from '../../../generators/index.ts'
import type { Config } from '../../../schema/services.ts'
import { check, generate, parseSource, type Source, sqlFolders } from '../../compile.ts'
import { type Diagnostic, hasErrors } from '../../diagnostic.ts'
import { composeTarget } from '../../fleet/targets.ts'
import { openSqlCache } from '../../io/sql-cache.ts'
import type { CompiledSide } from '../../plan/changes/side.ts'
import type { SqlCache } from '../../source/sql.ts'
import type { Tree } from './tree.ts'

/** One side of a comparison: what it was compiled to, or what is wrong with it. */
export type TreeSide = {
  readonly tree: Tree
  readonly diagnostics: readonly Diagnostic[]
  /** Texts of the files, by the path that diagnostics name. */
  readonly texts: ReadonlyMap<string, string>
  readonly source?: Source
  readonly side?: CompiledSide
}

export type TreeOptions = { readonly cacheDir: string; readonly today: string }

type Files = Map<string, string>

/**
 * Compiles both states. With `lenient`, SQL that one side lacks is taken from the other, and SQL that both lack is left out; each is said
 * in `notes`. Otherwise it is an error of that side, as it is everywhere.
 */
export async function compileTrees(
  trees: readonly [Tree, Tree],
  { cacheDir, today }: TreeOptions,
  lenient = false,
): Promise<{ sides: [TreeSide, TreeSide]; notes: string[] }> {
  const notes: string[] = []
  const read = await Promise.all(trees.map((tree) => readTree(tree)))
  if (lenient) shareSql(read, notes)
  const cache = openSqlCache(join(cacheDir, 'sql'), `comparison of ${trees[1].file}`)
  const sides: TreeSide[] = []
  for (const each of read) sides.push(await compileTree(each, cache, today))
  cache.save()
  return { sides: withEmptySide(sides as [TreeSide, TreeSide], read, notes), notes }
}

/** A fleet that only one side has is new, or gone: the other side is one without services. */
function withEmptySide(sides: [TreeSide, TreeSide], read: readonly ReadTree[], notes: string[]): [TreeSide, TreeSide] {
  const absent = read.findIndex(({ text }) => text === undefined)
  const other = sides[1 - absent]?.side
  if (absent < 0 || !other || read[1 - absent]?.text === undefined) return sides
  notes.push(`there is no ${read[absent]!.tree.file} in ${read[absent]!.tree.label}: compared with a fleet without services`)
  const fleet = { ...other.fleet, services: [], applications: [], roles: [], schedule: [], proofs: [], allows: [] }
  const empty: TreeSide = { ...sides[absent]!, diagnostics: [], side: { fleet, artifacts: [] } }
  return absent === 0 ? [empty, sides[1]] : [sides[0], empty]
}

type ReadTree = { tree: Tree; text: string | undefined; source?: Source; diagnostics: readonly Diagnostic[]; sql: Files }

async function readTree(tree: Tree): Promise<ReadTree> {
  const text = await tree.services()
  if (text === undefined) return { tree, text, diagnostics: [missing(tree)], sql: new Map() }
  const { value: source, diagnostics } = parseSource(tree.file, text)
  if (!source) return { tree, text, diagnostics, sql: new Map() }
  return { tree, text, source, diagnostics, sql: await tree.sql(sqlFolders(source.config)) }
}

async function compileTree({ tree, text, source, diagnostics, sql }: ReadTree, cache: SqlCache, today: string): Promise<TreeSide> {
  const texts = new Map([[tree.file, text ?? ''], ...sql])
  if (!source) return { tree, diagnostics, texts }
  const checked = await check(source, sql, { target: composeTarget(), cache, today })
  const all = [...diagnostics, ...checked.diagnostics]
  if (!checked.fleet || hasErrors(all)) return { tree, diagnostics: all, texts, source }
  return { tree, diagnostics: all, texts, source, side: { fleet: checked.fleet, artifacts: generate(checked.fleet, allGenerators) } }
}

function missing({ file, label }: Tree): Diagnostic {
  const start = { line: 1, col: 1, offset: 0 }
  const message = `there is no ${file} in ${label}`
  return { code: 'services-missing', severity: 'error', message, at: { file, start, end: start }, related: [] }
}

/** Stands for SQL that nobody has: a statement of which nothing is known. */
const unknownSql = "DO 'BEGIN END';\n"

function shareSql(read: ReadTree[], notes: string[]): void {
  const has = ({ sql }: ReadTree, folder: string) => [...sql.keys()].some((path) => path.startsWith(`${folder}/`))
  const wants = ({ source }: ReadTree, folder: string) => source !== undefined && sqlFolders(source.config).includes(folder)
  const folders = new Set(read.flatMap(({ source }) => (source ? sqlFolders(source.config) : [])))
  for (const folder of folders) {
    const [there, absent] = [read.filter((each) => has(each, folder)), read.filter((each) => wants(each, folder) && !has(each, folder))]
    if (absent.length === 0) continue
    const where = absent.map(({ tree }) => tree.label).join(' and ')
    notes.push(`${folder} is not there beside ${where}: taken as unchanged`)
    const files: [string, string][] = there[0] ? [...there[0].sql].filter(([path]) => path.startsWith(`${folder}/`)) : []
    for (const each of absent)
      if (files.length > 0) for (const [path, text] of files) each.sql.set(path, text)
      else if (each.source) leaveOut(each, each.source, folder)
  }
}

/** Migrations become one that can be anything; seed data is not looked at. */
function leaveOut(each: ReadTree, { document, config }: Source, folder: string): void {
  const services: Config['services'] = {}
  for (const [key, service] of Object.entries(config.services)) {
    const { seed, ...rest } = service
    services[key] = seed === folder ? rest : service
    if (service.sql === folder) each.sql.set(`${folder}/0001-unknown.sql`, unknownSql)
  }
  each.source = { document, config: { ...config, services } }
}
