// Time series and retention without TimescaleDB: indexes, and rows that go when they are old.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { smallFleet } from '../support/fleet.ts'

const yaml = smallFleet(`schemas: [shop]
sql: sql/orders
timeseries: { shop.events: { column: at, keep: 30 days }, shop.kept: { column: at } }
retention: { shop.log: { column: day, keep: 1 year }, shop.parts: { column: started, keep: 7 days } }`)
const sql = {
  'sql/orders/0001-tables.sql': `
CREATE TABLE events (at timestamptz NOT NULL, n int);
CREATE TABLE kept (at timestamptz NOT NULL);
CREATE TABLE log (day date, n int);
CREATE TABLE parts (started timestamp, batch int) PARTITION BY LIST (batch);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES IN (2);
INSERT INTO events SELECT now() - n * interval '1 day', n FROM generate_series(0, 99) n;
INSERT INTO kept VALUES ('1990-01-01');
INSERT INTO log SELECT current_date - n, n FROM generate_series(0, 999) n;
INSERT INTO parts SELECT now() - n * interval '1 day', p FROM generate_series(0, 19) n, generate_series(1, 2) p;
INSERT INTO parts SELECT now(), 2 FROM generate_series(1, 30);
`,
}

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database?.close())
afterEach(() => database.reset())

test('old rows go in batches, those that are young enough stay, whatever the table is like', async () => {
  const service = await database.resolve(yaml, sql)
  await database.apply(service)
  expect(await database.ask(service, 'demo_orders_migrator', 'CALL pgfleet.apply_retention(7)')).toEqual([])
  const left = `SELECT (SELECT max(n) FROM events), (SELECT count(*)::int FROM events), (SELECT count(*)::int FROM kept),
    (SELECT min(day) >= current_date - interval '1 year' FROM log), (SELECT count(*) BETWEEN 365 AND 367 FROM log),
    (SELECT count(*)::int FROM parts_1), (SELECT count(*)::int FROM parts_2)`
  // 30 days ago to the second is gone: the rows are older by the time that has passed since.
  expect(await database.ask(service, 'postgres', left)).toEqual([[29, 30, 1, true, true, 7, 37]])
  expect(await database.ask(service, 'demo_orders_migrator', 'CALL pgfleet.apply_retention()')).toEqual([])
  expect(await database.ask(service, 'postgres', left)).toEqual([[29, 30, 1, true, true, 7, 37]])
})

test('what was deleted before an error stays deleted', async () => {
  const service = await database.resolve(yaml, sql)
  await database.apply(service)
  const client = await database.connect(service)
  await client.query(
    `ALTER TABLE shop.log ADD UNIQUE (n); CREATE TABLE shop.child (n int REFERENCES shop.log (n)); INSERT INTO shop.child VALUES (999)`,
  )
  expect(await database.ask(service, 'demo_orders_migrator', 'CALL pgfleet.apply_retention()')).toMatch('violates foreign key constraint')
  expect((await client.query('SELECT count(*)::int FROM shop.events')).rows).toEqual([{ count: 30 }])
  await client.end()
})

test('a time column has a BRIN index, once', async () => {
  const service = await database.resolve(yaml, sql)
  await database.apply(service)
  await database.apply(service)
  const indexes = `SELECT indexdef FROM pg_indexes WHERE schemaname = 'shop' AND indexdef LIKE '%brin%' ORDER BY 1`
  expect(await database.ask(service, 'postgres', indexes)).toEqual([
    ['CREATE INDEX events_at_idx ON shop.events USING brin (at)'],
    ['CREATE INDEX kept_at_idx ON shop.kept USING brin (at)'],
  ])
})

test('a table that no migration makes is named', async () => {
  const service = await database.resolve(yaml, { 'sql/orders/0001-none.sql': 'SELECT 1;\n' })
  await expect(database.apply(service)).rejects.toThrow('the time-series table shop.events does not exist')
})
