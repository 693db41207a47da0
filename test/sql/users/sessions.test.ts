import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { openSession, register, sha256, sqlstate, value } from './people.ts'

let db: ServiceDatabase
let app: pg.Client
let owner: pg.Client
let account: string

beforeAll(async () => {
  db = await serviceDatabase('users')
  app = await db.connect('app')
  owner = await db.connect('owner')
  account = await register(app, 'sessions@example.com')
})
afterAll(async () => {
  await app?.end()
  await owner?.end()
  await db?.close()
})

const validate = async (token: string) => (await app.query('SELECT * FROM users.validate_session($1)', [sha256(token)])).rows
const touch = (token: string) => value(app, 'SELECT users.touch_session($1)', [sha256(token)])

test('a session is known by its token, with the roles of its account', async () => {
  const id = await openSession(app, account, 'known')
  expect(await validate('known')).toEqual([{ session_id: id, account_id: account, roles: ['customer'], expires_at: expect.any(Date) }])
  await app.query(`INSERT INTO users.account_roles VALUES ($1, 'administrator')`, [account])
  expect((await validate('known'))[0].roles).toEqual(['administrator', 'customer'])
  await app.query(`DELETE FROM users.account_roles WHERE account_id = $1 AND role = 'administrator'`, [account])
  expect(await validate('unknown')).toEqual([])
})

test('what is stored is the SHA-256 of the token', async () => {
  await openSession(app, account, 'abc')
  // FIPS 180-2, appendix B.1
  const hash = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  expect(await value(app, 'SELECT count(*) FROM users.sessions WHERE token_hash = $1', [Buffer.from(hash, 'hex')])).toBe('1')
  expect(await sqlstate(app.query(`SELECT users.create_session($1, 'abc', '::1')`, [account]))).toBe('23514')
})

test('a token belongs to one session', async () => {
  await openSession(app, account, 'taken')
  expect(await sqlstate(openSession(app, account, 'taken'))).toBe('23505')
})

test('an expired session is not live', async () => {
  const id = await openSession(app, account, 'expired')
  await app.query(
    `UPDATE users.sessions SET created_at = now() - interval '12 hours', expires_at = now() - interval '1 second' WHERE id = $1`,
    [id],
  )
  expect(await validate('expired')).toEqual([])
  expect(await touch('expired')).toBe(false)
})

test('a session is idle after two hours, unless it is touched', async () => {
  const id = await openSession(app, account, 'idle')
  const seen = (ago: string) => app.query('UPDATE users.sessions SET last_seen_at = now() - $2::interval WHERE id = $1', [id, ago])
  const age = () => value<number>(app, 'SELECT extract(epoch FROM now() - last_seen_at)::float FROM users.sessions WHERE id = $1', [id])
  await seen('119 minutes')
  expect(await touch('idle')).toBe(true)
  expect(await age()).toBeLessThan(10)
  await seen('30 seconds')
  expect(await touch('idle')).toBe(true)
  expect(await age()).toBeGreaterThan(29)
  await seen('2 hours')
  expect(await validate('idle')).toEqual([])
  expect(await touch('idle')).toBe(false)
})

test('a revoked session stays so', async () => {
  const id = await openSession(app, account, 'revoked')
  const revoke = () => value(app, 'SELECT users.revoke_session($1)', [id])
  expect(await revoke()).toBe(true)
  expect(await validate('revoked')).toEqual([])
  expect(await revoke()).toBe(false)
  expect(await sqlstate(app.query(`SELECT users.revoke_session($1, 'whim')`, [await openSession(app, account, 'whim')]))).toBe('23514')
})

test('a session cannot be made another one, or live again, past the functions', async () => {
  const id = await openSession(app, account, 'kept')
  const other = await register(app, 'thief@example.com')
  const update = (set: string) => sqlstate(app.query(`UPDATE users.sessions SET ${set} WHERE id = $1`, [id]))
  expect(await update(`account_id = '${other}'`)).toBe('TR001')
  expect(await update(`token_hash = sha256('other')`)).toBe('TR001')
  expect(await update(`address = '198.51.100.1'`)).toBe('TR001')
  await app.query('SELECT users.revoke_session($1)', [id])
  expect(await update('revoked_at = NULL, revoke_reason = NULL')).toBe('TR001')
  expect(await update(`revoke_reason = 'administrator'`)).toBe('TR001')
  expect(await validate('kept')).toEqual([])
})

test('an account that is suspended or closed has no live session, and gets none', async () => {
  const other = await register(app, 'other@example.com')
  await openSession(app, other, 'other 1')
  await openSession(app, other, 'other 2')
  expect(await value(app, 'SELECT users.suspend_account($1)', [other])).toBe('2')
  expect(await validate('other 1')).toEqual([])
  expect(await sqlstate(openSession(app, other, 'other 3'))).toBe('TR003')
  await app.query('SELECT users.reinstate_account($1)', [other])
  expect(await validate('other 1')).toEqual([])
  await openSession(app, other, 'other 4')
  await app.query(`UPDATE users.accounts SET status = 'suspended' WHERE id = $1`, [other])
  expect(await validate('other 4')).toEqual([])
  expect(await value(app, 'SELECT users.close_account($1)', [other])).toBe('1')
})

test('no session slips through while an account is being suspended', async () => {
  const racer = await register(app, 'racer@example.com')
  const opener = await db.connect('app')
  await app.query('BEGIN')
  await app.query('SELECT users.suspend_account($1)', [racer])
  const opened = sqlstate(openSession(opener, racer, 'racer'))
  await app.query('SELECT pg_sleep(0.1)')
  await app.query('COMMIT')
  expect(await opened).toBe('TR003')
  await opener.end()
})

test('a touch changes no index', async () => {
  const id = await openSession(app, account, 'hot')
  const updates = async () => {
    await owner.query('SELECT pg_stat_force_next_flush()')
    const { rows } = await owner.query(
      `SELECT n_tup_upd::int AS updates, n_tup_hot_upd::int AS hot FROM pg_stat_user_tables WHERE relname = 'sessions'`,
    )
    return rows[0]
  }
  const before = await updates()
  for (let n = 0; n < 5; n++)
    await owner.query(`UPDATE users.sessions SET last_seen_at = now() - $2 * interval '1 minute' WHERE id = $1`, [id, n])
  const after = await updates()
  expect({ updates: after.updates - before.updates, hot: after.hot - before.hot }).toEqual({ updates: 5, hot: 5 })
})

test('the job deletes what has expired, in batches, and leaves alone what somebody holds', async () => {
  await owner.query('DELETE FROM users.sessions')
  for (let n = 0; n < 12; n++) await openSession(app, account, `job ${n}`)
  await app.query(
    `UPDATE users.sessions SET created_at = now() - interval '1 day', expires_at = now() - interval '1 hour' WHERE token_hash <> $1`,
    [sha256('job 0')],
  )
  await app.query('BEGIN')
  await app.query('SELECT FROM users.sessions WHERE token_hash = $1 FOR UPDATE', [sha256('job 1')])
  await owner.query('CALL users.remove_expired_sessions(5)')
  expect(await value(owner, 'SELECT count(*) FROM users.sessions')).toBe('2')
  await app.query('COMMIT')
  await owner.query('CALL users.remove_expired_sessions(5)')
  await owner.query('CALL users.remove_expired_sessions(5)')
  expect(await validate('job 0')).toHaveLength(1)
  expect(await value(owner, 'SELECT count(*) FROM users.sessions')).toBe('1')
})
