import { expect, test } from 'vitest'
import { memoryCache, parseSql } from '../../src/source/sql.ts'

// The words; that servers agree is tested in test/integration/forbidden-sql.test.ts.

const cache = memoryCache()

test.each([
  ['CREATE INDEX CONCURRENTLY ON t (a)', 'CREATE INDEX CONCURRENTLY cannot run in a transaction: leave out CONCURRENTLY'],
  ['DROP INDEX CONCURRENTLY i', 'DROP INDEX CONCURRENTLY cannot run in a transaction: leave out CONCURRENTLY'],
  ['REINDEX TABLE CONCURRENTLY t', 'REINDEX CONCURRENTLY cannot run in a transaction: leave out CONCURRENTLY'],
  ['REINDEX SCHEMA app', 'REINDEX SCHEMA cannot run in a transaction: name the tables one by one'],
  ['ALTER TABLE t DETACH PARTITION p CONCURRENTLY', 'DETACH PARTITION CONCURRENTLY cannot run in a transaction: leave out CONCURRENTLY'],
  ['VACUUM t', 'VACUUM cannot run in a transaction: autovacuum does it, or a job'],
  ['CREATE DATABASE d', 'CREATE DATABASE cannot run in a transaction: declare a service in services.yaml'],
  ['ALTER SYSTEM SET work_mem = 1', 'ALTER SYSTEM cannot run in a transaction: put the setting under settings in services.yaml'],
  ['BEGIN', 'the transaction belongs to the init script: leave out BEGIN, COMMIT, ROLLBACK and SAVEPOINT'],
  ["PREPARE TRANSACTION 'x'", 'the transaction belongs to the init script: leave out BEGIN, COMMIT, ROLLBACK and SAVEPOINT'],
  ['SET LOCAL ROLE x', 'the init script sets the role: every migration runs as the owner'],
  ['RESET ROLE', 'the init script sets the role: every migration runs as the owner'],
  ['SET SESSION AUTHORIZATION x', 'the init script sets the role: every migration runs as the owner'],
  ['COPY t FROM STDIN', 'COPY from or to the client has no client here: use INSERT'],
  ["COPY t FROM '/etc/passwd'", 'the owner role may not read or write files of the server: use INSERT'],
  ['SELECT 1 INTO t UNION SELECT 2', 'SELECT ... INTO does not work in EXECUTE: use CREATE TABLE ... AS'],
  ['ALTER ROLE x SUPERUSER', 'the owner role cannot manage roles: declare them in services.yaml'],
])('%s', async (text, reason) => {
  const { statements } = await parseSql('a.sql', text, 17, cache)
  expect(statements.map(({ forbidden }) => forbidden)).toEqual([reason])
})
