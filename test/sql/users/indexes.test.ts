import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { indexesOf, usedIndexes } from '../../support/index-plan.ts'
import { type ServiceDatabase, seedUntil, serviceDatabase } from '../../support/service-database.ts'
import { value } from './people.ts'

type Case = { readonly index: string; readonly query: string; readonly parameters?: readonly unknown[] }

let db: ServiceDatabase
let owner: pg.Client
let account: string

beforeAll(async () => {
  db = await serviceDatabase('users')
  await db.seed(10)
  owner = await db.connect('owner')
  await owner.query('CALL audit.seal()')
  // The job leaves none that has expired long ago.
  const superuser = await db.connect('superuser')
  await superuser.query('SET session_replication_role = replica')
  // Seals of a fortnight, one a minute.
  await superuser.query(`
    INSERT INTO audit.seals (number, ids, rows, first_at, last_at, rows_hash, previous, hash)
    SELECT 10 + n, int8multirange(int8range(1000000 + n, 1000001 + n)), 1, at, at, sha256(''), sha256(''), sha256('')
    FROM generate_series(1, 20000) AS n CROSS JOIN LATERAL (SELECT now() - (20000 - n) * interval '1 minute') AS drawn (at)`)
  await superuser.query(`UPDATE users.sessions SET expires_at = expires_at + (now() + interval '30 days' - $1)`, [new Date(seedUntil)])
  await superuser.end()
  // Nobody acts for anybody in the seeds.
  await owner.query(`BEGIN; SET LOCAL app.actor = 'support:1'`)
  await owner.query(`UPDATE users.accounts SET country = 'AT' WHERE id IN (SELECT id FROM users.accounts ORDER BY id LIMIT 5)`)
  await owner.query('COMMIT')
  await owner.query('VACUUM ANALYZE')
  account = await value(owner, 'SELECT account_id FROM audit.login_attempts LIMIT 1')
})
afterAll(async () => {
  await owner?.end()
  await db?.close()
})

const token = Buffer.alloc(32, 1)
/** A day before the seeds end. */
const lastDay = new Date(Date.parse(seedUntil) - 86_400_000)

// The queries are those of the functions and views, with their variables as parameters.
const cases: readonly (() => Case)[] = [
  () => ({
    index: 'accounts_email_key',
    query: `
      SELECT account.id, credential.password_hash
      FROM users.accounts AS account
      LEFT JOIN users.credentials AS credential ON credential.account_id = account.id AND account.status = 'active'
      WHERE lower(account.email) = $1 AND account.closed_at IS NULL`,
    parameters: ['customer.4711@example.com'],
  }),
  () => ({
    index: 'accounts_unconfirmed_idx',
    query: `SELECT id, email FROM users.accounts WHERE email_confirmed_at IS NULL AND status = 'active' AND created_at < $1 ORDER BY created_at LIMIT 100`,
    parameters: [lastDay],
  }),
  () => ({
    index: 'account_roles_role_idx',
    query: 'SELECT account_id FROM users.account_roles WHERE role = $1',
    parameters: ['administrator'],
  }),
  () => ({
    index: 'sessions_live_token_hash_key',
    query: `
      SELECT session.id, session.account_id, session.expires_at
      FROM users.sessions AS session
      JOIN users.accounts AS account ON account.id = session.account_id AND account.status = 'active'
      CROSS JOIN users.sign_in_policy AS policy
      WHERE session.token_hash = $1
        AND session.revoked_at IS NULL AND session.expires_at > now() AND session.last_seen_at > now() - policy.session_idle`,
    parameters: [token],
  }),
  () => ({
    index: 'sessions_account_id_created_at_idx',
    query: 'SELECT * FROM users.sessions WHERE account_id = $1 ORDER BY created_at DESC LIMIT 20',
    parameters: [account],
  }),
  () => ({
    index: 'sessions_account_id_created_at_idx',
    query: 'UPDATE users.sessions SET revoked_at = now(), revoke_reason = $2 WHERE account_id = $1 AND revoked_at IS NULL',
    parameters: [account, 'suspended'],
  }),
  () => ({
    index: 'sessions_expires_at_idx',
    query: 'SELECT id FROM users.sessions WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED',
    parameters: [5000],
  }),
  () => ({
    index: 'login_attempts_email_idx',
    query: `
      SELECT attempted_at, outcome FROM audit.login_attempts
      WHERE email = $1 AND outcome <> 'refused' AND attempted_at > clock_timestamp() - $2::interval
      ORDER BY attempted_at DESC LIMIT $3`,
    parameters: ['customer.4711@example.com', '15 minutes', 5],
  }),
  () => ({
    index: 'login_attempts_account_id_idx',
    query: 'SELECT * FROM audit.login_attempts WHERE account_id = $1 ORDER BY attempted_at DESC',
    parameters: [account],
  }),
  () => ({
    index: 'login_attempts_attempted_at_idx',
    query: `
      SELECT email, count(*) FROM audit.login_attempts
      WHERE attempted_at > $1 AND outcome <> 'succeeded'
      GROUP BY email HAVING count(*) >= 10`,
    parameters: [lastDay],
  }),
  () => ({ index: 'login_attempts_attempted_at_idx', query: 'SELECT * FROM audit.suspicious_logins' }),
  () => ({
    index: 'events_occurred_at_idx',
    query:
      'SELECT id, occurred_at, hash FROM audit.events WHERE occurred_at >= $1 AND NOT id <@ $2::int8multirange ORDER BY occurred_at, id LIMIT $3',
    parameters: [new Date(), '{[1,100000)}', 100_000],
  }),
  () => ({
    index: 'events_subject_id_occurred_at_idx',
    query: 'SELECT * FROM audit.events WHERE subject_id = $1 ORDER BY occurred_at DESC LIMIT 50',
    parameters: [account],
  }),
  () => ({
    index: 'events_subject_id_occurred_at_idx',
    query: `UPDATE audit.events SET before = NULL, after = NULL, salt = NULL WHERE subject_id = $1 AND operation <> 'erase' AND salt IS NOT NULL`,
    parameters: [account],
  }),
  () => ({
    index: 'events_actor_occurred_at_idx',
    query: 'SELECT * FROM audit.events WHERE actor = $1 ORDER BY occurred_at DESC LIMIT 50',
    parameters: ['support:1'],
  }),
  () => ({
    index: 'seals_last_at_idx',
    query: `SELECT coalesce(range_agg(ids), '{}') FROM audit.seals WHERE last_at >= $1`,
    parameters: [new Date(Date.now() - 3_600_000)],
  }),
]

test('there is volume', async () => {
  for (const table of ['users.sessions', 'audit.login_attempts', 'audit.events']) {
    expect(Number(await value(owner, `SELECT count(*) FROM ${table}`))).toBeGreaterThanOrEqual(100_000)
  }
})

test.each(cases.map((make) => ({ make, index: make().index })))('$index is used', async ({ make }) => {
  const { index, query, parameters } = make()
  expect(await usedIndexes(owner, query, parameters)).toContain(index)
})

describe('each index', () => {
  test('has a query here', async () => {
    const named = new Set(cases.map((make) => make().index))
    expect(await indexesOf(owner, ['users', 'audit'])).toEqual([...named].sort())
  })

  test('a table without the index is scanned, so the plans do say something', async () => {
    const superuser = await db.connect('superuser')
    await superuser.query('BEGIN; DROP INDEX users.accounts_email_key')
    const { query, parameters } = cases[0]!()
    expect(await usedIndexes(superuser, query, parameters)).not.toContain('accounts_email_key')
    await superuser.query('ROLLBACK')
    await superuser.end()
  })

  test('that is partial, by expression, or BRIN says in a comment what it is for', async () => {
    const { rows } = await owner.query(`
      SELECT indexrelid::regclass::text AS name
      FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
      WHERE relnamespace::regnamespace::text IN ('users', 'audit')
        AND (indpred IS NOT NULL OR indexprs IS NOT NULL OR amname <> 'btree' OR indnkeyatts <> indnatts)
        AND obj_description(indexrelid, 'pg_class') IS NULL`)
    expect(rows).toEqual([])
  })
})

test('every table, view, function and procedure has a comment', async () => {
  const { rows } = await owner.query(`
    SELECT oid::regclass::text AS name FROM pg_class
    WHERE relnamespace::regnamespace::text IN ('users', 'audit') AND relkind IN ('r', 'v') AND obj_description(oid, 'pg_class') IS NULL
    UNION ALL
    SELECT oid::regprocedure::text FROM pg_proc
    WHERE pronamespace::regnamespace::text IN ('users', 'audit') AND obj_description(oid, 'pg_proc') IS NULL`)
  expect(rows).toEqual([])
})
