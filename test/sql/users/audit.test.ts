import { createHash } from 'node:crypto'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { argon2id, openSession, register, sqlstate, value } from './people.ts'

let db: ServiceDatabase
let app: pg.Client
let owner: pg.Client

beforeAll(async () => {
  db = await serviceDatabase('users')
  app = await db.connect('app')
  owner = await db.connect('owner')
})
afterAll(async () => {
  await app?.end()
  await owner?.end()
  await db?.close()
})

const history = async (account: string) =>
  (await app.query('SELECT table_name, operation, before, after FROM audit.events WHERE subject_id = $1 ORDER BY id', [account])).rows

describe('the trail', () => {
  test('says what an account went through, without secrets', async () => {
    const account = await register(app, 'history@example.com')
    const session = await openSession(app, account, 'history')
    await app.query('SELECT users.touch_session(sha256($$history$$))')
    await app.query('SELECT users.set_password($1, $2)', [account, argon2id])
    await app.query(`UPDATE users.account_roles SET role = 'support' WHERE account_id = $1`, [account])
    await app.query('SELECT users.close_account($1)', [account])
    const events = await history(account)
    expect(events.map(({ table_name, operation }) => `${operation} ${table_name}`)).toEqual([
      'insert users.accounts',
      'insert users.credentials',
      'insert users.account_roles',
      'insert users.sessions',
      'update users.credentials',
      'update users.sessions',
      // Its key has changed. Which comes first is up to the join.
      expect.stringMatching(/^update users.account_roles$/),
      expect.stringMatching(/^update users.account_roles$/),
      'update users.accounts',
    ])
    expect(events[0]).toMatchObject({ before: null, after: { id: account, email: 'history@example.com', display_name: 'Ann Example' } })
    expect(Object.keys(events[4].after).sort()).toEqual(['account_id', 'changed_at'])
    expect(events[5]).toMatchObject({
      before: { id: session, revoke_reason: null },
      after: { id: session, revoke_reason: 'password-changed' },
    })
    expect(events[8]).toMatchObject({ before: { status: 'active', closed_at: null }, after: { status: 'closed' } })
    expect(JSON.stringify(events)).not.toMatch(/token_hash|password_hash|argon2id|\$2b\$/)
  })

  test('says who: the role that logged in, and on whose behalf', async () => {
    const account = await register(app, 'who@example.com')
    await app.query('BEGIN')
    await app.query(`SET LOCAL app.actor = 'support:17'`)
    await app.query('SELECT users.suspend_account($1)', [account])
    await app.query('COMMIT')
    await app.query('SELECT users.reinstate_account($1)', [account])
    await owner.query(`UPDATE users.accounts SET display_name = 'By the owner' WHERE id = $1`, [account])
    const { rows } = await app.query(
      `SELECT session_role, actor FROM audit.events WHERE subject_id = $1 AND operation = 'update' ORDER BY id`,
      [account],
    )
    expect(rows).toEqual([
      { session_role: 'treum_user_service', actor: 'support:17' },
      { session_role: 'treum_user_service', actor: null },
      { session_role: 'treum_users_migrator', actor: null },
    ])
  })

  test('has one row for each row of a statement, none for what stays as it is', async () => {
    const accounts: string[] = []
    for (const n of [1, 2, 3]) accounts.push(await register(owner, `bulk${n}@example.com`))
    await owner.query(`UPDATE users.accounts SET country = CASE WHEN email LIKE 'bulk3%' THEN country ELSE 'FR' END WHERE id = ANY ($1)`, [
      accounts,
    ])
    const { rows } = await owner.query(`SELECT row_key FROM audit.events WHERE operation = 'update' AND subject_id = ANY ($1)`, [accounts])
    expect(rows.map(({ row_key }) => row_key).sort()).toEqual(accounts.slice(0, 2).sort())
  })

  test('is rolled back with what it tells of', async () => {
    const account = await register(app, 'rollback@example.com')
    await app.query('BEGIN')
    await app.query('SELECT users.close_account($1)', [account])
    await app.query('ROLLBACK')
    expect(await history(account)).toHaveLength(3)
  })

  test('tells of the policy', async () => {
    await owner.query('UPDATE users.sign_in_policy SET max_failures = 4')
    await owner.query('DELETE FROM users.sign_in_policy')
    await owner.query(
      `INSERT INTO users.sign_in_policy (max_failures, failure_window, session_idle, session_lifetime) VALUES (5, '15 min', '2 h', '12 h')`,
    )
    const { rows } = await owner.query(
      `SELECT operation, before ->> 'max_failures' AS before, after ->> 'max_failures' AS after
       FROM audit.events WHERE table_name = 'users.sign_in_policy' ORDER BY id`,
    )
    expect(rows).toEqual([
      { operation: 'update', before: '5', after: '4' },
      { operation: 'delete', before: '4', after: null },
      { operation: 'insert', before: null, after: '5' },
    ])
  })

  test('tells of a session that is prolonged, or removed before its time', async () => {
    const account = await register(owner, 'removed@example.com')
    const session = await openSession(owner, account, 'removed')
    await owner.query(`UPDATE users.sessions SET expires_at = expires_at + interval '1 day' WHERE id = $1`, [session])
    await owner.query('DELETE FROM users.sessions WHERE id = $1', [session])
    const { rows } = await owner.query(
      'SELECT operation, after IS NULL AS gone, before::text FROM audit.events WHERE row_key = $1 ORDER BY id',
      [session],
    )
    expect(rows.map(({ operation, gone }) => [operation, gone])).toEqual([
      ['insert', false],
      ['update', false],
      ['delete', true],
    ])
    expect(JSON.stringify(rows)).not.toContain('token_hash')
  })

  test.each(['users.accounts CASCADE', 'users.credentials', 'users.account_roles', 'users.sessions', 'users.sign_in_policy'])(
    'is not passed by: TRUNCATE %s',
    async (tables) => {
      expect(await sqlstate(owner.query(`TRUNCATE ${tables}`))).toBe('TR002')
    },
  )

  test('its times are microseconds, those of the writing and not of the transaction', async () => {
    await owner.query('BEGIN')
    const account = await register(owner, 'times@example.com')
    await owner.query('COMMIT')
    const { rows } = await owner.query('SELECT DISTINCT occurred_at::text FROM audit.events WHERE subject_id = $1', [account])
    expect(rows).toHaveLength(3)
  })

  test('does not make writers wait for each other', async () => {
    const other = await db.connect('app')
    const [first, second] = [await register(app, 'writer1@example.com'), await register(app, 'writer2@example.com')]
    await app.query('BEGIN')
    await openSession(app, first, 'writer 1')
    await other.query(`SET lock_timeout = '200ms'`)
    expect(await sqlstate(openSession(other, second, 'writer 2'))).toBe('00000')
    await owner.query('CALL audit.seal()')
    expect(await sqlstate(app.query('COMMIT'))).toBe('00000')
    await other.end()
  })
})

describe('append-only, even for the owner', () => {
  test.each([
    ['a change', `UPDATE audit.events SET actor = 'nobody'`],
    ['a new hash', 'UPDATE audit.events SET hash = sha256(hash)'],
    ['personal data of somebody who was not erased', 'UPDATE audit.events SET before = NULL, after = NULL, salt = NULL'],
    ['removal', 'DELETE FROM audit.events WHERE id = (SELECT min(id) FROM audit.events)'],
    ['removal of all', 'TRUNCATE audit.events'],
    ['a changed seal', 'UPDATE audit.seals SET rows = rows + 1'],
    ['a removed seal', 'DELETE FROM audit.seals'],
    ['all seals removed', 'TRUNCATE audit.seals'],
    ['a changed ledger', 'UPDATE audit.erasures SET erased_at = now()'],
    ['a shorter ledger', 'DELETE FROM audit.erasures'],
    ['an empty ledger', 'TRUNCATE audit.erasures'],
  ])('%s is refused', async (_, statement) => {
    const account = await register(owner, `only${Math.random()}@example.com`)
    await owner.query('SELECT users.erase_subject($1)', [account])
    await owner.query('CALL audit.seal()')
    expect(await sqlstate(owner.query(statement))).toBe('TR002')
  })

  test('retention removes what has run out, and that only', async () => {
    const account = await register(owner, 'retention@example.com')
    const superuser = await db.connect('superuser')
    await superuser.query('SET session_replication_role = replica')
    await superuser.query(
      `UPDATE audit.events SET occurred_at = now() - interval '2 years 1 second' WHERE subject_id = $1 AND table_name = 'users.accounts'`,
      [account],
    )
    await superuser.end()
    expect(await sqlstate(owner.query('DELETE FROM audit.events WHERE subject_id = $1', [account]))).toBe('TR002')
    await owner.query('CALL pgfleet.apply_retention()')
    expect((await history(account)).map(({ table_name }) => table_name)).toEqual(['users.credentials', 'users.account_roles'])
    expect(await value(owner, `SELECT count(*) FROM audit.events WHERE occurred_at < now() - interval '2 years'`)).toBe('0')
  })
})

test('the hash of a row is what the header of the file says', async () => {
  await register(owner, 'hash@example.com')
  const { rows } = await owner.query(`
    SELECT id, extract(epoch FROM occurred_at)::text AS at, session_role, actor, table_name, row_key, operation, subject_id,
           salt, before::text, after::text, payload_hash, hash
    FROM audit.events ORDER BY id DESC LIMIT 1`)
  const [event] = rows
  const payload = createHash('sha256').update(event.salt).update(`[${event.before}, ${event.after}]`).digest()
  expect(payload.equals(event.payload_hash)).toBe(true)
  const text = [
    event.id,
    event.at,
    ...[event.session_role, event.actor, event.table_name, event.row_key, event.operation, event.subject_id, payload.toString('hex')].map(
      (part) => JSON.stringify(part),
    ),
  ]
  expect(
    createHash('sha256')
      .update(`[${text.join(', ')}]`)
      .digest()
      .equals(event.hash),
  ).toBe(true)
})
