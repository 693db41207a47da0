// Every check on a real server: as it was made, and after somebody has broken what the check guards.
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { initScript } from '../../generators/init-sql/init-sql.ts'
import type { Service } from '../../src/fleet/types.ts'
import type { Finding } from '../../src/runtime/verify/check.ts'
import { serverChecks } from '../../src/runtime/verify/checks/index.ts'
import { runServerChecks } from '../../src/runtime/verify/run-checks.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { drift } from '../support/drift.ts'
import { smallFleet } from '../support/fleet.ts'

const sql = {
  'sql/orders/0001-shop.sql': `
CREATE TYPE shop.state AS ENUM ('open', 'paid');
CREATE DOMAIN shop.price AS numeric CHECK (VALUE >= 0);
CREATE TYPE shop.span AS RANGE (subtype = int4);
CREATE TYPE shop.pair AS (a int, b int);
CREATE TABLE items (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name citext, price shop.price, state shop.state DEFAULT 'open', period shop.span);
CREATE TABLE events (at timestamptz NOT NULL, item int) PARTITION BY RANGE (at);
CREATE TABLE events_old PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2020-01-01');
CREATE VIEW names AS SELECT name FROM items;
CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM items;
CREATE FUNCTION total() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM shop.items';
CREATE PROCEDURE tidy() LANGUAGE sql AS 'DELETE FROM shop.events';
CREATE AGGREGATE plus(int) (sfunc = int4pl, stype = int);
CREATE SCHEMA made;
CREATE TABLE made.kept (id int);
`,
  'sql/orders/0002-audit.sql': 'CREATE TABLE audit.log (at timestamptz NOT NULL, what text);\n',
}

const yaml = smallFleet(
  `schemas: [shop, audit, "two words"]
sql: sql/orders
extensions: [pg_stat_statements, citext, earthdistance]
retention: { audit.log: { column: at, keep: 7 days } }`,
  'roles:\n  analyst: { access: read-only }\n  operator: { access: admin }\n',
)

/** The server of this file has settings of its own: those are checked in verify-embedded.test.ts. */
const checks = serverChecks.filter(({ id }) => !['settings', 'settings-elsewhere', 'pending-restart'].includes(id))

describe.each([15, 16, 17, 18] as const)('PostgreSQL %s', (major) => {
  const versioned = yaml.replace('    port:', `    postgres: ${major}\n    port:`)
  let database: TestDatabase
  let service: Service
  let client: pg.Client
  beforeAll(async () => {
    database = await testDatabase(major, { shared_preload_libraries: 'pg_stat_statements' })
    service = await database.resolve(versioned, sql)
    await database.apply(service)
    client = await database.connect(service)
  })
  afterAll(async () => {
    await client?.end()
    await database?.close()
  })

  /** What the checks find while a transaction is open in which this was done. */
  async function found(...statements: readonly string[]): Promise<Record<string, string[]>> {
    await client.query('BEGIN; SET LOCAL search_path = pg_catalog, pg_temp')
    try {
      for (const statement of statements) await client.query(statement)
      const script = initScript(service)
      const artifacts = new Map([[script.path, script]])
      // The transaction of the checks is that in which it was broken.
      const query = async (text: string) => (text.startsWith('BEGIN') ? { rows: [] } : client.query(text))
      const { runs } = await runServerChecks({ service, artifacts }, checks, async () => ({ query, end: async () => {} }))
      const failed = runs.filter(({ result }) => result === 'failed')
      const line = ({ what, expected, actual }: Finding) => `${what}: ${expected} -> ${actual}`.replace(/\b[0-9a-f]{64}\b/g, '...')
      return Object.fromEntries(failed.map(({ id, findings }) => [id, findings.map(line)]))
    } finally {
      await client.query('ROLLBACK')
    }
  }

  test('as it was made', async () => {
    expect(await found()).toEqual({})
  })

  test.each(Object.entries(drift))('%s', async (_, [statements, findings]) => {
    const older = (text: string) => {
      const plain = major >= 17 ? text : text.replaceAll('MAINTAIN, ', '')
      return major >= 16 ? plain : plain.replaceAll(', INHERIT TRUE, SET TRUE', '')
    }
    const expected = Object.fromEntries(Object.entries(findings).map(([id, lines]) => [id, lines.map(older)]))
    expect(await found(statements)).toEqual(expected)
  })

  test('a role under another name', async () => {
    const ids = Object.keys(await found('ALTER ROLE analyst RENAME TO another'))
    expect(ids).toEqual(['roles', 'role-settings', 'grants', 'default-privileges'])
  })

  // Last: it does not come back.
  test('a role that has gone from services.yaml is no finding once the init script has run, unless it can do something', async () => {
    service = await database.resolve(versioned.replace('  analyst: { access: read-only }\n', ''), sql)
    expect(Object.keys(await found())).toEqual(['init', 'roles', 'role-settings', 'grants', 'default-privileges'])
    await database.apply(service)
    expect(await found()).toEqual({})
    expect(await found('ALTER ROLE analyst LOGIN')).toEqual({ roles: ['attributes of role analyst: no attributes -> LOGIN'] })
  })
})
