// The seed of one service on real servers: the same rows whatever the server, and tables that only look empty.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Major } from '../../src/fleet/catalog.ts'
import type { Service } from '../../src/fleet/types.ts'
import { seedService } from '../../src/runtime/seed/seed-service.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'
import { smallFleet } from '../support/fleet.ts'
import { seedFiles, seedServices } from '../support/seed-fleet.ts'

const hashes: unknown[] = []

describe.each([15, 16, 17, 18] as Major[])('PostgreSQL %i', (major) => {
  let database: TestDatabase
  let service: Service

  const seed = (scale: number, files = seedFiles) => {
    const open = async () => {
      const client = await database.connect(service)
      const execute = async (statement: string) => (await client.query(statement)).rowCount ?? 0
      return { query: (text: string) => client.query(text), execute, end: () => client.end() }
    }
    const options = { access: { server: open, pooler: '' }, range: { scale, until: '2026-01-01' } }
    const resolved = files === seedFiles ? service : database.resolve(yaml, shopOnly(files))
    return Promise.resolve(resolved).then((one) =>
      seedService(one, { ...options, signal: new AbortController().signal, onProgress: () => {} }),
    )
  }
  const shopOnly = (files: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(files)
        .filter(([path]) => path.includes('/shop/'))
        .map(([path, text]) => [path.replace('/shop/', '/orders/'), text]),
    )
  const yaml = smallFleet(`postgres: ${major}\n${seedServices.shop.replaceAll('/shop', '/orders')}`)

  const superuser = async (query: string) => {
    const client = await database.connect(service)
    return (await client.query(query).finally(() => client.end())).rows
  }
  const empty = () => superuser('TRUNCATE shop.orders, shop.payments, shop.order_counts')

  beforeAll(async () => {
    database = await testDatabase(major)
    service = await database.resolve(yaml, shopOnly(seedFiles))
    await database.apply(service)
  })

  afterAll(() => database?.close())

  const hash = () =>
    superuser(`SELECT (SELECT md5(string_agg(o::text, ',' ORDER BY id)) FROM shop.orders AS o) AS orders,
      (SELECT md5(string_agg(p::text, ',' ORDER BY order_id)) FROM shop.payments AS p) AS payments`)

  test('the same rows in every run and on every server, other rows for another scale', async () => {
    const { rows, tables } = await seed(3)
    expect(tables.map(({ table }) => table)).toEqual(['shop.orders', 'shop.payments'])
    expect(rows).toBe(tables[0]!.rows + tables[1]!.rows)
    const first = await hash()
    await empty()
    await seed(3)
    expect(await hash()).toEqual(first)
    hashes.push(first)
    expect(first).toEqual(hashes[0])
    await empty()
    await seed(4)
    expect(await hash()).not.toEqual(first)
    await empty()
  })

  test('rows that the owner may not see are rows', async () => {
    await superuser('INSERT INTO shop.orders (customer_id, amount, ordered_at) VALUES (gen_random_uuid(), 1, now())')
    await superuser('ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY; ALTER TABLE shop.orders FORCE ROW LEVEL SECURITY')
    await expect(seed(1)).rejects.toThrow('this table is not empty: shop.orders')
    await superuser('ALTER TABLE shop.orders NO FORCE ROW LEVEL SECURITY; ALTER TABLE shop.orders DISABLE ROW LEVEL SECURITY')
    await empty()
  })

  test('a bare name is the table that the statement finds', async () => {
    const path = 'seed/shop/0002-payments.sql'
    const bare = { ...seedFiles, [path]: 'INSERT INTO payments (order_id, paid) VALUES (1, 1);\n' }
    await seed(1, bare)
    await superuser('TRUNCATE shop.orders CASCADE')
    await superuser('INSERT INTO shop.orders VALUES (1, gen_random_uuid(), 1, now()); INSERT INTO shop.payments VALUES (1, 1)')
    await expect(seed(1, bare)).rejects.toThrow('these tables are not empty: shop.orders, shop.payments')
    await empty()
  })

  test('what a statement may not do, it cannot do: it runs as the owner', async () => {
    const path = 'seed/shop/0002-payments.sql'
    const more = { ...seedFiles, [path]: 'INSERT INTO pgfleet.jobs (name, schedule, call) VALUES ($$a$$, $$b$$, $$c$$);\n' }
    await expect(seed(1, more)).rejects.toThrow('permission denied')
    expect(await superuser('SELECT count(*)::int AS count FROM shop.orders')).toEqual([{ count: 0 }])
  })
})
