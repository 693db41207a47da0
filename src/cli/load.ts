import { basename, dirname, join, relative, resolve } from 'node:path'
import { allGenerators } from '../../generators/index.ts'
import { type Compiled, compile, parseSource, type Source, sqlFolders } from '../compile.ts'
import type { Diagnostic } from '../diagnostic.ts'
import type { Target } from '../fleet/types.ts'
import { readSqlFolder, readText } from '../io/disk.ts'
import { OperationError } from '../io/operation-error.ts'
import { openSqlCache } from '../io/sql-cache.ts'
import type { Context } from './context.ts'

export type Loaded = Compiled & {
  /** Folder of services.yaml; the paths of diagnostics are relative to it. */
  readonly root: string
  /** A path of a diagnostic as the user sees it from where they stand. */
  readonly shown: (file: string) => string
  readonly textOf: (file: string) => string
}

/** Reads services.yaml and the SQL it names, and compiles them for a target. */
export async function load(file: string, target: (root: string) => Target, context: Context): Promise<Loaded> {
  const path = resolve(context.cwd, file)
  const root = dirname(path)
  const texts = new Map([[basename(path), readServices(path, file)]])
  const shown = (name: string) => relative(context.cwd, join(root, name)) || name
  const around = { root, shown, textOf: (name: string) => texts.get(name) ?? '' }

  const source = parseSource(basename(path), texts.get(basename(path))!)
  if (!source.value) return { ...around, diagnostics: source.diagnostics, artifacts: [] }
  const sql = readSql(root, source.value)
  for (const [name, text] of sql) texts.set(name, text)
  const cache = openSqlCache(join(context.cacheDir, 'sql'), path)
  const compiled = await compile(source.value, sql, { target: target(root), generators: allGenerators, cache })
  cache.save()
  return { ...around, ...compiled, diagnostics: [...source.diagnostics, ...compiled.diagnostics] }
}

function readServices(path: string, file: string): string {
  try {
    return readText(path)
  } catch (error) {
    const code = error instanceof OperationError ? (error.cause as NodeJS.ErrnoException | undefined)?.code : undefined
    if (code !== 'ENOENT' && code !== 'EISDIR') throw error
    const why = code === 'ENOENT' ? 'there is no such file' : 'it is a folder'
    throw new OperationError(
      'file-unreadable',
      `cannot read ${file}: ${why}`,
      'Name the services.yaml of your fleet, or change to its folder.',
    )
  }
}

function readSql(root: string, { config }: Source): Map<string, string> {
  return new Map(
    sqlFolders(config).flatMap((folder) =>
      [...readSqlFolder(join(root, folder))].map(([name, text]) => [`${folder}/${name}`, text] as const),
    ),
  )
}

/** Diagnostics with the paths that the user sees. */
export const shownDiagnostics = ({ diagnostics, shown }: Loaded): Diagnostic[] =>
  diagnostics.map((diagnostic) => ({
    ...diagnostic,
    at: { ...diagnostic.at, file: shown(diagnostic.at.file) },
    related: diagnostic.related.map((other) => ({ ...other, at: { ...other.at, file: shown(other.at.file) } })),
  }))
