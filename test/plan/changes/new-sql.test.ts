// What a reader is told of files of the SQL folder, beside their names.
import { expect, test } from 'vitest'
import { changeOf, diffOf } from '../../support/changes-of.ts'

const added = async (sql: string) => changeOf(await diffOf({ files: { 'sql/orders/0002-more.sql': sql } }), 'orders/sql/0002-more.sql')
const first = 'sql/orders/0001-orders.sql'

test.each([
  'ALTER TABLE orders.items DROP name;',
  'ALTER TABLE orders.items DROP COLUMN name;',
  'DROP INDEX orders.x;',
  '/* old */ -- and gone\nDROP VIEW orders.v;',
  'TRUNCATE orders.log;',
  'DROP OWNED BY CURRENT_USER;',
  'WITH gone AS (DELETE FROM orders.log RETURNING *) SELECT count(*) FROM gone;',
])('%s takes something away', async (sql) => {
  expect(await added(sql)).toMatchObject({
    impact: 'migration',
    advice: expect.stringContaining('takes something away: sql/orders/0002-more.sql:'),
  })
})

test.each([
  'ALTER TABLE orders.items ALTER name DROP NOT NULL;',
  'ALTER TABLE orders.items ALTER name DROP  DEFAULT;',
  "CREATE TABLE orders.t (drop_at date DEFAULT '2026-01-01');",
])('%s takes nothing away, and decides about no right', async (sql) => {
  const change = await added(sql)
  expect(change).not.toHaveProperty('advice')
  expect(change).not.toHaveProperty('security')
})

test.each([
  "CREATE FUNCTION orders.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';",
  'GRANT SELECT ON orders.log TO PUBLIC;',
  'ALTER TABLE orders.items DISABLE ROW LEVEL SECURITY;',
  'ALTER TABLE orders.items DISABLE TRIGGER ALL;',
  'CREATE POLICY p ON orders.items USING (true);',
  'CREATE EXTENSION dblink;',
])('%s decides who may do what', async (sql) => {
  expect((await added(sql)).security).toBe('its SQL decides who may do what: sql/orders/0002-more.sql:1')
})

test.each([
  ['DROP SCHEMA orders CASCADE;', 'schema-removed'],
  ['DROP SCHEMA IF EXISTS other, "orders";', 'schema-removed'],
  ['DROP EXTENSION pg_trgm;', 'extension-removed'],
])('%s is a loss', async (sql, rule) => {
  expect(await added(sql)).toMatchObject({ impact: 'destroy', destroys: { rule } })
})

test.each(['DROP SCHEMA IF EXISTS other;', 'DROP EXTENSION IF EXISTS hstore;'])('%s is none', async (sql) => {
  expect((await added(sql)).impact).toBe('migration')
})

test('a schema that services.yaml gives up as well is lost once', async () => {
  const given = { set: { 'services/stock/sql': 'sql/stock' }, files: { 'sql/stock/0001-t.sql': 'CREATE TABLE stock.t ();\n' } }
  const diff = await diffOf(
    { set: { 'services/stock/schemas': ['stock'] }, files: { 'sql/stock/0002-spare.sql': 'DROP SCHEMA spare;\n' } },
    given,
  )
  expect(diff.changes.filter(({ destroys }) => destroys).map(({ target }) => target)).toEqual(['stock/schema/spare'])
})

test('a file with another name is told to be refused', async () => {
  const { base } = await import('../../impact/base.ts')
  const diff = await diffOf({ files: { [first]: undefined, 'sql/orders/0001-base.sql': base.files[first]! } })
  expect(changeOf(diff, 'orders/sql/0001-base.sql').advice).toBe(
    'it is 0001-orders.sql under another name: where that was applied pgfleet apply refuses it',
  )
  expect(changeOf(diff, 'orders/sql/0001-orders.sql').advice).toContain('must stay')
})

test('the way back keeps the file: what was applied must stay in the folder', async () => {
  const { apply, rollback } = await diffOf({ files: { 'sql/orders/0002-more.sql': 'CREATE TABLE orders.more ();\n' } })
  expect(rollback.lost).toEqual([
    'SQL 0002-more.sql (orders): what it made stays; where it was applied the file must stay, too: take it back by a new file',
  ])
  expect(rollback.steps[0]!.why).toContain('leave SQL files that were applied')
  expect(apply[0]!.why).toBe('out/ is what runs')
})

test('the same files in another folder are no new SQL', async () => {
  const { base } = await import('../../impact/base.ts')
  const diff = await diffOf({
    set: { 'services/orders/sql': 'sql/moved' },
    files: { [first]: undefined, 'sql/moved/0001-orders.sql': base.files[first]! },
  })
  expect(diff.changes.map(({ target, impact }) => [target, impact])).toEqual([['orders/sql', 'none']])
})
