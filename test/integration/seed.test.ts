// `pgfleet seed` on embedded servers, from the command line: what is written, what is refused, what Ctrl-C leaves.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStateFolder } from '../../src/runtime/embedded/state-folder.ts'
import { cli, type Run, temporaryFolder, yamlOf } from '../support/embedded.ts'
import { seedFiles, seedServices } from '../support/seed-fleet.ts'
import { connected } from '../support/server.ts'

const folder = temporaryFolder()
/** Another port than services.yaml has: it must be found out. */
const offset = 1
let run: Run
let connect: (service: 'people' | 'shop' | 'plain') => Promise<pg.Client>

beforeAll(async () => {
  const { yaml, ports } = await yamlOf({ ...seedServices, plain: '' })
  writeFiles({ 'services.yaml': yaml, ...seedFiles })
  run = await cli(['up', '--port-offset', String(offset)], { cwd: folder.path })
  await run.until('All databases are up')
  const { servers } = await openStateFolder(join(folder.path, '.pgfleet'))
  const port = { people: ports[0]!, shop: ports[1]!, plain: ports[2]! }
  connect = (service) =>
    connected({ host: join(servers, service, 'socket'), port: port[service] + offset, user: 'postgres', database: `demo_${service}` })
})

afterAll(async () => {
  run?.child.kill('SIGTERM')
  await run?.ended
  folder.remove()
})

function writeFiles(files: Readonly<Record<string, string>>) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true })
    writeFileSync(join(folder.path, path), text)
  }
}

async function seed(...args: string[]): Promise<{ code: number | null; output: string }> {
  const { ended, output } = await cli(['seed', ...args], { cwd: folder.path })
  return { code: await ended, output: output() }
}

async function rows(service: 'people' | 'shop', query: string): Promise<unknown[]> {
  const client = await connect(service)
  return (await client.query(query).finally(() => client.end())).rows
}

const counts = async () => [
  ...(await rows('people', 'SELECT count(*)::int AS customers FROM people.customers')),
  ...(await rows(
    'shop',
    'SELECT (SELECT count(*)::int FROM shop.orders) AS orders, (SELECT count(*)::int FROM shop.payments) AS payments',
  )),
]
const nothing = [{ customers: 0 }, { orders: 0, payments: 0 }]

test.each([
  [['--scale', '0'], 'whole number from 1 to 99999'],
  [['--until', '2026-02-30'], 'It must be a day'],
  [['shops'], 'there is no service with seed files "shops"\n  help: did you mean "shop"?'],
  [['plain'], 'there is no service with seed files "plain"'],
  [['--out', 'x'], '--out is for --runtime compose'],
])('%j is wrong usage', async (args, message) => {
  const { code, output } = await seed(...args)
  expect(output).toContain(message)
  expect(code).toBe(2)
  expect(await counts()).toEqual(nothing)
})

test('a mistake in a statement undoes the whole service, says where it is, and leaves the others alone', async () => {
  const path = 'seed/shop/0002-payments.sql'
  const broken = `INSERT INTO shop.payments (order_id, paid)\nSELECT id,\n  nothing FROM shop.orders;\n`
  writeFiles({ [path]: broken })
  const { code, output } = await seed('shop')
  writeFiles(seedFiles)
  expect(output).toMatch(/^shop: shop\.orders: 100 rows in \d+\.\d s, [\d,]+ rows\/s$/m)
  expect(output).toContain(`failed shop: column "nothing" does not exist (${path}:3)`)
  expect(code).toBe(3)
  expect(await counts()).toEqual(nothing)
})

test('a constraint that is checked at the end undoes it, too', async () => {
  const path = 'seed/shop/0002-payments.sql'
  writeFiles({ [path]: 'INSERT INTO shop.payments (order_id, paid) VALUES (424242, 1);\n' })
  const { code, output } = await seed('--json')
  writeFiles(seedFiles)
  expect(output).toContain('violates foreign key constraint')
  expect(output).toContain('Key (order_id)=(424242) is not present')
  expect(code).toBe(3)
  const { services } = JSON.parse(output.slice(output.indexOf('{\n')))
  expect(services).toMatchObject([
    { service: 'people', state: 'seeded', rows: 10 },
    { service: 'shop', state: 'failed', code: 'seed-sql' },
  ])
  expect(await counts()).toEqual([{ customers: 10 }, { orders: 0, payments: 0 }])
  await rows('people', 'TRUNCATE people.customers')
})

test('Ctrl-C undoes what was written, at once', async () => {
  writeFiles({ 'seed/shop/0002-payments.sql': 'INSERT INTO shop.payments SELECT 1, 1 FROM pg_sleep(60);\n' })
  const { child, ended, until, output } = await cli(['seed', 'shop'], { cwd: folder.path })
  await until('shop.orders: 100 rows')
  await setTimeout(300)
  const begin = Date.now()
  child.kill('SIGINT')
  expect(await ended).toBe(3)
  expect(Date.now() - begin).toBeLessThan(10_000)
  writeFiles(seedFiles)
  expect(output()).toContain('failed shop: it was stopped, and nothing was written')
  expect(await counts()).toEqual(nothing)
  expect(await rows('shop', "SELECT query FROM pg_stat_activity WHERE query LIKE 'INSERT%' AND pid <> pg_backend_pid()")).toEqual([])
})

test('two at once: one fills, the other one waits for it and refuses', async () => {
  const ended = await Promise.all([seed('shop'), seed('shop')])
  expect(ended.map(({ code }) => code).sort()).toEqual([0, 3])
  expect(ended.find(({ code }) => code === 3)?.output).toMatch(/these tables are not empty|there are rows already/)
  expect(await rows('shop', 'SELECT count(*)::int AS orders FROM shop.orders')).toEqual([{ orders: 100 }])
  await rows('shop', 'TRUNCATE shop.orders, shop.payments, shop.order_counts')
})

test('all services are filled with data that belongs together, as the owner, and it says how fast', async () => {
  const { code, output } = await seed('--scale', '30', '--until', '2026-01-01')
  expect(output).toContain('Scale 30; time ends at 2026-01-01, midnight UTC.')
  expect(output).toMatch(/^people: customers: 300 rows in \d+\.\d s, [\d,]+ rows\/s$/m)
  expect(output).toMatch(/^people +seeded +300 +\d+\.\d s +[\d,]+$/m)
  expect(output).toMatch(/^shop +seeded +4,\d{3} +\d+\.\d s +[\d,]+$/m)
  expect(code).toBe(0)
  const customers = (await rows('people', 'SELECT id FROM people.customers')) as { id: string }[]
  const buyers = (await rows('shop', 'SELECT DISTINCT customer_id AS id FROM shop.orders')) as { id: string }[]
  const known = new Set(customers.map(({ id }) => id))
  expect(buyers.length).toBeGreaterThan(250)
  expect(buyers.filter(({ id }) => !known.has(id))).toEqual([])
  expect(await rows('people', 'SELECT DISTINCT written_by FROM people.customers')).toEqual([{ written_by: 'demo_people_owner' }])
  expect(await rows('people', "SELECT max(joined_at) < '2026-01-01Z' AS past FROM people.customers")).toEqual([{ past: true }])
  // Triggers ran, sequences go on behind the rows, the planner knows the tables.
  expect(await rows('shop', 'SELECT sum(orders)::int AS orders FROM shop.order_counts')).toEqual([{ orders: 3000 }])
  expect(await rows('shop', "SELECT nextval('shop.orders_id_seq')::int AS next")).toEqual([{ next: 3001 }])
  expect(await rows('shop', "SELECT reltuples, relallvisible > 0 AS visible FROM pg_class WHERE relname = 'orders'")).toEqual([
    { reltuples: 3000, visible: true },
  ])
})

test('tables that are not empty are named, and nothing is written to any service', async () => {
  await rows('people', 'TRUNCATE people.customers')
  const before = await counts()
  const { code, output } = await seed()
  expect(output).toContain('there are rows already; nothing was written\n       shop: shop.orders, shop.payments [seed-not-empty]')
  expect(code).toBe(3)
  expect(await counts()).toEqual(before)
  expect((await seed('people')).code).toBe(0)
})

test('the day is the last one that has ended', async () => {
  await rows('people', 'TRUNCATE people.customers')
  const { output } = await seed('people', '--json')
  const { ok, scale, until, services } = JSON.parse(output.slice(output.indexOf('{\n')))
  expect({ ok, scale }).toEqual({ ok: true, scale: 1 })
  expect(until).toMatch(/T00:00:00\.000Z$/)
  expect(Date.now() - Date.parse(until)).toBeLessThan(86_400_000)
  expect(services).toEqual([
    {
      service: 'people',
      state: 'seeded',
      rows: 10,
      seconds: expect.any(Number),
      rowsPerSecond: Math.round(10 / services[0].seconds),
      tables: [{ table: 'customers', rows: 10, seconds: expect.any(Number) }],
    },
  ])
})

test('a fleet that does not run', async () => {
  const other = temporaryFolder()
  writeFileSync(join(other.path, 'services.yaml'), (await yamlOf({ plain: '' })).yaml)
  const { ended, output } = await cli(['seed'], { cwd: other.path })
  expect(await ended).toBe(3)
  expect(output()).toContain('no server runs in')
  other.remove()
})
