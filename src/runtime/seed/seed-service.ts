// Fills the database of one service: all of its seed files in one transaction, or nothing.
import { performance } from 'node:perf_hooks'
import pg from 'pg'
import { ownerOf } from '../../fleet/server-roles.ts'
import type { Service } from '../../fleet/types.ts'
import { OperationError } from '../../io/operation-error.ts'
import type { FleetAccess, ServerSession } from '../verify/access.ts'
import { backendOf, endBackend } from './backend.ts'
import { filledTables, notEmpty, seedSearchPath } from './filled-tables.ts'
import { prelude, type SeedRange } from './prelude.ts'
import type { OnSeedProgress, SeedProgress } from './progress.ts'
import { seedError } from './seed-error.ts'

export type SeedOptions = {
  readonly access: FleetAccess
  readonly range: SeedRange
  readonly signal: AbortSignal
  readonly onProgress: OnSeedProgress
}

/** `seconds` from the beginning of the transaction to its end. Rows are those of the statements; what triggers add is not counted. */
export type Seeded = { readonly tables: readonly SeededTable[]; readonly rows: number; readonly seconds: number }

/** What one statement wrote. */
export type SeededTable = { readonly table: string; readonly rows: number; readonly seconds: number }

/**
 * Runs the statements as the owner, and makes statistics afterwards. Constraints and triggers are on. Throws `seed-not-empty` when a
 * table to fill has rows, `seed-sql` when the server refuses something, `interrupted`; then nothing was written.
 */
export async function seedService(service: Service, { access, range, signal, onProgress }: SeedOptions): Promise<Seeded> {
  const session = await access.server(service)
  let ending: Promise<boolean> | undefined
  let phase: 'filling' | 'committing' | 'committed' = 'filling'
  let stop = () => {}
  try {
    const backend = await backendOf(session)
    // A transaction that commits already is let alone: nobody could say how it went.
    stop = () => {
      if (phase !== 'committing') ending ??= endBackend(access, service, backend).catch(() => false)
    }
    signal.addEventListener('abort', stop, { once: true })
    signal.throwIfAborted()
    const begin = performance.now()
    const tables = await fill(session, service, range, begin, onProgress)
    signal.throwIfAborted()
    phase = 'committing'
    await session.execute('COMMIT').catch(commitFailed)
    const seeded = { tables, rows: sum(tables), seconds: since(begin) }
    phase = 'committed'
    if (signal.aborted) return seeded
    onProgress({ ...about(service, tables, begin), step: 'analyzing' })
    // Beside the statistics it makes the visibility map, without which no index-only scan is one.
    await session.execute('VACUUM (ANALYZE)').catch((error) => !signal.aborted && vacuumFailed(error))
    return seeded
  } catch (error) {
    if (!signal.aborted || phase !== 'filling') throw seedError(error)
    const isGone = await ending
    throw new OperationError(
      'interrupted',
      isGone === false
        ? 'it was stopped; its server undoes what it wrote as soon as it notices'
        : 'it was stopped, and nothing was written',
    )
  } finally {
    signal.removeEventListener('abort', stop)
    // Ends an open transaction, too.
    await session.end().catch(() => {})
  }
}

async function fill(
  session: ServerSession,
  service: Service,
  range: SeedRange,
  begin: number,
  onProgress: OnSeedProgress,
): Promise<SeededTable[]> {
  for (const statement of opening(service)) await session.execute(statement)
  const locked = await filledTables(session, service)
  // What is empty stays so: for other sessions that would write, this one among them when it is started twice.
  if (locked.length > 0) await session.execute(`LOCK TABLE ${locked.join(', ')} IN SHARE ROW EXCLUSIVE MODE`).catch(lockFailed)
  mustBeEmpty(await notEmpty(session, locked))
  for (const statement of prelude(range)) await session.execute(statement)
  await session.execute(`SET LOCAL search_path TO ${seedSearchPath(service).map(pg.escapeIdentifier).join(', ')}`)
  await session.execute(`SET LOCAL ROLE ${pg.escapeIdentifier(ownerOf(service))}`)

  const done: SeededTable[] = []
  const statements = service.seeds.flatMap(({ statements }) => statements)
  for (const [index, statement] of statements.entries()) {
    const { fills } = statement
    const table = fills === undefined ? undefined : [fills.schema, fills.table].filter((part) => part !== undefined).join('.')
    const at = { at: index + 1, of: statements.length, ...(table === undefined ? {} : { table }) }
    onProgress({ ...about(service, done, begin), step: 'statement', ...at })
    const started = performance.now()
    const rows = await session.execute(statement.text).catch((error) => {
      throw seedError(error, statement)
    })
    if (table === undefined) continue
    done.push({ table, rows, seconds: since(started) })
    onProgress({ ...about(service, done, begin), step: 'filled', table, tableRows: rows, tableSeconds: since(started) })
  }
  onProgress({ ...about(service, done, begin), step: 'constraints' })
  // Here a violation is one of its constraint; at COMMIT it would be one of the commit.
  await session.execute('SET CONSTRAINTS ALL IMMEDIATE')
  return done
}

/** As the init script begins: see generators/init-sql/prologue.hbs. */
const opening = ({ major }: Service): string[] => [
  'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE',
  "SET LOCAL lock_timeout = '30s'",
  'SET LOCAL statement_timeout = 0',
  'SET LOCAL idle_in_transaction_session_timeout = 0',
  ...(major >= 17 ? ['SET LOCAL transaction_timeout = 0'] : []),
  'SET LOCAL search_path = pg_catalog, pg_temp',
]

function mustBeEmpty(filled: readonly string[]): void {
  if (filled.length > 0)
    throw new OperationError(
      'seed-not-empty',
      `${filled.length === 1 ? 'this table is' : 'these tables are'} not empty: ${filled.join(', ')}`,
      'Only empty tables are filled, and nothing is deleted for it.',
    )
}

/** Also at the end of what psql says of it. */
const lockTimeout = '55P03'

function lockFailed(error: unknown): never {
  const { code, message } = error as { code?: string; message: string }
  if (code !== lockTimeout && !message.endsWith(`(${lockTimeout})`)) throw error
  throw new OperationError(
    'seed-locked',
    'somebody else has been writing to the tables to fill for half a minute; nothing was written',
    'Stop what uses the database, or wait for another `pgfleet seed`.',
    error,
  )
}

function commitFailed(error: unknown): never {
  const { code, message } = error as { code?: string; message: string }
  // What the server refuses has a SQLSTATE; without an answer it may have committed.
  if (/^[0-9A-Z]{5}$/.test(code ?? '') || code === 'sql') throw error
  throw new OperationError(
    'commit-unanswered',
    `the server did not answer whether it committed: ${message}`,
    'Look whether the tables are filled.',
    error,
  )
}

function vacuumFailed(error: unknown): never {
  throw new OperationError(
    'seed-analyze',
    `its rows are committed, but VACUUM (ANALYZE) failed: ${(error as Error).message}`,
    undefined,
    error,
  )
}

const since = (begin: number): number => (performance.now() - begin) / 1000
const sum = (tables: readonly SeededTable[]): number => tables.reduce((total, { rows }) => total + rows, 0)

const about = ({ key }: Service, tables: readonly SeededTable[], begin: number): Pick<SeedProgress, 'service' | 'rows' | 'seconds'> => ({
  service: key,
  rows: sum(tables),
  seconds: since(begin),
})
