import { createHash } from 'node:crypto'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { account, fill, makeInstruments, one, placed, refusal, trade } from './orders.ts'

let db: ServiceDatabase
let app: pg.Client
let owner: pg.Client
let superuser: pg.Client

beforeAll(async () => {
  db = await serviceDatabase('trading')
  owner = await db.connect('owner')
  superuser = await db.connect('superuser')
  await makeInstruments(owner)
  app = await db.connect('app')
})
afterAll(() => db.close())

const seal = (client = owner, batch = 10_000) => client.query(`CALL compliance.seal_audit_trail(${batch})`)
const problems = async (client = owner) =>
  (await client.query('SELECT kind, id::int, seal::int FROM compliance.verify() ORDER BY 1, 2, 3')).rows as {
    kind: string
    id: number | null
    seal: number | null
  }[]

test('each change of an order is in the trail, with who and when', async () => {
  await app.query(`BEGIN; SET LOCAL app.actor = 'trader 7'`)
  const { id } = await placed(app)
  await fill(app, id, '4', '99', { execution: 'V9' })
  await app.query('COMMIT')
  await app.query('SELECT trading.cancel_order($1)', [id])
  const { rows } = await app.query(
    `SELECT table_name, operation, login, actor, before ->> 'status' AS before, after ->> 'status' AS after,
       after ->> 'venue_execution_id' AS execution, abs(extract(epoch FROM clock_timestamp() - occurred_at)) < 60 AS is_now
     FROM compliance.audit_trail WHERE order_id = $1 ORDER BY id`,
    [id],
  )
  const orders = { table_name: 'trading.orders', login: 'treum_trading_service', actor: 'trader 7', execution: null, is_now: true }
  const execution = { ...orders, table_name: 'trading.executions', operation: 'INSERT', before: null, after: null, execution: 'V9' }
  expect(rows).toHaveLength(5)
  expect(rows).toEqual(
    expect.arrayContaining([
      { ...orders, operation: 'INSERT', before: null, after: 'pending_new' },
      { ...orders, operation: 'UPDATE', before: 'pending_new', after: 'new' },
      { ...orders, operation: 'UPDATE', before: 'new', after: 'partially_filled' },
      execution,
      { ...orders, operation: 'UPDATE', actor: null, before: 'partially_filled', after: 'cancelled' },
    ]),
  )
  const times = await app.query(
    `SELECT count(DISTINCT occurred_at)::int AS moments, bool_or(extract(microseconds FROM occurred_at)::bigint % 1000 <> 0) AS microseconds
     FROM compliance.audit_trail WHERE order_id = $1`,
    [id],
  )
  expect(times.rows).toEqual([{ moments: 5, microseconds: true }])
})

test('the hash of a row is what openssl makes of its facts', async () => {
  const row = await one<{ facts: string; hash: Buffer }>(
    owner,
    `SELECT hash, jsonb_build_array(
       (extract(epoch FROM occurred_at) * 1000000)::bigint, login, actor, table_name, order_id, operation, before, after)::text AS facts
     FROM compliance.audit_trail ORDER BY id LIMIT 1`,
  )
  expect(createHash('sha256').update(row.facts).digest()).toEqual(row.hash)
})

test('the trail is written by triggers, and read', async () => {
  for (const statement of [
    'UPDATE compliance.audit_trail SET login = login',
    'DELETE FROM compliance.audit_trail',
    'TRUNCATE compliance.audit_trail',
  ]) {
    expect([statement, await refusal(app.query(statement))]).toEqual([statement, '42501'])
    expect([statement, await refusal(owner.query(statement))]).toEqual([statement, 'TR005'])
  }
  const insert = `INSERT INTO compliance.audit_trail (table_name, order_id, operation, after, hash) VALUES ('trading.orders', gen_random_uuid(), 'INSERT', '{}', sha256(''))`
  expect(await refusal(app.query(insert))).toBe('42501')
  await seal()
  for (const statement of ['UPDATE compliance.seals SET rows = rows', 'DELETE FROM compliance.seals', 'TRUNCATE compliance.seals'])
    expect([statement, await refusal(owner.query(statement))]).toEqual([statement, 'TR005'])
})

test('a transaction that commits late is sealed by a later batch', async () => {
  const late = await db.connect('app')
  await late.query('BEGIN')
  const { id } = await placed(late)
  await trade(app, account(), 'buy', '1', '100')
  await seal()
  const isSealed = async () =>
    (
      await one(
        owner,
        `SELECT bool_and(EXISTS (SELECT FROM compliance.seals WHERE ids @> t.id)) AS all FROM compliance.audit_trail AS t WHERE order_id = $1`,
        [id],
      )
    ).all
  await late.query('COMMIT')
  await late.end()
  const before = await one<{ number: number }>(owner, 'SELECT number::int FROM compliance.seal_head')
  expect(await isSealed()).toBe(false)
  await seal()
  expect(await isSealed()).toBe(true)
  expect(
    await one(
      owner,
      'SELECT number::int, rows, lower(ids) < (SELECT max(upper(ids)) FROM compliance.seals WHERE number < s.number) AS lower FROM compliance.seals AS s ORDER BY number DESC LIMIT 1',
    ),
  ).toEqual({
    number: before.number + 1,
    rows: 2,
    lower: true,
  })
  expect(await problems()).toEqual([])
})

test('writers do not wait for the sealer, and while they write nothing seems wrong', async () => {
  const clients = await Promise.all(Array.from({ length: 6 }, () => db.connect('app')))
  let writing = true
  const writers = clients.map(async (client) => {
    for (let n = 0; n < 40; n++) {
      if (n % 4 === 0) await client.query('BEGIN')
      await trade(client, account(), n % 2 ? 'buy' : 'sell', '5', '100')
      if (n % 4 === 3) await client.query(n % 8 === 3 ? 'ROLLBACK' : 'COMMIT')
    }
  })
  const found: unknown[] = []
  const verifier = await db.connect('superuser')
  const sealing = (async () => {
    while (writing) {
      await Promise.all([seal(owner, 7), seal(superuser, 5)])
      found.push(...(await problems(verifier)))
    }
  })()
  await Promise.all(writers)
  writing = false
  await sealing
  await seal()
  await Promise.all([...clients, verifier].map((client) => client.end()))
  expect([...found, ...(await problems())]).toEqual([])
  const { rows } = await owner.query(
    `SELECT (SELECT count(*) FROM compliance.audit_trail)::int AS events, (SELECT sum(rows) FROM compliance.seals)::int AS sealed,
       (SELECT count(*) = max(number) FROM compliance.seals) AS contiguous`,
  )
  expect(rows[0]).toEqual({ events: rows[0].events, sealed: rows[0].events, contiguous: true })
})

test('while somebody seals, orders are placed and others do not seal', async () => {
  await superuser.query('BEGIN; SELECT FROM compliance.seal_head FOR UPDATE')
  await trade(app, account(), 'buy', '1', '100')
  const count = () => one(owner, 'SELECT count(*)::int FROM compliance.seals')
  const before = await count()
  await seal()
  expect(await count()).toEqual(before)
  await superuser.query('ROLLBACK')
  await seal()
  expect(await count()).not.toEqual(before)
})

test('a clock that was ahead for a while leaves nothing unsealed', async () => {
  await superuser.query(`
    INSERT INTO compliance.audit_trail (occurred_at, login, table_name, order_id, operation, after, hash)
    SELECT at, 'app', 'trading.orders', id, 'INSERT', '{}', compliance.event_hash(at, 'app', NULL, 'trading.orders', id, 'INSERT', NULL, '{}')
    FROM (SELECT now() + interval '2 days' AS at, gen_random_uuid() AS id) AS event`)
  await seal()
  await trade(app, account(), 'buy', '1', '100')
  await seal()
  const { rows } = await owner.query('SELECT FROM compliance.audit_trail WHERE NOT (SELECT range_agg(ids) FROM compliance.seals) @> id')
  expect(rows).toEqual([])
})

/** Five batches of five rows, beside what the tests above have left. */
async function history(): Promise<{ ids: number[]; seals: number[] }> {
  const first = await one<{ number: number }>(owner, 'SELECT number::int FROM compliance.seal_head')
  const ids: number[] = []
  for (let batch = 0; batch < 5; batch++) {
    const { rows } = await superuser.query(
      `INSERT INTO compliance.audit_trail (id, occurred_at, login, table_name, order_id, operation, after, hash)
       SELECT nextval('compliance.audit_trail_id_seq') + 1, at, 'app', 'trading.orders', id, 'INSERT', '{"status": "new"}',
         compliance.event_hash(at, 'app', NULL, 'trading.orders', id, 'INSERT', NULL, '{"status": "new"}')
       FROM (SELECT clock_timestamp() AS at, gen_random_uuid() AS id FROM generate_series(1, 5)) AS event RETURNING id::int`,
    )
    // Numbers that a transaction has taken and not used.
    await superuser.query(`SELECT nextval('compliance.audit_trail_id_seq') FROM generate_series(1, 5)`)
    ids.push(...rows.map(({ id }) => id))
    await seal()
  }
  return { ids, seals: [1, 2, 3, 4, 5].map((n) => first.number + n) }
}

test('whoever tampers as superuser with triggers off is found', async () => {
  const { ids, seals } = await history()
  const [first, middle, last] = [ids[0]!, ids[12]!, ids[24]!]
  const rehash = 'hash = compliance.event_hash(occurred_at, login, actor, table_name, order_id, operation, before, after)'
  const tampered = async (...statements: string[]) => {
    await superuser.query('BEGIN; SET LOCAL session_replication_role = replica')
    for (const statement of statements) await superuser.query(statement)
    const found = await problems(superuser)
    await superuser.query('ROLLBACK')
    return found
  }
  expect(await tampered()).toEqual([])
  for (const [id, number] of [
    [first, seals[0]],
    [middle, seals[2]],
    [last, seals[4]],
  ] as const) {
    // A row that is gone.
    expect(await tampered(`DELETE FROM compliance.audit_trail WHERE id = ${id}`)).toEqual([{ kind: 'missing', id, seal: number }])
    // Content, alone and with its hash.
    for (const change of [
      `after = '{"status": "filled"}'`,
      `occurred_at = occurred_at + interval '1 microsecond'`,
      `actor = 'somebody'`,
      `login = 'other'`,
    ]) {
      expect(await tampered(`UPDATE compliance.audit_trail SET ${change} WHERE id = ${id}`)).toEqual([{ kind: 'altered', id, seal: null }])
      expect(
        await tampered(
          `UPDATE compliance.audit_trail SET ${change} WHERE id = ${id}`,
          `UPDATE compliance.audit_trail SET ${rehash} WHERE id = ${id}`,
        ),
      ).toEqual([{ kind: 'forged seal', id: null, seal: number }])
    }
    // A seal that is gone, and one that says something else.
    expect(await tampered(`DELETE FROM compliance.seals WHERE number = ${number}`)).toContainEqual({
      kind: 'missing seal',
      id: null,
      seal: number,
    })
    expect(await tampered(`UPDATE compliance.seals SET hash = sha256('x') WHERE number = ${number}`)).toContainEqual({
      kind: 'forged seal',
      id: null,
      seal: number,
    })
    expect(await tampered(`UPDATE compliance.seals SET previous = sha256('x') WHERE number = ${number}`)).toContainEqual({
      kind: 'forged seal',
      id: null,
      seal: number,
    })
    expect(await tampered(`UPDATE compliance.seals SET rows = 4 WHERE number = ${number}`)).toContainEqual({
      kind: 'forged seal',
      id: null,
      seal: number,
    })
  }
  // A seal that looks as old as what retention deletes, so that nobody misses its rows.
  await superuser.query('CALL pgfleet.apply_retention()')
  expect(
    await tampered(
      `UPDATE compliance.audit_trail SET actor = 'scapegoat' WHERE id = ${middle}`,
      `UPDATE compliance.audit_trail SET ${rehash} WHERE id = ${middle}`,
      `UPDATE compliance.seals SET first_at = '2000-01-01' WHERE number = ${seals[2]}`,
    ),
  ).toEqual([{ kind: 'forged seal', id: null, seal: seals[2] }])
  // Two rows that change places.
  expect(
    await tampered(
      `UPDATE compliance.audit_trail SET id = -1 WHERE id = ${middle}`,
      `UPDATE compliance.audit_trail SET id = ${middle} WHERE id = ${middle + 1}`,
      `UPDATE compliance.audit_trail SET id = ${middle + 1} WHERE id = -1`,
    ),
  ).toHaveLength(1)
  // A row among sealed ones, of a time that is over.
  const gap = await one<{ id: number }>(
    owner,
    `SELECT n::int AS id FROM generate_series(${first}, ${last}) AS n WHERE NOT EXISTS (SELECT FROM compliance.audit_trail AS t WHERE t.id = n) LIMIT 1`,
  )
  const forged = `INSERT INTO compliance.audit_trail (id, occurred_at, login, table_name, order_id, operation, after, hash)
    SELECT ${gap.id}, at, 'app', 'trading.orders', id, 'INSERT', '{}', compliance.event_hash(at, 'app', NULL, 'trading.orders', id, 'INSERT', NULL, '{}')
    FROM (SELECT now() - interval '61 minutes' AS at, gen_random_uuid() AS id) AS event`
  expect(await tampered(forged)).toEqual([{ kind: 'unsealed', id: gap.id, seal: null }])
  // The end of the chain cut off, with its rows; and the note of its end, too.
  const cut = [
    `DELETE FROM compliance.audit_trail WHERE id IN (SELECT t.id FROM compliance.audit_trail AS t JOIN compliance.seals AS s ON s.ids @> t.id WHERE number = ${seals[4]})`,
    `DELETE FROM compliance.seals WHERE number = ${seals[4]}`,
  ]
  expect(await tampered(...cut)).toEqual([{ kind: 'missing seal', id: null, seal: seals[4] }])
  expect(await tampered(...cut, 'DELETE FROM compliance.seal_head')).toEqual([{ kind: 'missing seal', id: null, seal: null }])
})

test('the nightly job fails where the trail or a position is not what it must be', async () => {
  const [id] = (await history()).ids
  await trade(app, account(), 'buy', '1', '100')
  const check = async (tamper: string) => {
    await superuser.query(`BEGIN; SET LOCAL session_replication_role = replica; ${tamper}`)
    const found = await superuser.query('CALL compliance.check_integrity()').then(
      () => 'nothing',
      ({ code, message, detail }) => [code, message, detail.split(':')[0]],
    )
    await superuser.query('ROLLBACK')
    return found
  }
  expect(await check('')).toBe('nothing')
  expect(await check(`UPDATE compliance.audit_trail SET actor = 'somebody' WHERE id = ${id}`)).toEqual([
    'TR007',
    'faults of the audit trail or of positions: 1',
    `altered row ${id}`,
  ])
  expect(
    await check(
      `UPDATE trading.positions SET fees = fees + 1 WHERE account_id = (SELECT min(account_id::text)::uuid FROM trading.positions)`,
    ),
  ).toEqual(['TR007', 'faults of the audit trail or of positions: 1', expect.stringMatching(/^position of .* in 1$/)])
})

test('what retention has deleted is not missing', async () => {
  await history()
  const limit = await one<{ at: Date; id: number }>(
    owner,
    'SELECT occurred_at AS at, id::int FROM compliance.audit_trail ORDER BY id LIMIT 1 OFFSET 12',
  )
  await superuser.query('BEGIN; SET LOCAL session_replication_role = replica')
  await superuser.query('DELETE FROM compliance.audit_trail WHERE id < $1', [limit.id])
  expect((await problems(superuser)).length).toBeGreaterThan(0)
  await superuser.query(
    `UPDATE pgfleet.retention SET deleted_before = now() + interval '1 hour' WHERE table_name = 'compliance.audit_trail'`,
  )
  expect(await problems(superuser)).toEqual([])
  await superuser.query('ROLLBACK')
  expect(await problems()).toEqual([])
})

test('retention deletes what is old enough, and nothing younger', async () => {
  const event = (age: string) =>
    one<{ id: number }>(
      superuser,
      `INSERT INTO compliance.audit_trail (occurred_at, login, table_name, order_id, operation, after, hash)
       VALUES (now() - $1::interval, 'app', 'trading.orders', gen_random_uuid(), 'INSERT', '{}', sha256('')) RETURNING id::int`,
      [age],
    )
  /** With one execution and its report. */
  const order = async (age: string) => {
    const { id } = await one<{ id: string }>(
      owner,
      `INSERT INTO trading.orders (account_id, client_order_id, instrument_id, side, quantity, currency, placed_at, expires_at, status, acknowledged_at)
       VALUES (gen_random_uuid(), 'old', 1, 'buy', 1, 'USD', now() - $1::interval, now() - $1::interval + interval '1 day', 'new', now() - $1::interval)
       RETURNING id`,
      [age],
    )
    await fill(owner, id, '1', '100')
    return id
  }
  const events = [await event('8 years'), await event('6 years')]
  const orders = [await order('9 years'), await order('7 years 6 months'), await order('6 years')]
  for (const [table, column] of [
    ['trading.orders', 'placed_at'],
    ['trading.executions', 'executed_at'],
    ['compliance.audit_trail', 'occurred_at'],
    ['compliance.trade_reports', 'executed_at'],
  ])
    expect(await refusal(owner.query(`DELETE FROM ${table} WHERE ${column} > now() - interval '4 years'`))).toBe('TR005')
  await owner.query('CALL pgfleet.apply_retention()')
  const left = async (query: string, keys: unknown[]) => (await owner.query(query, [keys])).rows.map(({ key }) => key)
  const old = events.map(({ id }) => id)
  expect(await left('SELECT id::int AS key FROM compliance.audit_trail WHERE id = ANY ($1)', old)).toEqual([old[1]])
  expect(await left('SELECT id AS key FROM trading.orders WHERE id = ANY ($1) ORDER BY placed_at', orders)).toEqual(orders.slice(1))
  expect(await left('SELECT order_id AS key FROM trading.executions WHERE order_id = ANY ($1)', orders)).toEqual(orders.slice(2))
  expect(
    await left(
      'SELECT order_id AS key FROM trading.executions JOIN compliance.trade_reports ON execution_id = id WHERE order_id = ANY ($1)',
      orders,
    ),
  ).toEqual(orders.slice(2))
  expect(
    await left(
      `SELECT order_id AS key FROM compliance.audit_trail WHERE order_id = ANY ($1) AND operation = 'DELETE' AND before ->> 'status' = 'filled'`,
      orders,
    ),
  ).toEqual(orders.slice(0, 1))
  // Positions outlive what made them.
  expect((await owner.query('SELECT * FROM trading.position_discrepancies()')).rows).toEqual([])
})
