// What sql-forbidden.ts and enum-values.ts say about the init transaction, against the servers themselves.
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { markEnumUses } from '../../src/source/enum-values.ts'
import { memoryCache, parseSql } from '../../src/source/sql.ts'
import { type ServerFolder, serverFolder, startPlainServer, type TestServer } from '../support/server.ts'

const cache = memoryCache()

const setup = `
  CREATE ROLE owner; CREATE ROLE other; CREATE SCHEMA app AUTHORIZATION owner;
  SET ROLE owner; SET search_path = app;
  CREATE TABLE t (a int PRIMARY KEY, at timestamptz); CREATE INDEX i ON t (at);
  CREATE TABLE parts (a int) PARTITION BY LIST (a); CREATE TABLE part PARTITION OF parts FOR VALUES IN (1);
  CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE UNIQUE INDEX ON m (a);
  CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN END';
  CREATE TYPE mood AS ENUM ('ok');
  RESET ROLE; ALTER ROLE owner SET search_path = app;
  CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1' PUBLICATION x WITH (connect = false);`

/** Statements and how the servers refuse them. */
const refused: [string, RegExp][] = [
  ['CREATE INDEX CONCURRENTLY ON t (at)', /cannot run inside a transaction block/],
  ['DROP INDEX CONCURRENTLY i', /cannot run inside a transaction block/],
  ['REINDEX INDEX CONCURRENTLY i', /cannot run inside a transaction block/],
  ['REINDEX (VERBOSE, CONCURRENTLY) TABLE t', /cannot run inside a transaction block/],
  ['REINDEX SCHEMA app', /cannot run inside a transaction block/],
  ['ALTER TABLE parts DETACH PARTITION part CONCURRENTLY', /cannot run inside a transaction block/],
  ['VACUUM t', /cannot be executed from a function|cannot run inside a transaction block/],
  ['CLUSTER', /cannot run inside a transaction block/],
  ['CREATE DATABASE d', /cannot run inside a transaction block/],
  ['DROP DATABASE d', /cannot run inside a transaction block/],
  ['ALTER DATABASE postgres SET TABLESPACE pg_default', /cannot run inside a transaction block/],
  ["CREATE TABLESPACE x LOCATION '/x'", /cannot run inside a transaction block/],
  ['DROP TABLESPACE x', /cannot run inside a transaction block/],
  ['ALTER SYSTEM SET work_mem = 64', /cannot run inside a transaction block/],
  ['DISCARD ALL', /cannot run inside a transaction block/],
  ["CREATE SUBSCRIPTION s2 CONNECTION 'host=127.0.0.1' PUBLICATION x", /cannot run inside a transaction block/],
  ['DROP SUBSCRIPTION s', /cannot run inside a transaction block/],
  ['BEGIN', /EXECUTE of transaction commands is not implemented/],
  ['SAVEPOINT a', /EXECUTE of transaction commands is not implemented/],
  ["PREPARE TRANSACTION 'x'", /EXECUTE of transaction commands is not implemented/],
  ['SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', /must be called before any query/],
  ['COPY t FROM STDIN', /cannot COPY to\/from client/],
  ['COPY t TO STDOUT', /cannot COPY to\/from client/],
  ['SELECT 1 AS a INTO u', /EXECUTE of SELECT \.\.\. INTO is not implemented/],
  ["COPY t FROM '/etc/passwd'", /permission denied to COPY|must be superuser|must have privileges/],
  ["COPY t FROM PROGRAM 'true'", /permission denied to COPY|must be superuser|must have privileges/],
  ['CREATE ROLE x', /permission denied/],
  ["ALTER ROLE other PASSWORD 'x'", /permission denied|must have/],
  ['DROP ROLE other', /permission denied|must/],
  ['GRANT owner TO other', /permission denied|must have admin option/],
]

/** Only a superuser gets as far as the transaction check. */
const asSuperuser = /TABLESPACE|SUBSCRIPTION|^CLUSTER|DATABASE|ALTER SYSTEM/

const allowed = [
  'CREATE INDEX ON t (at)',
  'REINDEX (CONCURRENTLY false) TABLE t',
  'REINDEX TABLE t',
  'CLUSTER t USING t_pkey',
  'ANALYZE t',
  'REFRESH MATERIALIZED VIEW CONCURRENTLY m',
  'ALTER TABLE parts DETACH PARTITION part',
  'CALL p()',
  'CREATE TABLE u AS SELECT 1 AS a',
  'SET LOCAL lock_timeout = 1000',
  'SET CONSTRAINTS ALL DEFERRED',
  "ALTER TYPE mood ADD VALUE 'fine'",
  'ALTER ROLE owner SET work_mem = 64',
  'LOCK TABLE t',
  'DISCARD PLANS',
  'COMMENT ON TABLE t IS NULL',
  'DO $x$ BEGIN PERFORM 1; END $x$',
]

const enumCases: string[][] = [
  ["ALTER TYPE mood ADD VALUE 'fine'", "CREATE TABLE u (m mood DEFAULT 'fine')"],
  ["CREATE TYPE e AS ENUM ('a')", "ALTER TYPE e ADD VALUE 'b'", "CREATE TABLE u (m e DEFAULT 'b')"],
  [
    "CREATE TYPE e AS ENUM ('a')",
    "ALTER TYPE e ADD VALUE 'b'",
    "CREATE FUNCTION f() RETURNS e LANGUAGE plpgsql AS $$ BEGIN RETURN 'b'; END $$",
  ],
  ["ALTER TYPE mood ADD VALUE 'fine'", "CREATE TABLE u (m text DEFAULT 'fine'::text)"],
]

const forbidden = async (sql: string, major: number) =>
  (await parseSql('a.sql', sql, major, cache)).statements.map((statement) => statement.forbidden)

describe.each([15, 16, 17, 18] as const)('PostgreSQL %i', (major) => {
  let folder: ServerFolder
  let server: TestServer
  let client: pg.Client

  beforeAll(async () => {
    folder = await serverFolder()
    server = await startPlainServer(folder, major)
    client = await server.connect()
    await client.query(setup)
  })
  afterAll(async () => {
    await client?.end()
    await server?.stop()
    await folder?.remove()
  })

  /** Runs statements as the init script does; undefined, or how the first one that fails is refused. */
  async function run(statements: readonly string[], role: string): Promise<string | undefined> {
    await client.query(`BEGIN; SET LOCAL search_path = app; SET LOCAL ROLE ${role}`)
    try {
      for (const sql of statements) await client.query(`DO $do$ BEGIN EXECUTE $sql$${sql}$sql$; END $do$`)
      return undefined
    } catch (error) {
      return (error as Error).message
    } finally {
      await client.query('ROLLBACK')
    }
  }

  test.each(refused)('refuses %s', async (sql, message) => {
    expect(await run([sql], asSuperuser.test(sql) ? 'postgres' : 'owner')).toMatch(message)
    expect(await forbidden(sql, major)).toEqual([expect.any(String)])
  })

  test.each(allowed)('runs %s', async (sql) => {
    expect(await run([sql], 'owner')).toBeUndefined()
    expect(await forbidden(sql, major)).toEqual([undefined])
  })

  test.each(enumCases)('agrees on the use of an enum value: %s', async (...statements) => {
    const file = await parseSql('a.sql', statements.join(';\n'), major, cache)
    const [marked] = markEnumUses([file], major)
    const isMarked = marked!.statements.some((statement) => statement.forbidden !== undefined)
    expect(await run(statements, 'owner')).toEqual(isMarked ? expect.stringContaining('unsafe use of new value') : undefined)
  })
})
