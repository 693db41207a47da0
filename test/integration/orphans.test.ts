// `pgfleet orphans` on embedded servers: references between databases, value by value.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStateFolder } from '../../src/runtime/embedded/state-folder.ts'
import { cli, type Run, temporaryFolder, yamlOf } from '../support/embedded.ts'
import { connected } from '../support/server.ts'

const folder = temporaryFolder()
let run: Run
const clients: pg.Client[] = []

beforeAll(async () => {
  const references = [
    'references:',
    '  sales.orders.customer_id: people:people.customers.id',
    '  sales.orders.Zone"s: people:people.zones.Name',
  ]
  const { yaml, ports } = await yamlOf({
    orders: ['schemas: [sales]', 'sql: sql/orders', ...references].join('\n'),
    people: 'schemas: [people]\nsql: sql/people',
  })
  writeFileSync(join(folder.path, 'services.yaml'), yaml)
  for (const key of ['orders', 'people']) mkdirSync(join(folder.path, 'sql', key), { recursive: true })
  writeFileSync(
    join(folder.path, 'sql/orders/0001-orders.sql'),
    'CREATE TABLE sales.orders (id int, customer_id bigint, "Zone""s" text);\n',
  )
  writeFileSync(
    join(folder.path, 'sql/people/0001-people.sql'),
    'CREATE TABLE people.customers (id bigint PRIMARY KEY);\nCREATE TABLE people.zones ("Name" text);\n',
  )
  run = await cli(['up'], { cwd: folder.path })
  await run.until('All databases are up')
  const { servers } = await openStateFolder(join(folder.path, '.pgfleet'))
  for (const [index, key] of ['orders', 'people'].entries())
    clients.push(await connected({ host: join(servers, `${key}/socket`), port: ports[index]!, user: 'postgres', database: `demo_${key}` }))
})

afterAll(async () => {
  for (const client of clients) await client.end()
  run?.child.kill('SIGTERM')
  await run?.ended
  folder.remove()
})

async function orphans(...args: string[]): Promise<{ code: number | null; output: string }> {
  const { ended, output } = await cli(['orphans', ...args], { cwd: folder.path })
  return { code: await ended, output: output() }
}

const none = { service: 'orders', orphans: 0, examples: [] }

test('empty tables have none', async () => {
  const { code, output } = await orphans('--json')
  expect(JSON.parse(output)).toEqual({
    references: [
      { ...none, column: 'sales.orders.customer_id', references: 'people:people.customers.id', values: 0 },
      { ...none, column: 'sales.orders.Zone"s', references: 'people:people.zones.Name', values: 0 },
    ],
  })
  expect(code).toBe(0)
})

test('every value is looked up, also where there are more than fit into one question', async () => {
  const [orders, people] = clients
  await people!.query('INSERT INTO people.customers SELECT generate_series(1, 12000)')
  // Each twice, and some without a customer.
  await orders!.query('INSERT INTO sales.orders (id, customer_id) SELECT n, n % 12000 + 1 FROM generate_series(1, 24000) n')
  await orders!.query('INSERT INTO sales.orders (id) SELECT generate_series(1, 10)')
  const { code, output } = await orphans('--json')
  expect(JSON.parse(output).references[0]).toMatchObject({ values: 12000, orphans: 0, examples: [] })
  expect(code).toBe(0)
})

test('what is not there is counted, and the first are named', async () => {
  const [orders, people] = clients
  await people!.query('DELETE FROM people.customers WHERE id IN (3, 700, 5001, 9999, 10000, 11999, 12000)')
  await people!.query(`INSERT INTO people.zones VALUES ('o''clock')`)
  await orders!.query(`INSERT INTO sales.orders (id, "Zone""s") VALUES (1, 'o''clock'), (2, 'nobody''s \\ "zone"')`)
  const { code, output } = await orphans('--json')
  expect(JSON.parse(output).references).toMatchObject([
    { values: 12000, orphans: 7, examples: ['3', '700', '5001', '9999', '10000'] },
    { values: 2, orphans: 1, examples: ['nobody\'s \\ "zone"'] },
  ])
  expect(code).toBe(1)
  const people_ = await orphans()
  expect(people_.output).toMatch(
    /orders:sales.orders.customer_id +people:people.customers.id +12000 +7 +3, 700, 5001, 9999, 10000, \.\.\.\n/,
  )
  expect(people_.output).toMatch(/failed 8 values are not there\n$/)
})

test('columns that cannot be compared are an error that names both', async () => {
  await clients[1]!.query('ALTER TABLE people.zones ALTER COLUMN "Name" TYPE date USING NULL')
  const { code, output } = await orphans()
  expect(output).toContain('cannot compare orders:sales.orders.Zone"s with people:people.zones.Name: invalid input syntax for type date')
  expect(output).toContain('Both servers must run, and both columns must exist and have the same type.')
  expect(code).toBe(3)
})
