// Hand-written SQL in the init script: applied once, in order, as the owner; what goes wrong names its file and line.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { OperationError } from '../../src/io/operation-error.ts'
import { sha256 } from '../../src/source/sql.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { smallFleet } from '../support/fleet.ts'

const yaml = smallFleet('schemas: [shop, audit]\nextensions: [citext]\nsql: sql/orders')
const first = { 'sql/orders/0001-items.sql': 'CREATE TABLE items (id int, name citext);\n' }
const second = { 'sql/orders/0002-more.sql': '-- more\n\nCREATE TABLE audit.log (id int);\nINSERT INTO items VALUES (1, $$a$$);\n' }

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database?.close())
afterEach(() => database.reset())

const applied = (sql: Record<string, string>) => database.resolve(yaml, sql).then(database.apply)
const failure = (sql: Record<string, string>): Promise<OperationError> =>
  applied(sql).then(
    () => expect.unreachable('it was applied'),
    (error) => {
      expect(error).toBeInstanceOf(OperationError)
      return error
    },
  )

test('files are applied once, as the owner, with the search path of the service', async () => {
  await applied(first)
  await applied({ ...first, ...second })
  await applied({ ...first, ...second })
  const service = await database.resolve(yaml)
  expect(await database.ask(service, 'postgres', 'SELECT * FROM items')).toEqual([[1, 'a']])
  expect(
    await database.ask(service, 'postgres', `SELECT relname, relowner::regrole FROM pg_class WHERE relname IN ('items', 'log') ORDER BY 1`),
  ).toEqual([
    ['items', 'demo_orders_owner'],
    ['log', 'demo_orders_owner'],
  ])
  expect(await database.ask(service, 'postgres', 'SELECT name, sha256 FROM pgfleet.migrations ORDER BY 1')).toEqual([
    ['0001-items.sql', sha256(first['sql/orders/0001-items.sql'])],
    ['0002-more.sql', sha256(second['sql/orders/0002-more.sql'])],
  ])
})

test.each([
  [
    'a name that is not there',
    'SELECT 1;\nSELECT\n  nowhere.name;\n',
    /missing FROM-clause entry for table "nowhere" \(sql\/orders\/0002-more\.sql:2,/,
  ],
  [
    'a row that breaks a constraint',
    '\n\nCREATE TABLE t (id int CHECK (id > 0));\nINSERT INTO t VALUES (0);\n',
    /violates check constraint.* \(sql\/orders\/0002-more\.sql:4,/,
  ],
  ['an error inside a function', 'DO $$\nBEGIN\n  PERFORM 1 / 0;\nEND $$;\n', /division by zero \(sql\/orders\/0002-more\.sql:1,/],
  ['what the owner may not', '/* 1 */\nCREATE ROLE more;\n', /permission denied to create role \(sql\/orders\/0002-more\.sql:2,/],
  ['a schema of pgfleet', 'CREATE TABLE pgfleet.x (i int);\n', /permission denied for schema pgfleet \(sql\/orders\/0002-more\.sql:1,/],
])('%s is reported at its place, and nothing is kept of the run', async (_, text, message) => {
  await applied(first)
  expect((await failure({ ...first, 'sql/orders/0002-more.sql': text })).message).toMatch(message)
  const service = await database.resolve(yaml)
  expect(await database.ask(service, 'postgres', 'SELECT name FROM pgfleet.migrations')).toEqual([['0001-items.sql']])
  expect(await database.ask(service, 'postgres', `SELECT to_regclass('shop.t')`)).toEqual([[null]])
})

test('after an error in the first run there is nothing at all', async () => {
  await failure({ 'sql/orders/0001-items.sql': 'SELECT 1/0;\n' })
  const service = await database.resolve(yaml)
  const query = `SELECT to_regnamespace('pgfleet'), to_regnamespace('shop'), to_regrole('demo_orders_owner'), to_regrole('monitor')`
  expect(await database.ask(service, 'postgres', query)).toEqual([[null, null, null, null]])
})

test('an applied file that was edited, one that is gone and one that comes too late are refused, all at once', async () => {
  const applied1 = { 'sql/orders/0001-items.sql': 'CREATE TABLE items (id int);\n', 'sql/orders/0003-last.sql': 'SELECT 3;\n' }
  await applied(applied1)
  const edited = { 'sql/orders/0001-items.sql': 'CREATE TABLE items (id bigint);\n', 'sql/orders/0002-late.sql': 'SELECT 2;\n' }
  const { message, hint } = await failure(edited)
  expect(message.replace(/ \(infrastructure.*/, '').split('\n')).toEqual([
    `sql/orders/0001-items.sql was edited after it had been applied: its SHA-256 was ${sha256(applied1['sql/orders/0001-items.sql'])} and is ${sha256(edited['sql/orders/0001-items.sql'])}`,
    'sql/orders/0002-late.sql is new, but comes before 0003-last.sql, which has been applied',
    `0003-last.sql has been applied (SHA-256 ${sha256('SELECT 3;\n')}), but is gone from sql/orders`,
  ])
  expect(hint).toBe('Leave applied files as they are, and put changes into a new file with the next number.')
})

test('two runs at once wait for each other', async () => {
  const service = await database.resolve(yaml, { ...first, ...second })
  await database.apply(await database.resolve(yaml))
  await Promise.all([database.apply(service), database.apply(service), database.apply(service)])
  expect(await database.ask(service, 'postgres', 'SELECT count(*)::int FROM items')).toEqual([[1]])
})
