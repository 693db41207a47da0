import { createHash } from 'node:crypto'
import { loadModule as load15, parseSync as parse15 } from 'libpg-query-15'
import { loadModule as load16, parseSync as parse16 } from 'libpg-query-16'
import { loadModule as load17, parseSync as parse17 } from 'libpg-query-17'
import { loadModule as load18, parseSync as parse18 } from 'libpg-query-18'
import { beforeAll, describe, expect, test } from 'vitest'
import { initScript, initSql } from '../../generators/init-sql/init-sql.ts'
import { header } from '../../src/artifact.ts'
import type { Service } from '../../src/fleet/types.ts'
import { readSql } from '../readers.ts'
import { fleetOf, smallFleet } from '../support/fleet.ts'
import { nineServices } from '../support/nine-services.ts'

beforeAll(() => Promise.all([load15(), load16(), load17(), load18()]))
const parsers = { 15: parse15, 16: parse16, 17: parse17, 18: parse18 }

const sql = {
  'sql/orders/0001-shop.sql': `-- tables
CREATE TABLE shop.items (id int);

CREATE FUNCTION shop.tidy() RETURNS void LANGUAGE plpgsql AS $pgfleet$
BEGIN
  DELETE FROM shop.items;
END $pgfleet$;
`,
  'sql/orders/0002-more.sql': 'SELECT 1;\nSELECT 2;\n',
}
const serviceOf = async (yaml: string, files = {}): Promise<Service> => (await fleetOf(smallFleet(yaml), files)).services[0]!
const shop = () => serviceOf('schemas: [shop]\nsql: sql/orders', sql)

/** Statements whose text has this in it. */
const statements = (service: Service, part: string): string[] =>
  readSql(initScript(service).content).flatMap(({ text }) => (text.includes(part) ? [text] : []))

test('a script for each service, with the header', async () => {
  const files = [...initSql.generate(await fleetOf(nineServices))]
  expect(files.map(({ path }) => path)).toContain('infrastructure/postgres/price-history-db-init.sql')
  expect(files).toHaveLength(9)
  for (const { content } of files) expect(content.startsWith(`-- ${header}\n`)).toBe(true)
})

test.each([15, 16, 17, 18] as const)("PostgreSQL %s's own parser reads its scripts: one transaction, no psql commands", async (major) => {
  const yaml = `postgres: ${major}\nschemas: [shop]\nsql: sql/orders\ntimeseries: { shop.items: { column: at, keep: 30 days } }\nretention: { shop.old: { column: at, keep: 1 year } }\nextensions: [citext]`
  const { content } = initScript(await serviceOf(yaml, sql))
  const kinds = parsers[major](content).stmts.map(({ stmt }: { stmt: Record<string, { kind?: string }> }) => Object.entries(stmt)[0])
  const transactions = kinds.flatMap(([kind, { kind: what }]: [string, { kind?: string }], index: number) =>
    kind === 'TransactionStmt' ? [[index, what]] : [],
  )
  expect(transactions).toEqual([
    [0, 'TRANS_STMT_BEGIN'],
    [kinds.length - 1, 'TRANS_STMT_COMMIT'],
  ])
  expect(content).not.toMatch(/^\\/m)
})

test('each statement of a file is executed by itself, labelled with its place', async () => {
  const [first = '', second = ''] = statements(await shop(), 'SET LOCAL ROLE "demo_orders_owner"')
  expect(first).toContain('EXECUTE $pgfleet$/* sql/orders/0001-shop.sql:2 */ CREATE TABLE shop.items (id int)$pgfleet$;')
  expect(first).toContain('EXECUTE $pgfleet1$/* sql/orders/0001-shop.sql:4 */ CREATE FUNCTION shop.tidy()')
  expect(second.match(/EXECUTE .*/g)).toEqual([
    'EXECUTE $pgfleet$/* sql/orders/0002-more.sql:1 */ SELECT 1$pgfleet$;',
    'EXECUTE $pgfleet$/* sql/orders/0002-more.sql:2 */ SELECT 2$pgfleet$;',
  ])
})

test('the hash at the end is that of everything before it, so that any change shows', async () => {
  const service = await shop()
  const { content } = initScript(service)
  const [, before = '', hash] = /^([\s\S]*)-- Everything is done[\s\S]*VALUES \('([0-9a-f]{64})'\)/.exec(content) ?? []
  expect(createHash('sha256').update(before).digest('hex')).toBe(hash)
  expect(initScript({ ...service, summary: 'other' }).content).not.toContain(hash)
})

test('attributes, parameters and groups of the roles', async () => {
  const fleet = await fleetOf(smallFleet('', 'roles:\n  analyst: { access: read-only, connections: 7 }\nallowances: { backup: 9 }\n'))
  const lines = initScript(fleet.services[0]!).content.split('\n')
  const common = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION INHERIT'
  expect(lines).toContain(`ALTER ROLE "demo_orders_migrator" ${common} LOGIN NOBYPASSRLS CONNECTION LIMIT 2;`)
  expect(lines.filter((line) => /^(ALTER ROLE|GRANT) "(demo_orders_owner|analyst|backup|pgbouncer_auth)"/.test(line))).toEqual([
    `ALTER ROLE "demo_orders_owner" ${common} NOLOGIN NOBYPASSRLS CONNECTION LIMIT -1 PASSWORD NULL;`,
    `ALTER ROLE "backup" ${common} LOGIN BYPASSRLS CONNECTION LIMIT 9;`,
    `ALTER ROLE "backup" SET "default_transaction_read_only" TO 'on';`,
    `ALTER ROLE "backup" SET "lo_compat_privileges" TO 'on';`,
    `ALTER ROLE "pgbouncer_auth" ${common} LOGIN NOBYPASSRLS CONNECTION LIMIT 2 PASSWORD NULL;`,
    `ALTER ROLE "analyst" ${common} LOGIN NOBYPASSRLS CONNECTION LIMIT 7;`,
    `ALTER ROLE "analyst" SET "statement_timeout" TO '300s';`,
    `ALTER ROLE "analyst" SET "default_transaction_read_only" TO 'on';`,
    'GRANT "demo_orders_owner" TO "demo_orders_migrator" WITH ADMIN FALSE, INHERIT TRUE, SET TRUE;',
  ])
})

test('memberships of PostgreSQL 15 have no options', async () => {
  const { content } = initScript(await serviceOf('postgres: 15'))
  expect(content).toContain(
    'GRANT "demo_orders_owner" TO "demo_orders_migrator";\nREVOKE ADMIN OPTION FOR "demo_orders_owner" FROM "demo_orders_migrator";\n',
  )
  expect(content).not.toContain('GRANTED BY')
})

test('a service without schemas lives in public', async () => {
  const [statement] = statements(await serviceOf(''), 'SET search_path TO "public"')
  expect(statement).toContain('ALTER DATABASE "demo_orders" SET search_path TO "public", "extensions"')
})

test('verifiers come from the folder of the target, for the roles that have a password', async () => {
  const [statement] = statements(await shop(), 'pg_read_file')
  expect(statement).toContain("file := '/run/pgfleet/verifiers' || '/' || role")
  expect(statement).toContain("ARRAY['demo_orders_migrator', 'demo_orders_service', 'monitor', 'backup']::text[]")
})

test('without a pooler there is no lookup', async () => {
  const service = await shop()
  const { content } = initScript({ ...service, roles: service.roles.filter(({ kind }) => kind !== 'pooler') })
  expect(content).not.toContain('lookup')
  expect(content).not.toContain('pg_authid TO')
})

describe('time series', () => {
  const resolve = (more: string) =>
    serviceOf(`${more}\nschemas: [shop]\ntimeseries: { shop.items: { column: at, chunk: 1 day, keep: 30 days } }`)
  /** No target of today has this edition, so the rules refuse it. */
  async function community(compressAfter: object) {
    const service = await resolve('extensions: [timescaledb]')
    return initScript({
      ...service,
      timescaledb: 'community',
      timeseries: service.timeseries.map((table) => ({ ...table, ...compressAfter })),
    }).content
  }

  test.each([
    [
      'with TimescaleDB',
      'extensions: [timescaledb]',
      ['create_hypertable', "interval '1 day'", 'drop_chunks'],
      ['brin', 'compression', 'DELETE FROM "shop"'],
    ],
    ['without', '', ['USING brin ("at")', 'DELETE FROM "shop"."items"'], ['create_hypertable', 'drop_chunks', 'compression']],
  ])('%s', async (_, more, present, absent) => {
    const { content } = initScript(await resolve(more))
    for (const part of present) expect(content).toContain(part)
    for (const part of absent) expect(content).not.toContain(part)
  })

  test('the Community edition compresses', async () => {
    const content = await community({ compressAfter: { text: '7 days', seconds: 604800 } })
    expect(content).toContain("add_compression_policy(grown, compress_after => interval '7 days')")
    expect(content).toContain('SET (timescaledb.compress)')
  })

  test('the Community edition takes a policy away that is no longer declared', async () => {
    const content = await community({})
    expect(content).toContain('remove_compression_policy(grown, if_exists => true)')
    expect(content).not.toContain('add_compression_policy')
  })
})
