import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { bcrypt, beginLogin, openSession, register, sha256, sqlstate, value } from './people.ts'

let db: ServiceDatabase
let app: pg.Client
let superuser: pg.Client

beforeAll(async () => {
  db = await serviceDatabase('users')
  app = await db.connect('app')
  superuser = await db.connect('superuser')
})
afterAll(async () => {
  await app?.end()
  await superuser?.end()
  await db?.close()
})

/** An account that has left traces everywhere; its id. */
async function live(client: pg.Client, name: string, address = '192.0.2.66'): Promise<string> {
  await beginLogin(client, `${name}@example.com`, address)
  const account = await register(client, `${name}@example.com`)
  await beginLogin(client, `${name}@example.com`, address)
  const { attempt_id } = await beginLogin(client, `${name}@example.com`, address)
  await client.query('SELECT users.complete_login($1, $2)', [attempt_id, sha256(name)])
  await client.query('UPDATE users.accounts SET display_name = $2 WHERE id = $1', [account, `Mx ${name}`])
  return account
}

const erase = async (client: pg.Client, account: string) =>
  Object.fromEntries(
    (await client.query('SELECT * FROM users.erase_subject($1)', [account])).rows.map(({ table_name, rows }) => [table_name, Number(rows)]),
  )

/** Tables in which something is left that has a text in it, in whatever column. */
async function traces(client: pg.Client, text: string): Promise<string[]> {
  const { rows } = await client.query(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('users', 'audit') ORDER BY 1`,
  )
  const found: string[] = []
  for (const { name } of rows) {
    if (Number(await value(client, `SELECT count(*) FROM ${name} AS t WHERE strpos(lower(t::text), $1) > 0`, [text])) > 0) found.push(name)
  }
  return found
}

const nothing = {
  'audit.erasures': 0,
  'audit.events': 0,
  'audit.login_attempts': 0,
  'users.account_roles': 0,
  'users.accounts': 0,
  'users.credentials': 0,
  'users.sessions': 0,
}

describe('export_subject', () => {
  test('is everything about one person, and no secret', async () => {
    const account = await live(app, 'export')
    await live(app, 'export-not')
    const exported = await value<Record<string, Record<string, unknown>[]>>(app, 'SELECT users.export_subject($1)', [account])
    expect(exported.account).toMatchObject({
      id: account,
      email: 'export@example.com',
      display_name: 'Mx export',
      country: 'DE',
      status: 'active',
    })
    expect(exported.password_changed_at).toEqual(expect.any(String))
    expect(exported.roles).toEqual([{ role: 'customer', granted_at: expect.any(String) }])
    expect(exported.sessions).toEqual([expect.objectContaining({ address: '192.0.2.66', revoked_at: null })])
    expect(exported.login_attempts!.map(({ outcome }) => outcome)).toEqual(['failed', 'succeeded'])
    expect(exported.history!.map(({ operation, table }) => `${operation} ${table}`)).toEqual([
      'insert users.accounts',
      'insert users.credentials',
      'insert users.account_roles',
      'insert users.sessions',
      'update users.accounts',
    ])
    const text = JSON.stringify(exported)
    expect(text).not.toContain('export-not')
    expect(text).not.toContain(bcrypt)
    expect(text).not.toContain(sha256('export').toString('hex'))
  })
})

describe('erase_subject', () => {
  test('leaves no trace but the id, and says what it did', async () => {
    const account = await live(app, 'erase', '198.51.100.99')
    expect(await traces(superuser, 'erase@example.com')).toEqual(['audit.events', 'audit.login_attempts', 'users.accounts'])
    expect(await traces(superuser, '198.51.100.99')).toEqual(['audit.events', 'audit.login_attempts', 'users.sessions'])
    expect(await erase(app, account)).toEqual({
      'audit.erasures': 1,
      'audit.events': 9, // 5 from before, and 4 of the erasure: account, credentials, role, session
      'audit.login_attempts': 3,
      'users.account_roles': 1,
      'users.accounts': 1,
      'users.credentials': 1,
      'users.sessions': 1,
    })
    for (const text of ['erase@example.com', 'mx erase', '198.51.100.99', sha256('erase').toString('hex')])
      expect(await traces(superuser, text)).toEqual([])
    const { rows } = await app.query('SELECT id, email, display_name, country, status FROM users.accounts WHERE id = $1', [account])
    expect(rows).toEqual([{ id: account, email: null, display_name: null, country: null, status: 'erased' }])
    expect(await app.query('SELECT FROM users.validate_session($1)', [sha256('erase')])).toMatchObject({ rowCount: 0 })
  })

  test('a second time there is nothing to do', async () => {
    const account = await live(app, 'twice')
    await erase(app, account)
    const events = await value(app, 'SELECT count(*) FROM audit.events')
    expect(await erase(app, account)).toEqual(nothing)
    expect(await value(app, 'SELECT count(*) FROM audit.events')).toBe(events)
  })

  test('at the same time, once', async () => {
    const account = await live(app, 'race')
    const clients = await Promise.all([1, 2, 3, 4].map(() => db.connect('app')))
    const counts = await Promise.all(clients.map((client) => erase(client, account)))
    await Promise.all(clients.map((client) => client.end()))
    expect(counts.map((count) => count['users.accounts']).sort()).toEqual([0, 0, 0, 1])
  })

  test('is audited, and the trail stays whole', async () => {
    const account = await live(app, 'audited')
    await superuser.query('CALL audit.seal()')
    await app.query(`BEGIN; SET LOCAL app.actor = 'support:5'`)
    await erase(app, account)
    await app.query('COMMIT')
    await superuser.query('CALL audit.seal()')
    const { rows } = await app.query(
      `SELECT actor, session_role, after ->> 'users.sessions' AS sessions FROM audit.events WHERE subject_id = $1 AND operation = 'erase'`,
      [account],
    )
    expect(rows).toEqual([{ actor: 'support:5', session_role: 'treum_user_service', sessions: '1' }])
    expect(await app.query('SELECT FROM audit.events WHERE subject_id = $1', [account])).toMatchObject({ rowCount: 10 })
    expect((await superuser.query(`SELECT * FROM audit.verify('0')`)).rows).toEqual([])
  })

  test('the ledger knows the subject by a hash only', async () => {
    const account = await register(app, 'ledger@example.com')
    await erase(app, account)
    expect(await value(app, 'SELECT count(*) FROM audit.erasures WHERE subject_hash = $1', [sha256(`users.accounts:${account}`)])).toBe('1')
    expect(await value(app, 'SELECT count(*) FROM audit.erasures AS e WHERE strpos(e::text, $1) > 0', [account.replaceAll('-', '')])).toBe(
      '0',
    )
  })

  test('leaves those alone who had the address before or have it now', async () => {
    const before = await live(app, 'shared')
    await app.query('SELECT users.close_account($1)', [before])
    const now = await live(app, 'shared')
    await erase(app, before)
    const exported = await value<{ account: object; login_attempts: unknown[] }>(app, 'SELECT users.export_subject($1)', [now])
    expect(exported.account).toMatchObject({ email: 'shared@example.com' })
    expect(exported.login_attempts).toHaveLength(2)
  })

  test('takes the attempts at former addresses, too', async () => {
    const account = await live(app, 'former')
    await app.query('SELECT users.change_email($1, $2)', [account, 'latter@example.com'])
    await beginLogin(app, 'former@example.com')
    expect((await erase(app, account))['audit.login_attempts']).toBe(4)
    expect(await traces(superuser, 'former@example.com')).toEqual([])
  })

  test('does not overlook what its snapshot is too old for', async () => {
    const account = await live(app, 'snapshot')
    const other = await db.connect('app')
    for (const level of ['REPEATABLE READ', 'SERIALIZABLE'])
      for (const call of ['erase_subject($1)', `set_password($1, '${bcrypt}')`, 'suspend_account($1)', 'close_account($1)']) {
        await app.query(`BEGIN ISOLATION LEVEL ${level}; SELECT FROM users.accounts`)
        await openSession(other, account, `${level} ${call}`)
        expect(await sqlstate(app.query(`SELECT users.${call}`, [account]))).toBe('25000')
        await app.query('ROLLBACK')
      }
    await other.end()
  })

  test('the address is free again', async () => {
    await erase(app, await register(app, 'free@example.com'))
    expect(await sqlstate(register(app, 'free@example.com'))).toBe('00000')
  })

  test('no session and no attempt slips through while it runs', async () => {
    const account = await live(app, 'slip')
    const other = await db.connect('app')
    await app.query('BEGIN')
    await erase(app, account)
    const attempt = beginLogin(other, 'slip@example.com')
    await app.query('SELECT pg_sleep(0.1)')
    await app.query('COMMIT')
    expect(await attempt).toMatchObject({ account_id: null, password_hash: null })
    expect(await sqlstate(openSession(other, account, 'slip 2'))).toBe('TR003')
    expect(await sqlstate(other.query('SELECT users.set_password($1, $2)', [account, bcrypt]))).toBe('TR001')
    await other.end()
  })

  test('while others sign in and out, nobody waits for ever', async () => {
    const account = await live(app, 'busy')
    const clients = await Promise.all([1, 2, 3, 4, 5, 6].map(() => db.connect('app')))
    const states = new Set<string>()
    const work = async (client: pg.Client, n: number) => {
      for (let round = 0; round < 15; round++) {
        const attempt = await beginLogin(client, 'busy@example.com')
        const id = `busy ${n} ${round}`
        states.add(await sqlstate(client.query('SELECT users.complete_login($1, $2)', [attempt.attempt_id, sha256(id)])))
        states.add(await sqlstate(client.query(`SELECT users.revoke_sessions($1, 'signed-out')`, [account])))
      }
    }
    const working = Promise.all(clients.map(work))
    await app.query('SELECT pg_sleep(0.03)')
    states.add(await sqlstate(erase(app, account)))
    await working
    await Promise.all(clients.map((client) => client.end()))
    // Done, not done, or no account any more; but no deadlock (40P01).
    expect([...states].filter((state) => !['00000', 'TR003', 'TR004'].includes(state))).toEqual([])
    expect(await value(app, 'SELECT count(*) FROM users.sessions WHERE account_id = $1', [account])).toBe('0')
  })
})

describe('after a restore', () => {
  test('whoever is in the ledger is erased again', async () => {
    const gone = await live(app, 'gone')
    const stays = await live(app, 'stays')
    const earlier = await live(app, 'earlier')
    await erase(app, earlier)
    await app.end()
    await superuser.query('CALL audit.seal()')
    // The backup: a copy of the database as it is now.
    await superuser.query(`CREATE DATABASE restored TEMPLATE ${pg.escapeIdentifier(db.service.database)}`)
    app = await db.connect('app')
    await erase(app, gone)
    const ledger = (await app.query('SELECT subject_hash FROM audit.erasures')).rows.map(({ subject_hash }) => subject_hash)

    const restored = new pg.Client({ host: superuser.host, port: superuser.port, user: 'postgres', database: 'restored' })
    await restored.connect()
    try {
      expect(await traces(restored, 'gone@example.com')).not.toEqual([])
      expect((await restored.query('SELECT FROM users.replay_erasures()')).rowCount).toBe(0)
      expect(await traces(restored, 'gone@example.com')).not.toEqual([])
      const { rows } = await restored.query('SELECT * FROM users.replay_erasures($1)', [ledger])
      expect(new Set(rows.map(({ account_id }) => account_id))).toEqual(new Set([gone]))
      expect(rows.find(({ table_name }) => table_name === 'users.accounts').rows).toBe('1')
      expect(await traces(restored, 'gone@example.com')).toEqual([])
      expect(await traces(restored, 'stays@example.com')).not.toEqual([])
      expect(await value(restored, 'SELECT status FROM users.accounts WHERE id = $1', [stays])).toBe('active')
      expect((await restored.query('SELECT * FROM users.replay_erasures($1)', [ledger])).rows).toEqual([])
      await restored.query('CALL audit.seal()')
      expect((await restored.query(`SELECT * FROM audit.verify('0')`)).rows).toEqual([])
    } finally {
      await restored.end()
    }
  })

  test('a ledger holds hashes and nothing else', async () => {
    expect(await sqlstate(app.query('SELECT users.replay_erasures($1)', [[Buffer.from('somebody')]]))).toBe('23514')
  })
})
