import type { Generator } from '../generators/generator.ts'
import type { Config } from '../schema/services.ts'
import type { Artifact } from './artifact.ts'
import { compareDiagnostics, compareText, type Diagnostic, hasErrors, type Staged } from './diagnostic.ts'
import { loadCatalogs } from './fleet/catalog.ts'
import type { Migration, SqlFile } from './fleet/data-types.ts'
import { resolveFleet } from './fleet/resolve.ts'
import type { Fleet, Target } from './fleet/types.ts'
import { checkFleet } from './rules/index.ts'
import { sha256 } from './sha256.ts'
import { type ParsedDocument, parseDocument } from './source/document.ts'
import { markEnumUses } from './source/enum-values.ts'
import { parseCall, parseSql, type SqlCache } from './source/sql.ts'
import type { SqlKind } from './source/sql-outline.ts'
import { validateConfig } from './source/validate.ts'

/** services.yaml after the first two stages. */
export type Source = { readonly document: ParsedDocument; readonly config: Config }

/** `today`: the day, `2027-01-31`, for what expires; nothing does without it. */
export type CheckOptions = { readonly target: Target; readonly cache: SqlCache; readonly today?: string }

/** The fleet is there unless an error was found. */
export type Checked = { readonly diagnostics: readonly Diagnostic[]; readonly fleet?: Fleet }

/** Stages one and two: YAML, then its JSON Schema. Later stages see nothing of a document that failed an earlier one. */
export function parseSource(file: string, text: string): Staged<Source> {
  const parsed = parseDocument(file, text)
  if (!parsed.value || hasErrors(parsed.diagnostics)) return { diagnostics: parsed.diagnostics }
  const valid = validateConfig(parsed.value)
  const diagnostics = [...parsed.diagnostics, ...valid.diagnostics]
  return valid.value && !hasErrors(diagnostics) ? { value: { document: parsed.value, config: valid.value }, diagnostics } : { diagnostics }
}

/** Folders that a configuration takes SQL from, relative to it. */
export const sqlFolders = ({ services }: Config): string[] =>
  [...new Set(Object.values(services).flatMap(({ sql, seed }) => [sql, seed].filter((folder) => folder !== undefined)))].sort(compareText)

/**
 * Resolves the fleet, and checks it with stage three, the rules. `sql` holds the files of the SQL folders by their path relative to
 * services.yaml. Pure: the same call serves a working tree, a git revision, and data fetched from elsewhere.
 */
export async function check({ document, config }: Source, sql: ReadonlyMap<string, string>, options: CheckOptions): Promise<Checked> {
  const majorOf = (service: Config['services'][string]) => service.postgres ?? config.postgres ?? 17
  const entries = Object.entries(config.services)
  const catalogs = await loadCatalogs(entries.map(([, service]) => majorOf(service)))
  const filesOf = filesByFolder(sql)
  const parsed = (folder: string | undefined, kind: SqlKind, major: number) =>
    Promise.all((filesOf.get(folder ?? '') ?? []).map(([path, text]) => sqlFile(path, text, major, options.cache, kind)))
  const migrations = new Map<string, readonly Migration[]>()
  const seeds = new Map<string, readonly SqlFile[]>()
  const callErrors = new Map<string, string | undefined>()
  for (const [key, service] of entries) {
    const major = majorOf(service)
    migrations.set(key, markEnumUses(await parsed(service.sql, 'migration', major), major))
    seeds.set(key, await parsed(service.seed, 'seed', major))
    for (const [name, { call }] of Object.entries(service.jobs ?? {}))
      callErrors.set(`${key}/${name}`, await parseCall(call, major, options.cache))
  }
  const fleet = resolveFleet(config, {
    target: options.target,
    catalogs,
    migrations: (service) => migrations.get(service) ?? [],
    seeds: (service) => seeds.get(service) ?? [],
    callError: (service, job) => callErrors.get(`${service}/${job}`),
    ...(options.today === undefined ? {} : { today: options.today }),
  })
  const diagnostics = checkFleet(fleet).map(({ rule, finding }): Diagnostic => {
    const { path, on, at, message, help, related = [] } = finding
    return {
      code: rule.code,
      severity: rule.severity,
      message,
      ...(help === undefined ? {} : { help }),
      at: at ?? document.spanOf(path, on),
      related: related.map((other) => ({ at: document.spanOf(other.path, other.on), message: other.message })),
    }
  })
  diagnostics.sort(compareDiagnostics)
  return hasErrors(diagnostics) ? { diagnostics } : { diagnostics, fleet }
}

/** All artifacts of a fleet, sorted by path. */
export function generate(fleet: Fleet, generators: readonly Generator[]): Artifact[] {
  const artifacts: Artifact[] = []
  for (const generator of generators)
    for (const artifact of generator.generate(fleet)) {
      // A text that was put together from pieces takes several times its length until it is first read.
      artifact.content.charCodeAt(0)
      artifacts.push(artifact)
    }
  artifacts.sort((a, b) => compareText(a.path, b.path))
  for (const [index, { path }] of artifacts.entries())
    if (artifacts[index + 1]?.path === path) throw new Error(`two generators write ${path}`)
  return artifacts
}

function filesByFolder(sql: ReadonlyMap<string, string>): Map<string, [path: string, text: string][]> {
  const folders = new Map<string, [string, string][]>()
  for (const [path, text] of [...sql].sort(([a], [b]) => compareText(a, b))) {
    const folder = path.slice(0, path.lastIndexOf('/'))
    const files = folders.get(folder)
    if (files) files.push([path, text])
    else folders.set(folder, [[path, text]])
  }
  return folders
}

async function sqlFile(path: string, text: string, major: number, cache: SqlCache, kind: SqlKind): Promise<Migration> {
  const facts = await parseSql(path, text, major, cache, kind)
  return { name: path.slice(path.lastIndexOf('/') + 1), path, sha256: sha256(text), ...facts }
}
