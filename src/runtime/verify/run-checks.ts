import type { Session } from './access.ts'
import type { Check, Outcome, PoolerCheck, Subject } from './check.ts'
import { type CheckAbout, type CheckRun, madeRun, notChecked } from './check-run.ts'

type About = Omit<Subject, 'server'>

/** What a system said of itself, and how its checks went. */
export type SystemRuns = { readonly version?: string; readonly runs: readonly CheckRun[]; readonly unreachable?: string }

/** All checks of a server in one read-only transaction: they see one state, and can change nothing. */
export async function runServerChecks(subject: About, checks: readonly Check[], open: () => Promise<Session>): Promise<SystemRuns> {
  return withSession(subject, checks, open, 'server', async (session) => {
    await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    // Nothing that somebody made in a schema of the search path is taken for the system's.
    await session.query('SET LOCAL search_path = pg_catalog, pg_temp')
    await session.query('SAVEPOINT check_begins')
    const { rows } = await session.query(`SELECT current_setting('server_version') AS version`)
    const run = ({ run }: Check) =>
      run({ ...subject, server: session }).catch(async (error) => {
        if (!isRefusal(error)) throw error
        await session.query('ROLLBACK TO check_begins')
        return refused(error)
      })
    return { version: (rows[0] as { version: string }).version, run }
  })
}

/** All checks of a pooler. */
export async function runPoolerChecks(subject: About, checks: readonly PoolerCheck[], open: () => Promise<Session>): Promise<SystemRuns> {
  return withSession(subject, checks, open, 'pooler', async (session) => {
    const { rows } = await session.query('SHOW VERSION')
    const version = /[\d.]+/.exec(JSON.stringify(rows[0] ?? ''))?.[0] ?? ''
    return { version, run: ({ run }: PoolerCheck) => run(subject, session) }
  })
}

async function withSession<C extends CheckAbout>(
  { service: { key } }: About,
  checks: readonly C[],
  open: () => Promise<Session>,
  what: string,
  begin: (session: Session) => Promise<{ version: string; run: (check: C) => Promise<Outcome> }>,
): Promise<SystemRuns> {
  const runs: CheckRun[] = []
  let session: Session | undefined
  let version: string | undefined
  try {
    session = await open()
    const begun = await begin(session)
    version = begun.version
    for (const check of checks) runs.push(madeRun(check, key, await begun.run(check)))
    return { version, runs }
  } catch (error) {
    if (!isOutside(error)) throw error
    // Why stands in the one finding that says so.
    const rest = checks.slice(runs.length).map((check) => notChecked(check, key, `the ${what} does not answer`))
    return { ...(version === undefined ? {} : { version }), runs: [...runs, ...rest], unreachable: (error as Error).message }
  } finally {
    await session?.end().catch(() => {})
  }
}

/** An error of the server, the network or Docker has a code; any other is our bug. */
const isOutside = (error: unknown): boolean => error instanceof Error && ('code' in error || /^Connection terminated/.test(error.message))

/** The server answers, but not with what was asked for: what a check needs (the ledger, most often) is not there. */
function isRefusal(error: unknown): error is Error {
  if (!isOutside(error)) return false
  const { code, message } = error as Error & { code?: string }
  // Class 08 is the connection, 57P the end of the server: https://www.postgresql.org/docs/current/errcodes-appendix.html
  const state = code === 'sql' ? /\(([0-9A-Z]{5})\)$/.exec(message)?.[1] : code
  return state !== undefined && /^[0-9A-Z]{5}$/.test(state) && !/^(08|57P)/.test(state)
}

const refused = ({ message }: Error): Outcome => ({
  findings: [{ what: 'the catalogue', expected: 'what the init script makes', actual: message }],
  figures: {},
})
