import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { type Attempt, argon2id, bcrypt, beginLogin, register, sha256, sqlstate, value } from './people.ts'

let db: ServiceDatabase
let app: pg.Client
let superuser: pg.Client
let clients: pg.Client[]

beforeAll(async () => {
  db = await serviceDatabase('users')
  app = await db.connect('app')
  superuser = await db.connect('superuser')
  clients = await Promise.all(Array.from({ length: 12 }, () => db.connect('app')))
})
afterAll(async () => {
  await Promise.all([app, superuser, ...(clients ?? [])].map((client) => client?.end()))
  await db?.close()
})
beforeEach(() => superuser.query('TRUNCATE audit.login_attempts'))

const complete = (attempt: unknown, token: string) => app.query('SELECT users.complete_login($1, $2)', [attempt, sha256(token)])
/** As if all attempts so far had been made that much earlier. */
const later = (interval: string) =>
  superuser.query('UPDATE audit.login_attempts SET attempted_at = attempted_at - $1::interval', [interval])
const outcomes = async () => (await app.query('SELECT outcome, count(*)::int FROM audit.login_attempts GROUP BY 1 ORDER BY 1')).rows

describe('lockout', () => {
  test('after five failures within 15 minutes', async () => {
    await register(app, 'five@example.com')
    for (let n = 0; n < 5; n++) expect((await beginLogin(app, 'Five@Example.com')).password_hash).toBe(bcrypt)
    const refused = await beginLogin(app, 'five@example.com')
    expect(refused).toMatchObject({ attempt_id: null, account_id: null, password_hash: null })
    expect(refused.locked_until!.getTime() - Date.now()).toBeGreaterThan(14 * 60_000)
    expect(refused.locked_until!.getTime() - Date.now()).toBeLessThanOrEqual(15 * 60_000)
    expect(await outcomes()).toEqual([
      { outcome: 'failed', count: 5 },
      { outcome: 'refused', count: 1 },
    ])
  })

  test('ends when the first failure leaves the window; refused attempts do not prolong it', async () => {
    await register(app, 'window@example.com')
    await beginLogin(app, 'window@example.com')
    await later('10 minutes')
    for (let n = 0; n < 4; n++) await beginLogin(app, 'window@example.com')
    for (let n = 0; n < 3; n++) expect((await beginLogin(app, 'window@example.com')).locked_until).not.toBeNull()
    await later('4 minutes 50 seconds')
    expect((await beginLogin(app, 'window@example.com')).locked_until).not.toBeNull()
    await later('10 seconds')
    expect((await beginLogin(app, 'window@example.com')).password_hash).toBe(bcrypt)
    expect((await beginLogin(app, 'window@example.com')).locked_until).not.toBeNull()
  })

  test('a success counts anew', async () => {
    await register(app, 'anew@example.com')
    for (let n = 0; n < 4; n++) await beginLogin(app, 'anew@example.com')
    await complete((await beginLogin(app, 'anew@example.com')).attempt_id, 'anew')
    for (let n = 0; n < 5; n++) expect((await beginLogin(app, 'anew@example.com')).locked_until).toBeNull()
    expect((await beginLogin(app, 'anew@example.com')).locked_until).not.toBeNull()
  })

  test('nobody tries more than five passwords by racing', async () => {
    await register(app, 'race@example.com')
    const attempts: Attempt[] = []
    const guess = async (client: pg.Client) => {
      for (let n = 0; n < 4; n++) attempts.push(await beginLogin(client, 'race@example.com'))
    }
    await Promise.all(clients.map(guess))
    expect(attempts.filter(({ password_hash }) => password_hash !== null)).toHaveLength(5)
    expect(attempts.filter(({ locked_until }) => locked_until !== null)).toHaveLength(43)
    expect(await outcomes()).toEqual([
      { outcome: 'failed', count: 5 },
      { outcome: 'refused', count: 43 },
    ])
  })

  // What the lock is there for: without it, this test must see more than five.
  test('without its lock, racing would help', async () => {
    await register(app, 'unlocked@example.com')
    const { rows } = await superuser.query(`SELECT pg_get_functiondef('users.begin_login'::regproc) AS definition`)
    const slow = rows[0].definition
      .replace(/PERFORM pg_advisory_xact_lock\([^;]*;/, '')
      .replace('INSERT INTO audit.login_attempts', 'PERFORM pg_sleep(0.05); INSERT INTO audit.login_attempts')
    await superuser.query(slow)
    try {
      const attempts = await Promise.all(clients.map((client) => beginLogin(client, 'unlocked@example.com')))
      expect(attempts.filter(({ password_hash }) => password_hash !== null).length).toBeGreaterThan(5)
    } finally {
      await superuser.query(rows[0].definition)
    }
  })

  test('holds for addresses without an account, which look the same', async () => {
    const first = await beginLogin(app, 'nobody@example.com')
    expect(first).toEqual({ attempt_id: expect.any(String), account_id: null, password_hash: null, locked_until: null })
    for (let n = 0; n < 4; n++) await beginLogin(app, 'nobody@example.com')
    expect((await beginLogin(app, 'NOBODY@example.com')).locked_until).not.toBeNull()
  })

  test('of one address leaves the others alone', async () => {
    await register(app, 'victim@example.com')
    await register(app, 'bystander@example.com')
    for (let n = 0; n < 6; n++) await beginLogin(app, 'victim@example.com')
    expect((await beginLogin(app, 'bystander@example.com')).password_hash).toBe(bcrypt)
  })

  test('attempts for one address do not wait for another', async () => {
    await clients[0]!.query('BEGIN')
    await beginLogin(clients[0]!, 'slow@example.com')
    await register(app, 'quick@example.com')
    await complete((await beginLogin(app, 'quick@example.com')).attempt_id, 'quick')
    await clients[1]!.query(`SET lock_timeout = '100ms'`)
    expect(await sqlstate(beginLogin(clients[1]!, 'slow@example.com'))).toBe('55P03')
    await clients[1]!.query('RESET lock_timeout')
    await clients[0]!.query('COMMIT')
  })

  test('is not cheated by a snapshot', async () => {
    for (const level of ['REPEATABLE READ', 'SERIALIZABLE']) {
      await app.query(`BEGIN ISOLATION LEVEL ${level}`)
      expect(await sqlstate(beginLogin(app, 'a@example.com'))).toBe('25000')
      await app.query('ROLLBACK')
    }
  })
})

describe('complete_login', () => {
  test('opens a session, once', async () => {
    const account = await register(app, 'once@example.com')
    const { attempt_id } = await beginLogin(app, 'once@example.com', '198.51.100.7')
    await complete(attempt_id, 'once')
    const { rows } = await app.query('SELECT account_id, host(address) AS address FROM users.sessions WHERE token_hash = $1', [
      sha256('once'),
    ])
    expect(rows).toEqual([{ account_id: account, address: '198.51.100.7' }])
    expect(await sqlstate(complete(attempt_id, 'twice'))).toBe('TR004')
    expect(await value(app, 'SELECT count(*) FROM users.sessions WHERE token_hash = $1', [sha256('twice')])).toBe('0')
  })

  test('only one of many at once', async () => {
    await register(app, 'parallel@example.com')
    const { attempt_id } = await beginLogin(app, 'parallel@example.com')
    const states = await Promise.all(
      clients.map((client, n) => sqlstate(client.query('SELECT users.complete_login($1, $2)', [attempt_id, sha256(`parallel ${n}`)]))),
    )
    expect(states.filter((state) => state === '00000')).toHaveLength(1)
    expect(states.filter((state) => state === 'TR004')).toHaveLength(11)
  })

  test('not for an attempt that is unknown, of nobody, refused, or too old', async () => {
    expect(await sqlstate(complete(4711, 'x'))).toBe('TR004')
    expect(await sqlstate(complete((await beginLogin(app, 'no-account@example.com')).attempt_id, 'x'))).toBe('TR004')
    await register(app, 'late@example.com')
    const { attempt_id } = await beginLogin(app, 'late@example.com')
    await later('5 minutes')
    expect(await sqlstate(complete(attempt_id, 'x'))).toBe('TR004')
    for (let n = 0; n < 5; n++) await beginLogin(app, 'late@example.com')
    const refused = await value(app, `SELECT max(id) FROM audit.login_attempts WHERE outcome = 'refused'`)
    expect(await sqlstate(complete(refused, 'x'))).toBe('TR004')
  })

  test('not with a password that was changed meanwhile', async () => {
    const account = await register(app, 'changed@example.com')
    const { attempt_id } = await beginLogin(app, 'changed@example.com')
    await clients[0]!.query('BEGIN')
    await clients[0]!.query('SELECT users.set_password($1, $2)', [account, argon2id])
    // Whoever begins now is given the new one.
    const attempt = beginLogin(clients[1]!, 'changed@example.com')
    await app.query('SELECT pg_sleep(0.1)')
    await clients[0]!.query('COMMIT')
    expect((await attempt).password_hash).toBe(argon2id)
    expect(await sqlstate(complete(attempt_id, 'changed 1'))).toBe('TR004')
    expect(await sqlstate(complete((await attempt).attempt_id, 'changed 2'))).toBe('00000')
  })

  test('not for an account that was suspended meanwhile', async () => {
    const account = await register(app, 'suspended@example.com')
    const { attempt_id } = await beginLogin(app, 'suspended@example.com')
    await app.query('SELECT users.suspend_account($1)', [account])
    expect(await sqlstate(complete(attempt_id, 'x'))).toBe('TR003')
    expect((await beginLogin(app, 'suspended@example.com')).password_hash).toBeNull()
    await app.query('SELECT users.reinstate_account($1)', [account])
    expect((await beginLogin(app, 'suspended@example.com')).password_hash).toBe(bcrypt)
  })
})

test('suspicious logins are guessing, stuffing, and breaking in, of the last day', async () => {
  await register(app, 'target@example.com')
  for (let n = 0; n < 10; n++) await beginLogin(app, 'target@example.com', '203.0.113.1')
  for (let n = 0; n < 10; n++) await beginLogin(app, `list${n}@example.com`, '203.0.113.2')
  for (let n = 0; n < 9; n++) await beginLogin(app, `other${n}@example.com`, '203.0.113.3')
  await register(app, 'broken@example.com')
  for (let n = 0; n < 4; n++) await beginLogin(app, 'broken@example.com', '203.0.113.4')
  await complete((await beginLogin(app, 'broken@example.com', '203.0.113.4')).attempt_id, 'broken')
  await register(app, 'clumsy@example.com')
  for (let n = 0; n < 3; n++) await beginLogin(app, 'clumsy@example.com', '203.0.113.5')
  await complete((await beginLogin(app, 'clumsy@example.com', '203.0.113.5')).attempt_id, 'clumsy')
  const found = async () =>
    (await app.query('SELECT kind, email, host(address) AS address, attempts::int FROM audit.suspicious_logins ORDER BY kind')).rows
  expect(await found()).toEqual([
    { kind: 'broken-in', email: 'broken@example.com', address: '203.0.113.4', attempts: 4 },
    { kind: 'guessing', email: 'target@example.com', address: null, attempts: 10 },
    { kind: 'stuffing', email: null, address: '203.0.113.2', attempts: 10 },
  ])
  await later('1 day')
  expect(await found()).toEqual([])
})
