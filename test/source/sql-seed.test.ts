import { describe, expect, test } from 'vitest'
import { memoryCache, parseSql } from '../../src/source/sql.ts'

const cache = memoryCache()
const only = 'only INSERT and SELECT setval(...) fill a database'
const one = 'each statement fills one table: write an INSERT of its own for the other'

describe.each([15, 16, 17, 18])('PostgreSQL %i', (major) => {
  const parse = (text: string) => parseSql('seed/0001-a.sql', text, major, cache, 'seed')

  test.each([
    ['INSERT INTO shop.items SELECT n FROM generate_series(1, 9) AS n', [{ schema: 'shop', table: 'items' }]],
    ['INSERT INTO items (id) VALUES (1), (2) ON CONFLICT DO NOTHING', [{ table: 'items' }]],
    ['INSERT INTO "Odd.One"."a b" DEFAULT VALUES', [{ schema: 'Odd.One', table: 'a b' }]],
    ['WITH n AS (SELECT 1) INSERT INTO items SELECT * FROM n', [{ table: 'items' }]],
    ["SELECT setval('shop.items_id_seq', 9)", [undefined]],
    ["SELECT pg_catalog.setval('a', 9), setval('b', (SELECT max(id) FROM shop.items))", [undefined]],
    ['-- nothing\n', []],
  ])('takes %s', async (text, fills) => {
    const { statements, error } = await parse(text)
    expect(error).toBeUndefined()
    expect(statements.map((statement) => statement.forbidden)).toEqual(fills.map(() => undefined))
    expect(statements.map((statement) => statement.fills)).toEqual(fills)
  })

  test.each([
    ['UPDATE shop.items SET id = 2', only],
    ['DELETE FROM shop.items', only],
    ['TRUNCATE shop.items', only],
    ['CREATE TABLE shop.more (id int)', only],
    ['DO $$ BEGIN END $$', only],
    ['CALL shop.refresh()', only],
    ['BEGIN', only],
    ['SET ROLE postgres', only],
    ['COPY shop.items FROM PROGRAM $$id$$', only],
    ['SELECT 1', only],
    ["SELECT setval('a', 1), pg_sleep(9)", only],
    ["SELECT other.setval('a', 1)", only],
    ["SELECT setval('a', 1) INTO b", only],
    ['VALUES (1)', only],
    ['WITH a AS (INSERT INTO shop.items VALUES (1) RETURNING id) INSERT INTO shop.parts SELECT id FROM a', one],
    ["WITH a AS (DELETE FROM shop.items RETURNING id) SELECT setval('b', id) FROM a", one],
    ['INSERT INTO shop.items VALUES (1) RETURNING id', 'nobody reads RETURNING: leave it out'],
  ])('refuses %s', async (text, reason) => {
    const { statements } = await parse(text)
    expect(statements.map(({ forbidden }) => forbidden)).toEqual([reason])
  })

  test('says where a statement stands and what cannot be parsed', async () => {
    const { statements } = await parse('INSERT INTO a VALUES (1);\n\n  UPDATE a SET b = 1;\n')
    expect(statements.map(({ at }) => `${at.file}:${at.start.line}:${at.start.col}`)).toEqual([
      'seed/0001-a.sql:1:1',
      'seed/0001-a.sql:3:3',
    ])
    const { error } = await parse('INSERT INTO a VALUES (1);\nINSERT INTO;\n')
    expect(error).toMatchObject({ message: 'syntax error at or near ";"', at: { start: { line: 2, col: 12 } } })
  })
})

test('the same text is another thing as a migration', async () => {
  const text = 'CREATE TABLE shop.items (id int)'
  const [migration] = (await parseSql('sql/0001-a.sql', text, 17, cache)).statements
  expect(migration).not.toHaveProperty('forbidden')
  const [seed] = (await parseSql('seed/0001-a.sql', text, 17, cache, 'seed')).statements
  expect(seed).toHaveProperty('forbidden')
})
