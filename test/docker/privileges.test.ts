// Every role against every way in and every operation, on every service.
import { expect, test } from 'vitest'
import { describeDocker, superuserRun } from '../support/docker-fleet.ts'
import { type Refusal, sqlStates, tryLogins } from '../support/docker-logins.ts'
import {
  denied,
  inDatabase,
  inSchema,
  type LoginRole,
  logins,
  ok,
  onTable,
  otherDatabases,
  ownRoles,
  type RoleName,
  refusals,
  refusedByTrigger,
  roles,
  schemas,
  sessions,
  type TableAccess,
  tables,
  wayOf,
  ways,
} from './privilege-table.ts'

const services = Object.keys(tables)

const nameOf = (key: string, role: RoleName): string => {
  const own = ownRoles[key]!
  return role === 'owner' || role === 'migrator' || role === 'app' ? own[role] : role
}

/** The refusal of the table that this is, or else what was said. */
function outcomeOf(refusal: Refusal): string {
  if (!refusal) return 'in'
  const known = Object.entries(refusals).find(
    ([, { code, message }]) => refusal.message.includes(message) && (refusal.code ?? code) === code,
  )
  return known ? known[0] : `${refusal.code}: ${refusal.message}`
}

/** Cells of the table of logins that are not as found. */
async function wrongLogins(key: string): Promise<string[]> {
  const wrong: string[] = []
  for (const way of ways) {
    const found = await tryLogins(roles.map((role) => ({ key, way, role: nameOf(key, role) })))
    for (const [i, role] of roles.entries()) {
      const outcome = outcomeOf(found[i])
      if (outcome !== logins[role][way]) wrong.push(`${key}: ${role} by ${way}: ${outcome}`)
    }
  }
  return wrong
}

async function wrongOtherDatabases(key: string): Promise<string[]> {
  const wrong: string[] = []
  for (const way of ways) {
    const cells = (Object.keys(wayOf) as LoginRole[])
      .filter((role) => wayOf[role] === way)
      .flatMap((role) => ['postgres', 'template1'].map((database) => ({ role, database })))
    const found = await tryLogins(cells.map(({ role, database }) => ({ key, way, role: nameOf(key, role), database })))
    for (const [i, { role, database }] of cells.entries()) {
      const outcome = outcomeOf(found[i])
      if (outcome !== otherDatabases[role]) wrong.push(`${key}: ${role} into ${database}: ${outcome}`)
    }
  }
  return wrong
}

type Row = { readonly statement: string; readonly expected: readonly string[] }

/** The rows of a table with what the application and analytics may do there, in the second column and in the three after it. */
const narrowed = (key: string, { app, analytics, refused = '' }: TableAccess): Record<string, readonly string[]> =>
  Object.fromEntries(
    Object.entries(onTable).map(([statement, [migrator, , ...others]]) => {
      const [word = ''] = statement.split(' ')
      const touchesRows = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'].includes(word)
      const application = touchesRows && app.includes(word[0]!.toLowerCase()) ? ok : denied
      const readers = others.slice(0, 3).map((cell) => {
        if (word === 'SELECT') return analytics === 'reads' ? ok : denied
        // Names are looked up before anybody asks whether the transaction may write.
        return analytics === 'hidden' && touchesRows ? denied : cell
      })
      const cells = [migrator!, application, ...readers, ...others.slice(3)]
      const isRefused = ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'].includes(word) && refused.includes(word[0]!)
      return [statement, isRefused ? cells.map((cell) => (cell === ok ? refusedByTrigger[key]! : cell)) : cells]
    }),
  )

/** Everything that is tried in a service, and what each column of the table expects. */
function rowsOf(key: string): Row[] {
  const fill = (rows: Record<string, readonly string[]>, values: Record<string, string>): Row[] =>
    Object.entries(rows).map(([pattern, cells]) => {
      const statement = pattern.replace(/%(\w)/g, (_, name: string) => values[name]!)
      return { statement, expected: cells }
    })
  return [
    ...Object.entries(tables[key]!).flatMap(([t, access]) => fill(narrowed(key, access), { t, c: access.column })),
    ...schemas[key]!.flatMap((s) => fill(inSchema, { s })),
    ...fill(inDatabase, { o: ownRoles[key]!.owner }),
  ]
}

type Session = { readonly name: string; readonly role: LoginRole; readonly first?: string; readonly begin?: string }

/** Cells of the tables of privileges that are not as found, in the order of the columns. */
async function wrongPrivileges(key: string): Promise<string[]> {
  const rows = rowsOf(key)
  const statements = rows.map(({ statement }) => statement)
  const wrongOf = async ({ name, role, first, begin }: Session, column: number): Promise<string[]> => {
    const found = await sqlStates({ key, way: wayOf[role], role: nameOf(key, role) }, { statements, first, begin })
    expect(found).toHaveLength(rows.length)
    // A scheduled job held locks the other way round.
    if (found.includes('40P01')) return wrongOf({ name, role, first, begin } as Session, column)
    return rows.flatMap(({ statement, expected }, i) =>
      found[i] === expected[column] ? [] : [`${name}: ${statement}: ${found[i]} instead of ${expected[column]}`],
    )
  }
  // The first and the last may do anything: they hold locks that the others would wait for.
  const columns = (sessions as readonly Session[]).map((session, column) => () => wrongOf(session, column))
  const first = await columns[0]!()
  const others = await Promise.all(columns.slice(1, -1).map((run) => run()))
  const last = await columns.at(-1)!()
  return [first, ...others, last].flat().map((line) => `${key}: ${line}`)
}

/** Runs a check while a change by the superuser stands. */
async function during<Result>(key: string, change: string, undo: string, check: () => Promise<Result>): Promise<Result> {
  try {
    await superuserRun(key, change)
    return await check()
  } finally {
    await superuserRun(key, undo)
  }
}

describeDocker('roles', () => {
  test.each(services)('of %s get in where the table says so, and nowhere else', async (key) => {
    expect(await wrongLogins(key)).toEqual([])
    expect(await wrongOtherDatabases(key)).toEqual([])
  })

  test.each(services)('of %s may do what the table says, and nothing else', async (key) => {
    expect(await wrongPrivileges(key)).toEqual([])
  })

  test('a login that one role should not have is found', async () => {
    const change = 'GRANT pooled_login TO analytics'
    // The pooler lets it pass, and pg_hba.conf stops it: clients hear that from the server.
    const found = await during('users', change, 'REVOKE pooled_login FROM analytics', () => wrongLogins('users'))
    expect(found).toEqual(['users: analytics by pool: rejected'])
  })

  test('privileges too many are found, and only those', async () => {
    const found = await during(
      'users',
      'GRANT DELETE ON users.accounts TO treum_user_service; GRANT UPDATE ON users.accounts TO analytics',
      'REVOKE DELETE ON users.accounts FROM treum_user_service; REVOKE UPDATE ON users.accounts FROM analytics',
      () => wrongPrivileges('users'),
    )
    expect(found).toEqual([
      'users: app: DELETE FROM users.accounts WHERE false: 00000 instead of 42501',
      'users: analytics, read-only switched off: UPDATE users.accounts SET email = NULL WHERE false: 00000 instead of 42501',
      'users: analytics, in BEGIN READ WRITE: UPDATE users.accounts SET email = NULL WHERE false: 00000 instead of 42501',
    ])
  })

  test('a privilege too few, a membership and a function for everybody are found', async () => {
    const found = await during(
      'trading',
      `REVOKE SELECT ON trading.orders FROM treum_trading_service; GRANT pg_execute_server_program TO monitor;
       GRANT EXECUTE ON FUNCTION lo_from_bytea TO PUBLIC`,
      `GRANT SELECT ON trading.orders TO treum_trading_service; REVOKE pg_execute_server_program FROM monitor;
       REVOKE EXECUTE ON FUNCTION lo_from_bytea FROM PUBLIC`,
      () => wrongPrivileges('trading'),
    )
    const everybody = ": SELECT lo_from_bytea(0, 'x'): 00000 instead of 42501"
    expect(found).toEqual([
      'trading: app: SELECT count(*) FROM trading.orders: 42501 instead of 00000',
      "trading: analytics: SELECT lo_from_bytea(0, 'x'): 25006 instead of 42501",
      `trading: analytics, read-only switched off${everybody}`,
      `trading: analytics, in BEGIN READ WRITE${everybody}`,
      `trading: admin${everybody}`,
      "trading: monitor: COPY (SELECT 1) TO PROGRAM 'cat >/dev/null': 00000 instead of 42501",
      `trading: monitor${everybody}`,
      "trading: backup: SELECT lo_from_bytea(0, 'x'): 25006 instead of 42501",
      `trading: backup, in BEGIN READ WRITE${everybody}`,
      `trading: pgbouncer_auth${everybody}`,
    ])
  })
})
