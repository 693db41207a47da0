// Hand-written SQL in the init script: applied once, in order, as the owner; what goes wrong names its file and line.
import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { initScript } from '../../generators/init-sql/init-sql.ts'
import type { Service } from '../../src/fleet/types.ts'
import { OperationError } from '../../src/io/operation-error.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { smallFleet } from '../support/fleet.ts'

const yaml = smallFleet('schemas: [shop, audit]\nextensions: [citext]\nsql: sql/orders')
const first = { 'sql/orders/0001-items.sql': 'CREATE TABLE items (id int, name citext);\n' }
const second = { 'sql/orders/0002-more.sql': '-- more\n\nCREATE TABLE audit.log (id int);\nINSERT INTO items VALUES (1, $$a$$);\n' }

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database?.close())
afterEach(() => database.reset())

const applied = (sql: Record<string, string>) => database.resolve(yaml, sql).then(database.apply)
/** The service, for questions. */
const any = () => database.resolve(yaml, first)
/** The error of a run that must fail. */
async function failed(service: Service): Promise<OperationError> {
  const error = await database.apply(service).catch((error) => error)
  if (!(error instanceof OperationError)) throw new Error(`it was applied, or failed otherwise: ${error}`)
  return error
}
const failure = (sql: Record<string, string>) => database.resolve(yaml, sql).then(failed)

test('files are applied once, as the owner, with the search path of the service', async () => {
  await applied(first)
  await applied({ ...first, ...second })
  await applied({ ...first, ...second })
  const service = await any()
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
    /missing FROM-clause entry for table "nowhere" \(sql\/orders\/0002-more\.sql:3,/,
  ],
  [
    'a row that breaks a constraint',
    '\n\nCREATE TABLE t (id int CHECK (id > 0));\nINSERT INTO t VALUES (0);\n',
    /violates check constraint.* \(sql\/orders\/0002-more\.sql:4,/,
  ],
  ['an error inside a function', 'DO $$\nBEGIN\n  PERFORM 1 / 0;\nEND $$;\n', /division by zero \(sql\/orders\/0002-more\.sql:1,/],
  [
    'what the owner may not',
    '/* 1 */\nCREATE TABLE extensions.x (i int);\n',
    /permission denied for schema extensions \(sql\/orders\/0002-more\.sql:2,/,
  ],
  ['a schema of pgfleet', 'CREATE TABLE pgfleet.x (i int);\n', /permission denied for schema pgfleet \(sql\/orders\/0002-more\.sql:1,/],
])('%s is reported at its place, and nothing is kept of the run', async (_, text, message) => {
  await applied(first)
  expect((await failure({ ...first, 'sql/orders/0002-more.sql': text })).message).toMatch(message)
  const service = await any()
  expect(await database.ask(service, 'postgres', 'SELECT name FROM pgfleet.migrations')).toEqual([['0001-items.sql']])
  expect(await database.ask(service, 'postgres', `SELECT to_regclass('shop.t')`)).toEqual([[null]])
})

test('after an error in the first run there is nothing at all', async () => {
  await failure({ 'sql/orders/0001-items.sql': 'SELECT 1/0;\n' })
  const service = await any()
  const query = `SELECT to_regnamespace('pgfleet'), to_regnamespace('shop'), to_regrole('demo_orders_owner'), to_regrole('monitor')`
  expect(await database.ask(service, 'postgres', query)).toEqual([[null, null, null, null]])
})

test('an applied file that was edited, one that is gone and one that comes too late are refused, all at once', async () => {
  const text = (n: number) => `SELECT ${n};\n`
  const files = (names: string[]) => Object.fromEntries(names.map((name) => [`sql/orders/${name}`, text(Number(name.slice(0, 4)))]))
  const all = await database.resolve(yaml, files(['0001-a.sql', '0002-b.sql', '0003-c.sql', '0004-d.sql']))
  const only = (...numbers: number[]) => all.migrations.filter((_, index) => numbers.includes(index + 1))
  await database.apply({ ...all, migrations: only(1, 3, 4) })
  const edited = { ...all.migrations[0]!, sha256: sha256('SELECT 0;\n') }
  const error = await failed({ ...all, migrations: [edited, ...only(2, 4)] })
  expect(error.message.replace(/ \(infrastructure.*/, '').split('\n')).toEqual([
    `sql/orders/0001-a.sql was edited after it had been applied: its SHA-256 was ${sha256(text(1))} and is ${sha256('SELECT 0;\n')}`,
    'sql/orders/0002-b.sql is new, but comes before 0004-d.sql, which has been applied',
    `0003-c.sql has been applied (SHA-256 ${sha256(text(3))}), but is gone from sql/orders`,
  ])
  expect(error.hint).toBe('Leave applied files as they are, and put changes into a new file with the next number.')
})

test('runs at the same time wait for each other', async () => {
  await applied(first)
  const service = await database.resolve(yaml, { ...first, ...second })
  const run = async () => {
    const client = await database.connect(service)
    await client.query(initScript(service).content).finally(() => client.end())
  }
  await Promise.all([run(), run(), run()])
  expect(await database.ask(service, 'postgres', 'SELECT count(*)::int FROM items')).toEqual([[1]])
})
