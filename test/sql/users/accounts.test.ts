import { asyncProperty, assert as check, constantFrom, array as sequence } from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { argon2id, bcrypt, openSession, register, sqlstate, value } from './people.ts'

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

describe('email', () => {
  test('is unique among open accounts, whatever its case', async () => {
    const first = await register(app, 'Case@Example.com')
    expect(await sqlstate(register(app, 'cASE@example.COM'))).toBe('23505')
    await app.query('SELECT users.suspend_account($1)', [first])
    expect(await sqlstate(register(app, 'case@example.com'))).toBe('23505')
    await app.query('SELECT users.close_account($1)', [first])
    const second = await register(app, 'case@example.com')
    await app.query('SELECT users.close_account($1)', [second])
    expect(await register(app, 'CASE@example.com')).not.toBe(first)
  })

  test('only one of many who register it at once has it', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => db.connect('app')))
    const states = await Promise.all(
      clients.map((client, n) => sqlstate(register(client, n % 2 ? 'race@example.com' : 'RACE@example.com'))),
    )
    await Promise.all(clients.map((client) => client.end()))
    expect(states.sort()).toEqual(['00000', ...Array(7).fill('23505')])
  })

  test.each(['', 'no-at', 'two@at@signs', 'a b@c', `${'x'.repeat(250)}@x.org`])('refuses %j', async (email) => {
    expect(await sqlstate(register(app, email))).toBe('23514')
  })

  test('a new one is confirmed anew', async () => {
    const account = await register(app, 'old@example.com')
    const confirmed = () => value(app, 'SELECT email_confirmed_at IS NOT NULL FROM users.accounts WHERE id = $1', [account])
    const confirm = (email: string) => value(app, 'SELECT users.confirm_email($1, $2)', [account, email])
    expect(await confirm('other@example.com')).toBe(false)
    expect(await confirmed()).toBe(false)
    expect(await confirm('OLD@example.com')).toBe(true)
    expect(await confirm('old@example.com')).toBe(false)
    await app.query('SELECT users.change_email($1, $2)', [account, 'Old@Example.com'])
    expect(await confirmed()).toBe(true)
    await app.query('SELECT users.change_email($1, $2)', [account, 'new@example.com'])
    expect(await confirmed()).toBe(false)
  })
})

describe('status', () => {
  const statuses = ['active', 'suspended', 'closed', 'erased'] as const
  const calls = ['suspend_account', 'reinstate_account', 'close_account', 'erase_subject'] as const
  // Worked by hand: where a call leads to, by where it starts; what is not there is refused.
  const legal: Record<string, Partial<Record<(typeof calls)[number], string>>> = {
    active: { suspend_account: 'suspended', reinstate_account: 'active', close_account: 'closed', erase_subject: 'erased' },
    suspended: { suspend_account: 'suspended', reinstate_account: 'active', close_account: 'closed', erase_subject: 'erased' },
    closed: { close_account: 'closed', erase_subject: 'erased' },
    erased: { erase_subject: 'erased' },
  }

  test('no sequence of calls leads where it must not', async () => {
    let n = 0
    await check(
      asyncProperty(sequence(constantFrom(...calls), { maxLength: 8 }), async (path) => {
        const account = await register(app, `path${n++}@example.com`)
        let status = 'active'
        for (const call of path) {
          const state = await sqlstate(app.query(`SELECT users.${call}($1)`, [account]))
          expect(state).toBe(legal[status]![call] ? '00000' : 'TR001')
          status = legal[status]![call] ?? status
          const row = await app.query(
            'SELECT status, closed_at IS NOT NULL AS closed, email IS NULL AS empty FROM users.accounts WHERE id = $1',
            [account],
          )
          expect(row.rows).toEqual([{ status, closed: status === 'closed' || status === 'erased', empty: status === 'erased' }])
        }
      }),
      { numRuns: 60 },
    )
  })

  test('nor does an update, not even by the owner', async () => {
    for (const from of ['closed', 'erased']) {
      const account = await register(app, `${from}@example.com`)
      await app.query(`SELECT users.${from === 'closed' ? 'close_account' : 'erase_subject'}($1)`, [account])
      for (const to of statuses.filter((status) => status !== from && status !== 'erased')) {
        expect(await sqlstate(owner.query('UPDATE users.accounts SET status = $2 WHERE id = $1', [account, to]))).toBe('TR001')
      }
    }
    const account = await register(app, 'half@example.com')
    expect(await sqlstate(owner.query(`UPDATE users.accounts SET status = 'closed' WHERE id = $1`, [account]))).toBe('23514')
    expect(await sqlstate(owner.query(`UPDATE users.accounts SET status = 'lost' WHERE id = $1`, [account]))).toBe('TR001')
    // With the rest of its data still there.
    const empty = `status = 'erased', closed_at = now(), erased_at = now(), email = NULL, display_name = NULL, country = NULL`
    for (const client of [app, owner]) {
      expect(await sqlstate(client.query(`UPDATE users.accounts SET ${empty} WHERE id = $1`, [account]))).toBe('TR001')
    }
  })

  test('of nobody is an error', async () => {
    for (const call of [...calls, 'export_subject']) {
      expect(await sqlstate(app.query(`SELECT users.${call}('00000000-0000-7000-8000-000000000000')`))).toBe('P0002')
    }
  })
})

describe('password', () => {
  test.each([bcrypt, argon2id])('takes %s', async (hash) => {
    const account = await register(app, `${hash.length}@example.com`)
    await openSession(app, account, `${hash}1`)
    const current = await openSession(app, account, `${hash}2`)
    await openSession(app, account, `${hash}3`)
    expect(await value(app, 'SELECT users.set_password($1, $2, $3)', [account, hash, current])).toBe('2')
    expect(await value(owner, 'SELECT password_hash FROM users.credentials WHERE account_id = $1', [account])).toBe(hash)
    expect(await value(app, 'SELECT id FROM users.sessions WHERE account_id = $1 AND revoked_at IS NULL', [account])).toBe(current)
  })

  test.each(['', 'hunter2', bcrypt.slice(1), `${bcrypt}a`, argon2id.replace('argon2id', 'argon2i')])('takes no %j', async (hash) => {
    expect(await sqlstate(app.query('SELECT users.register_account($1, $2)', ['hash@example.com', hash]))).toBe('23514')
  })

  test('a closed account has none', async () => {
    const account = await register(app, 'no-password@example.com')
    await app.query('SELECT users.close_account($1)', [account])
    expect(await sqlstate(app.query('SELECT users.set_password($1, $2)', [account, bcrypt]))).toBe('TR001')
  })
})

test('ids are UUIDs of version 7, in the order in which they were made', async () => {
  const { rows } = await app.query<{ id: string; at: string }>(
    'SELECT users.uuid_v7() AS id, pg_sleep(0.003), (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS at FROM generate_series(1, 20)',
  )
  const ids = rows.map(({ id }) => id)
  expect(ids).toEqual([...ids].sort())
  expect(new Set(ids).size).toBe(20)
  for (const { id, at } of rows) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(Math.abs(Number.parseInt(id.slice(0, 13).replace('-', ''), 16) - Number(at))).toBeLessThan(1000)
  }
})

test('roles are those that exist', async () => {
  const account = await register(app, 'role@example.com')
  await app.query(`INSERT INTO users.account_roles VALUES ($1, 'support')`, [account])
  expect(await sqlstate(app.query(`INSERT INTO users.account_roles VALUES ($1, 'support')`, [account]))).toBe('23505')
  expect(await sqlstate(app.query(`INSERT INTO users.account_roles VALUES ($1, 'emperor')`, [account]))).toBe('23503')
  expect(await sqlstate(app.query(`INSERT INTO users.roles VALUES ('emperor', '')`))).toBe('42501')
})

describe('privileges', () => {
  test.each([
    'SELECT FROM users.credentials',
    'UPDATE users.credentials SET changed_at = now()',
    'DELETE FROM users.accounts',
    'DELETE FROM users.sessions',
    'UPDATE users.sign_in_policy SET max_failures = 1000',
    `INSERT INTO audit.events (table_name, row_key, operation) VALUES ('users.accounts', '1', 'insert')`,
    'UPDATE audit.events SET actor = $$nobody$$',
    'DELETE FROM audit.events',
    'TRUNCATE audit.events',
    `INSERT INTO audit.login_attempts (email, address, outcome) VALUES ('a@b', '::1', 'succeeded')`,
    'DELETE FROM audit.login_attempts',
    'INSERT INTO audit.erasures VALUES (sha256($$x$$))',
    'DELETE FROM audit.seals',
    'UPDATE audit.chain SET number = 0',
    'ALTER TABLE audit.events DISABLE TRIGGER ALL',
    // On a table of its own it could have the trail written by the function of the triggers.
    'CREATE TEMPORARY TABLE accounts (id uuid)',
  ])('the application may not: %s', async (statement) => {
    expect(await sqlstate(app.query(statement))).toBe('42501')
  })

  test('analytics reads what says nothing about a person', async () => {
    const analytics = await db.connect('analytics')
    const seen: string[] = []
    for (const table of [
      'users.account_summaries',
      'users.account_roles',
      'users.roles',
      'users.accounts',
      'users.credentials',
      'users.sessions',
      'audit.events',
      'audit.login_attempts',
      'audit.erasures',
    ]) {
      if ((await sqlstate(analytics.query(`SELECT * FROM ${table}`))) === '00000') seen.push(table)
    }
    const columns = (await analytics.query('SELECT * FROM users.account_summaries LIMIT 0')).fields.map(({ name }) => name)
    await analytics.end()
    expect(seen).toEqual(['users.account_summaries', 'users.account_roles', 'users.roles'])
    expect(columns).toEqual(['id', 'status', 'country', 'created_at', 'closed_at'])
  })
})
