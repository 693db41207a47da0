// A database with the data of the version before gets the last file.
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { openSession, register, value } from './people.ts'

let db: ServiceDatabase
let owner: pg.Client
let accounts: string[]

/** All rows without what is new. */
async function contents(): Promise<unknown[]> {
  const found: unknown[] = []
  for (const table of ['users.accounts', 'users.credentials', 'users.account_roles', 'users.sessions', 'audit.login_attempts']) {
    const { rows } = await owner.query(`SELECT to_jsonb(t) - 'email_confirmed_at' AS row FROM ${table} AS t ORDER BY 1`)
    found.push(rows)
  }
  return found
}

beforeAll(async () => {
  db = await serviceDatabase('users', { without: ['0010-email-confirmation.sql'] })
  owner = await db.connect('owner')
  accounts = []
  for (let n = 0; n < 200; n++) accounts.push(await register(owner, `old${n}@example.com`))
  for (const account of accounts.slice(0, 120)) await openSession(owner, account, `first ${account}`)
  for (const account of accounts.slice(0, 50)) await openSession(owner, account, `second ${account}`)
  for (const account of accounts.slice(40, 60)) await owner.query('SELECT users.close_account($1)', [account])
  for (const account of accounts.slice(0, 10)) await owner.query('SELECT users.erase_subject($1)', [account])
  await owner.query('CALL audit.seal()')
})
afterAll(async () => {
  await owner?.end()
  await db?.close()
})

test('the last file keeps the data and fills what is new', async () => {
  expect(
    await value(owner, `SELECT count(*) FROM pg_attribute WHERE attrelid = 'users.accounts'::regclass AND attname = 'email_confirmed_at'`),
  ).toBe('0')
  const before = await contents()
  const events = Number(await value(owner, 'SELECT count(*) FROM audit.events'))
  const sessions = await owner.query(
    `SELECT subject_id, min(occurred_at) AS at FROM audit.events WHERE table_name = 'users.sessions' GROUP BY 1`,
  )
  const firstSession = new Map(sessions.rows.map(({ subject_id, at }) => [subject_id, at.getTime()]))

  await db.applyAll()

  expect(await contents()).toEqual(before)
  const { rows } = await owner.query('SELECT id, email_confirmed_at AS at FROM users.accounts')
  expect(rows).toHaveLength(200)
  for (const { id, at } of rows) {
    const n = accounts.indexOf(id)
    expect(at?.getTime()).toBe(n >= 10 && n < 120 ? firstSession.get(id) : undefined)
  }
  // The change itself is in the trail, which is whole.
  expect(Number(await value(owner, 'SELECT count(*) FROM audit.events')) - events).toBe(110)
  await owner.query('CALL audit.seal()')
  expect((await owner.query(`SELECT * FROM audit.verify('0')`)).rows).toEqual([])
})

test('what was there before works on, and so does what is new', async () => {
  const [account] = accounts.slice(150)
  expect(await value(owner, 'SELECT users.confirm_email($1, $2)', [account, 'OLD150@example.com'])).toBe(true)
  await owner.query('SELECT users.erase_subject($1)', [account])
  const { rows } = await owner.query('SELECT status, email_confirmed_at FROM users.accounts WHERE id = $1', [account])
  expect(rows).toEqual([{ status: 'erased', email_confirmed_at: null }])
  await owner.query('SELECT users.erase_subject($1)', [accounts[0]])
  await db.applyAll()
})
