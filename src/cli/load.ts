import { basename, dirname, join, relative, resolve } from 'node:path'
import { type Checked, check, parseSource, type Source, sqlFolders } from '../compile.ts'
import type { Diagnostic } from '../diagnostic.ts'
import type { Target } from '../fleet/types.ts'
import { readSqlFolder, readText } from '../io/disk.ts'
import { OperationError } from '../io/operation-error.ts'
import { openSqlCache } from '../io/sql-cache.ts'
import type { Context } from './context.ts'

export type Loaded = Checked & {
  /** Folder of services.yaml; the paths of diagnostics are relative to it. */
  readonly root: string
  /** A path of a diagnostic as the user sees it from where they stand. */
  readonly shown: (file: string) => string
  readonly textOf: (file: string) => string
}

/** Reads services.yaml and the SQL it names, and checks them for a target. */
export async function load(file: string, target: (root: string) => Target, context: Context): Promise<Loaded> {
  const path = resolve(context.cwd, file)
  const root = dirname(path)
  const texts = new Map([[basename(path), readServices(path, file)]])
  const shown = (name: string) => relative(context.cwd, join(root, name)) || name
  return { root, shown, textOf: (name) => texts.get(name) ?? '', ...(await checkFiles(path, texts, target(root), context)) }
}

/** A function of its own: the parsed document is large, and nothing holds it once this returns. */
async function checkFiles(path: string, texts: Map<string, string>, target: Target, { cacheDir, now }: Context): Promise<Checked> {
  const { value: source, diagnostics } = parseSource(basename(path), texts.get(basename(path))!)
  if (!source) return { diagnostics }
  const sql = readSql(dirname(path), source)
  for (const [name, text] of sql) texts.set(name, text)
  const cache = openSqlCache(join(cacheDir, 'sql'), path)
  const checked = await check(source, sql, { target, cache, today: now().toISOString().slice(0, 10) })
  cache.save()
  return { ...checked, diagnostics: [...diagnostics, ...checked.diagnostics] }
}

function readServices(path: string, file: string): string {
  try {
    return readText(path, file)
  } catch (error) {
    const cause = error instanceof OperationError ? (error.cause as NodeJS.ErrnoException | undefined) : undefined
    if (!(error instanceof OperationError) || !/^(ENOENT|EISDIR|ENOTDIR)$/.test(cause?.code ?? '')) throw error
    throw new OperationError(error.code, error.message, 'Name the services.yaml of your fleet, or change to its folder.', cause)
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
