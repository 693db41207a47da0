// What services.yaml says about rows: what the application may do where it is not everything, and what read-only roles may read.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Service } from '../../src/fleet/types.ts'
import { grants } from '../../src/runtime/verify/checks/grants.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { smallFleet } from '../support/fleet.ts'

const declared = (more: string) =>
  smallFleet(`schemas: [shop, audit, vault]\nsql: sql/orders\n${more}`, 'roles:\n  analyst: { access: read-only }\n')

const restricted = declared(`app:
  privileges:
    audit: [select]
    audit.logins: [insert, select]
    shop.keys: []
    vault: []
readable: [shop.orders, audit]`)

const sql = {
  'sql/orders/0001-tables.sql': `
CREATE TABLE shop.orders (id int);
CREATE TABLE shop.keys (id int);
CREATE TABLE audit.trail (id int);
CREATE TABLE audit.logins (id int);
CREATE TABLE vault.secrets (id int);
CREATE VIEW shop.open_orders AS SELECT id FROM shop.orders;
`,
}

const app = 'demo_orders_service'
const denied = (what: string) => `permission denied for ${what}`
let database: TestDatabase
let service: Service

beforeAll(async () => {
  database = await testDatabase()
  service = await database.resolve(restricted, sql)
  await database.apply(service)
})
afterAll(() => database?.close())

const allowed: [role: string, query: string][] = [
  [app, 'INSERT INTO shop.orders VALUES (1)'],
  [app, 'DELETE FROM shop.orders'],
  [app, 'SELECT FROM audit.trail'],
  [app, 'INSERT INTO audit.logins VALUES (1)'],
  ['analyst', 'SELECT FROM shop.orders'],
  ['analyst', 'SELECT FROM audit.trail'],
  ['analyst', 'SELECT FROM audit.logins'],
]
test.each(allowed)('%s may %s', async (role, query) => {
  expect(await database.ask(service, role, query)).toBeInstanceOf(Array)
})

const refused: [role: string, query: string, answer: string][] = [
  [app, 'INSERT INTO audit.trail VALUES (1)', denied('table trail')],
  [app, 'UPDATE audit.trail SET id = 2', denied('table trail')],
  [app, 'UPDATE audit.logins SET id = 2', denied('table logins')],
  [app, 'DELETE FROM audit.logins', denied('table logins')],
  [app, 'SELECT FROM shop.keys', denied('table keys')],
  [app, 'INSERT INTO shop.keys VALUES (1)', denied('table keys')],
  [app, 'SELECT FROM vault.secrets', denied('table secrets')],
  ['analyst', 'SELECT FROM shop.keys', denied('table keys')],
  ['analyst', 'SELECT FROM shop.open_orders', denied('view open_orders')],
  ['analyst', 'SELECT FROM vault.secrets', denied('schema vault')],
]
test.each(refused)('%s may not %s', async (role, query, answer) => {
  expect(await database.ask(service, role, query)).toBe(answer)
})

test('tables that come later are as their schema says', async () => {
  const migrator = await database.connect(service, 'demo_orders_migrator')
  for (const schema of ['shop', 'audit', 'vault']) await migrator.query(`CREATE TABLE ${schema}.later (id int)`)
  await migrator.end()
  expect(await database.ask(service, app, 'INSERT INTO shop.later VALUES (1)')).toEqual([])
  expect(await database.ask(service, app, 'SELECT FROM audit.later')).toEqual([])
  expect(await database.ask(service, app, 'INSERT INTO audit.later VALUES (1)')).toBe(denied('table later'))
  expect(await database.ask(service, app, 'SELECT FROM vault.later')).toBe(denied('table later'))
  expect(await database.ask(service, 'analyst', 'SELECT FROM audit.later')).toEqual([])
  expect(await database.ask(service, 'analyst', 'SELECT FROM shop.later')).toBe(denied('table later'))
})

const findings = async () => {
  const server = await database.connect(service)
  const outcome = await grants.run({ service, server, artifacts: new Map() }).finally(() => server.end())
  return outcome.findings.map(({ what, expected, actual }) => `${what}: ${actual}, not ${expected}`)
}

test('verify finds what was granted or taken by hand on a table that differs from its schema', async () => {
  await database.apply(service)
  expect(await findings()).toEqual([])
  const server = await database.connect(service)
  await server.query(
    `GRANT UPDATE ON audit.logins TO ${app}; REVOKE INSERT ON audit.logins FROM ${app}; GRANT SELECT ON shop.keys TO analyst`,
  )
  await server.end()
  expect((await findings()).sort()).toEqual([
    `table audit.logins: privileges of ${app}: SELECT, UPDATE, not INSERT, SELECT`,
    'table shop.keys: privileges of analyst: SELECT, not nothing',
  ])
  await database.apply(service)
  expect(await findings()).toEqual([])
})

test('what services.yaml no longer restricts is open again', async () => {
  const open = await database.resolve(declared(''), sql)
  await database.apply(open)
  expect(await database.ask(open, app, 'DELETE FROM vault.secrets')).toEqual([])
  expect(await database.ask(open, 'analyst', 'SELECT FROM vault.secrets')).toEqual([])
})

test('the database knows what retention is declared, and what it has deleted', async () => {
  const yaml = declared('retention:\n  audit.trail: { column: at, keep: 30 days }')
  const kept = await database.resolve(yaml, { 'sql/orders/0001-tables.sql': 'CREATE TABLE audit.trail (at timestamptz);\n' })
  await database.reset()
  await database.apply(kept)
  const ledger = 'SELECT table_name, keep::text, now() - deleted_before FROM pgfleet.retention'
  expect(await database.ask(kept, 'postgres', ledger)).toEqual([['audit.trail', '30 days', null]])
  const days = `SELECT table_name, extract(day FROM now() - deleted_before)::int FROM pgfleet.retention`
  const migrator = await database.connect(kept, 'demo_orders_migrator')
  await migrator.query(`INSERT INTO audit.trail VALUES (now() - interval '31 days'), (now() - interval '29 days')`)
  await migrator.query('CALL pgfleet.apply_retention()')
  await migrator.end()
  expect(await database.ask(kept, 'postgres', days)).toEqual([['audit.trail', 30]])
  expect(await database.ask(kept, 'postgres', 'SELECT extract(day FROM now() - at)::int FROM audit.trail')).toEqual([[29]])
  // Kept for ever from now on: what has gone is still known.
  const forever = await database.resolve(declared(''), { 'sql/orders/0001-tables.sql': 'CREATE TABLE audit.trail (at timestamptz);\n' })
  await database.apply(forever)
  expect(await database.ask(forever, 'postgres', 'SELECT keep, deleted_before IS NOT NULL FROM pgfleet.retention')).toEqual([[null, true]])
})
