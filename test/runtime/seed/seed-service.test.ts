// What a service says of failures that a real server shows only by chance: sessions that answer as told.
import { expect, test } from 'vitest'
import type { Service } from '../../../src/fleet/types.ts'
import { OperationError } from '../../../src/io/operation-error.ts'
import { seedService } from '../../../src/runtime/seed/seed-service.ts'
import type { ServerSession } from '../../../src/runtime/verify/access.ts'
import { fleetOf, smallFleet } from '../../support/fleet.ts'

const { services } = await fleetOf(smallFleet('schemas: [sales]\nsql: sql/orders\nseed: seed/orders'), {
  'sql/orders/0001-carts.sql': 'CREATE TABLE sales.carts (id bigint);\n',
  'seed/orders/0001-carts.sql': 'INSERT INTO sales.carts\nVALUES (1);\n',
})
const service = services[0] as Service

/** `answer` is thrown, or is what a statement wrote. */
async function seed(answer: (statement: string) => number | Error, signal = new AbortController().signal) {
  const statements: string[] = []
  const session: ServerSession = {
    query: async (text) => {
      if (text.includes('pg_stat_activity')) return { rows: [{ pid: 7, since: 'now', ended: true }] }
      return { rows: text.includes('pg_namespace') ? [{ name: 'sales.carts' }] : [] }
    },
    execute: async (statement) => {
      statements.push(statement)
      const result = answer(statement)
      if (result instanceof Error) throw result
      return result
    },
    end: async () => void statements.push('(end)'),
  }
  const options = {
    access: { server: async () => session, pooler: '' },
    range: { scale: 1, until: '2026-01-01' },
    signal,
    onProgress: () => {},
  }
  const outcome = await seedService(service, options).then(
    ({ rows }) => rows,
    (error: OperationError) => `${error.code}: ${error.message}`,
  )
  return { outcome, statements }
}

const refused = (start: string, message: string, code: string | undefined) => (statement: string) =>
  statement.startsWith(start) ? Object.assign(new Error(message), code === undefined ? {} : { code }) : 1

test('one transaction, as the owner, and VACUUM behind it', async () => {
  const { outcome, statements } = await seed(() => 1)
  expect(outcome).toBe(1)
  expect(statements.filter((statement) => !/^(SET LOCAL \w+_timeout|CREATE FUNCTION pg_temp)/.test(statement))).toEqual([
    'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE',
    'SET LOCAL search_path = pg_catalog, pg_temp',
    'LOCK TABLE sales.carts IN SHARE ROW EXCLUSIVE MODE',
    'SET LOCAL search_path TO "sales", "extensions"',
    'SET LOCAL ROLE "demo_orders_owner"',
    'INSERT INTO sales.carts\nVALUES (1)',
    'SET CONSTRAINTS ALL IMMEDIATE',
    'COMMIT',
    'VACUUM (ANALYZE)',
    '(end)',
  ])
})

test.each([
  ['a statement', refused('INSERT', 'no', '23505'), 'seed-sql: no (seed/orders/0001-carts.sql:1)'],
  ['a statement, by psql', () => new OperationError('sql', 'no (23505)'), 'seed-sql: no (23505)'],
  ['a lock', refused('LOCK', 'canceling statement due to lock timeout', '55P03'), /^seed-locked: somebody else has been writing/],
  ['a commit', refused('COMMIT', 'no', '40001'), 'seed-sql: no'],
  ['a commit without an answer', refused('COMMIT', 'gone', 'connection-lost'), /^commit-unanswered: .*whether it committed: gone$/],
  ['VACUUM', refused('VACUUM', 'no', '57014'), /^seed-analyze: its rows are committed, but/],
])('%s that fails', async (_, answer, expected) => {
  const { outcome, statements } = await seed(answer)
  expect(outcome).toMatch(expected)
  expect(statements.at(-1)).toBe('(end)')
})

test('our own mistakes are no failures of the server', async () => {
  await expect(seed(refused('INSERT', 'x is not a function', undefined))).resolves.toMatchObject({
    outcome: 'undefined: x is not a function',
  })
})

test('Ctrl-C before the commit stops it, during the commit it does not', async () => {
  const before = new AbortController()
  const stopped = await seed((statement) => {
    if (statement.startsWith('SET CONSTRAINTS')) before.abort()
    return 1
  }, before.signal)
  expect(stopped.outcome).toBe('interrupted: it was stopped, and nothing was written')
  expect(stopped.statements).not.toContain('COMMIT')

  const during = new AbortController()
  const done = await seed((statement) => {
    if (statement === 'COMMIT') during.abort()
    return 1
  }, during.signal)
  expect(done.outcome).toBe(1)
  expect(done.statements).not.toContain('VACUUM (ANALYZE)')
})
