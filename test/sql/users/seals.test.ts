import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ServiceDatabase, serviceDatabase } from '../../support/service-database.ts'
import { openSession, register, sqlstate, value } from './people.ts'

let db: ServiceDatabase
let owner: pg.Client
/** Behind all triggers, as somebody who wants to hide something. */
let intruder: pg.Client

beforeAll(async () => {
  db = await serviceDatabase('users')
  owner = await db.connect('owner')
  intruder = await db.connect('superuser')
  await intruder.query('SET session_replication_role = replica')
})
afterAll(async () => {
  await owner?.end()
  await intruder?.end()
  await db?.close()
})

const verify = async (grace = '1 hour') => {
  const { rows } = await owner.query('SELECT concat_ws($2, kind, event_id, seal_number) AS problem FROM audit.verify($1)', [grace, ' '])
  return rows.map(({ problem }) => problem).sort()
}

const seal = (batch = 100_000) => owner.query(`CALL audit.seal(${batch})`)

describe('verify', () => {
  // Ids 1 to 9 in three seals of three rows each.
  beforeEach(async () => {
    await intruder.query('TRUNCATE audit.events, audit.seals RESTART IDENTITY')
    await intruder.query('TRUNCATE audit.chain')
    await intruder.query(`INSERT INTO audit.chain (number, hash, sealed_until) VALUES (0, decode(repeat('00', 32), 'hex'), '-infinity')`)
    await intruder.query('TRUNCATE users.accounts CASCADE')
    for (const name of ['a', 'b', 'c']) {
      await register(owner, `${name}@example.com`)
      await seal()
    }
  })

  test('finds nothing where nothing was done', async () => {
    expect(await verify('0')).toEqual([])
    const { rows } = await owner.query('SELECT number, ids::text, rows FROM audit.seals ORDER BY number')
    expect(rows).toEqual([
      { number: '1', ids: '{[1,4)}', rows: '3' },
      { number: '2', ids: '{[4,7)}', rows: '3' },
      { number: '3', ids: '{[7,10)}', rows: '3' },
    ])
  })

  const rehash = 'UPDATE audit.events AS event SET hash = audit.event_hash(event) WHERE id = 5'
  test.each<[string, string[], string[]]>([
    ['a removed row', ['DELETE FROM audit.events WHERE id = 5'], ['missing 5 2']],
    ['the first and the last', ['DELETE FROM audit.events WHERE id IN (1, 9)'], ['missing 1 1', 'missing 9 3']],
    ['all rows of a batch', ['DELETE FROM audit.events WHERE id BETWEEN 4 AND 6'], ['missing 4 2', 'missing 5 2', 'missing 6 2']],
    ['all rows', ['DELETE FROM audit.events'], [1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => `missing ${id} ${Math.ceil(id / 3)}`)],
    ['another time', [`UPDATE audit.events SET occurred_at = occurred_at + interval '1 microsecond' WHERE id = 5`], ['altered 5']],
    ['another actor', [`UPDATE audit.events SET actor = 'scapegoat' WHERE id = 5`], ['altered 5']],
    ['another subject', ['UPDATE audit.events SET subject_id = gen_random_uuid() WHERE id = 5'], ['altered 5']],
    ['another payload', [`UPDATE audit.events SET after = '{}' WHERE id = 5`], ['altered 5']],
    ['another salt', ['UPDATE audit.events SET salt = sha256(salt) WHERE id = 5'], ['altered 5']],
    ['no payload', ['UPDATE audit.events SET before = NULL, after = NULL, salt = NULL WHERE id = 5'], ['altered 5']],
    [
      'a payload that fits its new digest',
      [`UPDATE audit.events SET after = '{}', payload_hash = audit.payload_hash(salt, before, '{}') WHERE id = 5`],
      ['altered 5'],
    ],
    ['a row whose hash fits again', [`UPDATE audit.events SET actor = 'scapegoat' WHERE id = 5`, rehash], ['altered 2']],
    ['another hash only', ['UPDATE audit.events SET hash = sha256(hash) WHERE id = 5'], ['altered 2', 'altered 5']],
    [
      'a row in the place of another',
      [
        'DELETE FROM audit.events WHERE id = 6',
        `INSERT INTO audit.events OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(event, '{"id": 6}')).* FROM audit.events AS event WHERE id = 5`,
        'DELETE FROM audit.events WHERE id = 5',
        'UPDATE audit.events AS event SET hash = audit.event_hash(event) WHERE id = 6',
      ],
      ['missing 5 2'],
    ],
    ['the first seal gone', ['DELETE FROM audit.seals WHERE number = 1'], ['missing-seal 1', 'unsealed 1', 'unsealed 2', 'unsealed 3']],
    ['one in between gone', ['DELETE FROM audit.seals WHERE number = 2'], ['missing-seal 2', 'unsealed 4', 'unsealed 5', 'unsealed 6']],
    ['the last one gone', ['DELETE FROM audit.seals WHERE number = 3'], ['missing-seal 3', 'unsealed 7', 'unsealed 8', 'unsealed 9']],
    ['all seals gone', ['DELETE FROM audit.seals'], ['missing-seal 3', ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => `unsealed ${id}`)]],
    ['the chain gone', ['DELETE FROM audit.chain'], ['missing-seal']],
    [
      'a seal with other rows',
      [`UPDATE audit.seals SET ids = '{[4,6)}', rows = 2 WHERE number = 2`, 'DELETE FROM audit.events WHERE id = 6'],
      ['altered 2', 'forged-seal 2'],
    ],
    ['a seal that looks older', [`UPDATE audit.seals SET first_at = '2000-01-01' WHERE number = 2`], ['forged-seal 2']],
    [
      'a batch sealed anew',
      [
        `UPDATE audit.events SET actor = 'scapegoat' WHERE id = 5`,
        rehash,
        `UPDATE audit.seals SET rows_hash = (SELECT sha256(string_agg(hash, '' ORDER BY id)) FROM audit.events WHERE id BETWEEN 4 AND 6) WHERE number = 2`,
        'UPDATE audit.seals AS seal SET hash = audit.seal_hash(seal) WHERE number = 2',
      ],
      ['forged-seal 3'],
    ],
  ])('finds %s', async (_, statements, problems) => {
    for (const statement of statements) await intruder.query(statement)
    expect(await verify('0')).toEqual(problems)
  })

  test('finds a row that was put into a sealed range', async () => {
    // As it is where transactions were rolled back: ids that nobody has.
    await owner.query(`SELECT setval('audit.events_id_seq', 20)`)
    await register(owner, 'd@example.com')
    await seal()
    await intruder.query(`
      INSERT INTO audit.events (id, occurred_at, table_name, row_key, operation, payload_hash, hash) OVERRIDING SYSTEM VALUE
      VALUES (15, now() - interval '2 hours', 'users.accounts', 'x', 'update', sha256(''), sha256(''))`)
    await intruder.query(`UPDATE audit.events SET salt = '', payload_hash = audit.payload_hash('', NULL, NULL) WHERE id = 15`)
    await intruder.query('UPDATE audit.events AS event SET hash = audit.event_hash(event) WHERE id = 15')
    expect(await verify()).toEqual(['unsealed 15'])
    await seal()
    expect(await verify()).toEqual(['unsealed 15'])
  })

  test('makes the nightly job fail', async () => {
    expect(await sqlstate(owner.query('CALL audit.check_integrity()'))).toBe('00000')
    await intruder.query('DELETE FROM audit.events WHERE id = 5')
    await expect(owner.query('CALL audit.check_integrity()')).rejects.toMatchObject({
      code: 'TR005',
      message: 'faults of the audit trail: 1',
      detail: 'missing event 5 seal 2: it was sealed, and is gone',
    })
  })

  test('gives the sealer an hour', async () => {
    await register(owner, 'd@example.com')
    expect(await verify()).toEqual([])
    expect(await verify('0')).toEqual(['unsealed 10', 'unsealed 11', 'unsealed 12'])
  })

  describe('after retention', () => {
    afterEach(() => intruder.query('UPDATE pgfleet.retention SET deleted_before = NULL'))

    test('rows may be gone, seals not', async () => {
      await intruder.query('DELETE FROM audit.events WHERE id <= 4')
      const edge = await value(owner, 'SELECT occurred_at::text FROM audit.events WHERE id = 5')
      await intruder.query(`UPDATE pgfleet.retention SET deleted_before = $1 WHERE table_name = 'audit.events'`, [edge])
      expect(await verify('0')).toEqual([])
      await intruder.query('DELETE FROM audit.events WHERE id = 8')
      expect(await verify('0')).toEqual(['missing 8 3'])
      await intruder.query('DELETE FROM audit.seals WHERE number = 1')
      expect(await verify('0')).toEqual(['missing 8 3', 'missing-seal 1'])
    })

    test('copes without pgfleet', async () => {
      await intruder.query('BEGIN')
      await intruder.query('ALTER TABLE pgfleet.retention RENAME TO elsewhere')
      expect(await value(intruder, `SELECT count(*) FROM audit.verify('0')`)).toBe('0')
      await intruder.query('ROLLBACK')
    })
  })
})

describe('sealing', () => {
  test('a transaction that commits late is in a later batch', async () => {
    await seal()
    const late = await db.connect('app')
    await late.query('BEGIN')
    const first = await register(late, 'late@example.com')
    const second = await register(owner, 'early@example.com')
    await seal()
    const sealOf = (account: string) =>
      value(owner, `SELECT max(number) FROM audit.seals WHERE ids @> (SELECT min(id) FROM audit.events WHERE subject_id = $1)`, [account])
    expect(await sealOf(second)).not.toBeNull()
    await late.query('COMMIT')
    await late.end()
    expect(await sealOf(first)).toBeNull()
    await seal()
    expect(Number(await sealOf(first))).toBe(Number(await sealOf(second)) + 1)
    expect(
      await value(
        owner,
        'SELECT (SELECT min(id) FROM audit.events WHERE subject_id = $1) < (SELECT min(id) FROM audit.events WHERE subject_id = $2)',
        [first, second],
      ),
    ).toBe(true)
    expect(await verify('0')).toEqual([])
  })

  test('in small batches gives the same peace', async () => {
    for (let n = 0; n < 5; n++) await register(owner, `batch${n}@example.com`)
    const before = Number(await value(owner, 'SELECT number FROM audit.chain'))
    await seal(4)
    expect(Number(await value(owner, 'SELECT number FROM audit.chain')) - before).toBe(4) // 15 rows
    expect(await verify('0')).toEqual([])
    await seal()
    expect(Number(await value(owner, 'SELECT number FROM audit.chain')) - before).toBe(4)
  })

  test('many write and two seal at once: every row is sealed once', async () => {
    const writers = await Promise.all(Array.from({ length: 8 }, () => db.connect('app')))
    const sealers = [await db.connect('owner'), await db.connect('superuser')]
    const accounts = await Promise.all(writers.map((client, n) => register(client, `writer${n}@example.com`)))
    let writing = true
    const write = async (client: pg.Client, n: number) => {
      for (let round = 0; round < 60; round++) {
        await client.query('BEGIN')
        await openSession(client, accounts[n]!, `${n} ${round}`)
        if (round % 7 === 0) await client.query('SELECT pg_sleep(0.02)')
        await client.query(round % 10 === 9 ? 'ROLLBACK' : 'COMMIT')
      }
    }
    const sealOn = async (client: pg.Client) => {
      while (writing) {
        await client.query('CALL audit.seal(50)')
        expect((await client.query(`SELECT * FROM audit.verify() WHERE kind <> 'unsealed'`)).rows).toEqual([])
      }
    }
    const sealing = Promise.all(sealers.map(sealOn))
    await Promise.all(writers.map(write))
    writing = false
    await sealing
    await seal()
    await Promise.all([...writers, ...sealers].map((client) => client.end()))
    expect(await verify('0')).toEqual([])
    const { rows } = await owner.query(
      'SELECT (SELECT sum(rows) FROM audit.seals) = (SELECT count(*) FROM audit.events) AS once, count(*) > 3 AS several FROM audit.seals',
    )
    expect(rows).toEqual([{ once: true, several: true }])
  })

  test('leaves at once where another one is at it', async () => {
    await intruder.query('BEGIN')
    await intruder.query('SELECT FROM audit.chain FOR UPDATE')
    await register(owner, 'busy@example.com')
    const before = await value(owner, 'SELECT count(*) FROM audit.seals')
    await seal()
    expect(await value(owner, 'SELECT count(*) FROM audit.seals')).toBe(before)
    await intruder.query('COMMIT')
    await seal()
    expect(Number(await value(owner, 'SELECT count(*) FROM audit.seals'))).toBe(Number(before) + 1)
  })
})
