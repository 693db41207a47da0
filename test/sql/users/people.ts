// Accounts for tests, and what they do.
import { createHash } from 'node:crypto'
import type pg from 'pg'

/** In the form of bcrypt, of no password. */
export const bcrypt = `$2b$12$${'a'.repeat(53)}`

export const argon2id = `$argon2id$v=19$m=65536,t=3,p=4$${'c'.repeat(22)}$${'d'.repeat(43)}`

export const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** A new account; its id. */
export async function register(client: pg.Client, email: string): Promise<string> {
  return value(client, 'SELECT users.register_account($1, $2, $3, $4)', [email, bcrypt, 'Ann Example', 'DE'])
}

/** A new session; its id. */
export const openSession = (client: pg.Client, account: string, token: string): Promise<string> =>
  value(client, 'SELECT users.create_session($1, $2, $3, $4)', [account, sha256(token), '192.0.2.1', 'Test/1'])

export type Attempt = { attempt_id: string | null; account_id: string | null; password_hash: string | null; locked_until: Date | null }

export async function beginLogin(client: pg.Client, email: string, address = '192.0.2.1'): Promise<Attempt> {
  const { rows } = await client.query('SELECT * FROM users.begin_login($1, $2)', [email, address])
  return rows[0]
}

/** The only value of the only row. */
export async function value<T>(client: pg.Client, query: string, parameters: readonly unknown[] = []): Promise<T> {
  const { rows } = await client.query({ text: query, values: [...parameters], rowMode: 'array' })
  return rows[0]?.[0]
}

/** The SQLSTATE of the error, '00000' without one. */
export const sqlstate = (query: Promise<unknown>): Promise<string> =>
  query.then(
    () => '00000',
    (error: { code: string }) => error.code,
  )
