import { expect, test } from 'vitest'
import { diffFleets } from '../../../src/plan/changes/diff-fleets.ts'
import type { CompiledSide } from '../../../src/plan/changes/side.ts'
import { compileText } from '../../support/fleet.ts'

const text = `version: 1
fleet: shop
host: { memory: 64GiB, cpus: 16, disk: 1TiB, storage: ssd }
roles:
  reports: { access: read-only, services: [orders] }
services:
  orders: { port: 5432, memory: 2GiB, schemas: [app], pool: { size: 20 }, settings: { work_mem: 4MB } }
  stock: { port: 5433, memory: 2GiB, schemas: [app] }
`

const compiled = async (yaml: string): Promise<CompiledSide> => {
  const { fleet, artifacts, diagnostics } = await compileText(yaml)
  if (!fleet) throw new Error(JSON.stringify(diagnostics))
  return { fleet, artifacts }
}

const diffOf = async (from: string, to: string) =>
  diffFleets(await compiled(text), await compiled(text.replace(from, to)), { from: new Date(0) })

const backup = 'docker exec shop_ops pgfleet backup run daily'
const orders = 'docker restart shop_postgres_orders'
const [generate, apply, up, down, secrets] = [
  'pgfleet generate',
  'pgfleet apply',
  'pgfleet up --runtime compose',
  'pgfleet down --runtime compose',
  'pgfleet secrets init',
]

test.each([
  ['a larger pool: the server first', 'size: 20', 'size: 25', [generate, orders, apply]],
  ['a smaller pool: the pool first', 'size: 20', 'size: 15', [generate, apply, orders]],
  ['a reload', 'work_mem: 4MB', 'work_mem: 5MB', [generate, apply]],
  ['a comment in the SQL alone', 'stock: { port', 'stock: { summary: Stock, port', [generate, apply]],
  [
    'another limit: a new container',
    'orders: { port: 5432, memory: 2GiB',
    'orders: { port: 5432, cpus: 2, memory: 2GiB',
    [generate, up, apply],
  ],
  ['new addresses: all stops before', 'fleet: shop', 'fleet: shop\nnetwork: { base: "10.90" }', [generate, down, up]],
  ['another port moves the networks of the service', 'port: 5433', 'port: 5434', [generate, down, up]],
  [
    'a new role gets a password',
    'services:\n',
    '  audit: { access: read-only, services: [orders], connections: 1 }\nservices:\n',
    [generate, secrets, orders, apply],
  ],
  ['a loss: a backup before', 'schemas: [app], pool', 'pool', [backup, generate, apply]],
  [
    'a service less: its containers go by hand',
    '  stock: { port: 5433, memory: 2GiB, schemas: [app] }\n',
    '',
    [backup, generate, 'docker rm --force shop_pgbouncer_stock shop_postgres_stock', up],
  ],
  ['nothing', 'fleet: shop', 'fleet: shop # the shop', []],
])('%s', async (_, from, to, commands) => {
  const { apply } = await diffOf(from, to)
  expect(apply.map(({ command }) => command)).toEqual(commands)
})

test('an extension that comes with a package is dropped while its library is there', async () => {
  const [from, to] = ['stock: { port: 5433,', 'stock: { port: 5433, extensions: [pgaudit],']
  const diff = diffFleets(await compiled(text.replace(from, to)), await compiled(text), { from: new Date(0) })
  expect(diff.apply.map(({ command }) => command)).toEqual([
    backup,
    generate,
    "docker exec --user postgres shop_postgres_stock psql --dbname=shop_stock --command='DROP EXTENSION pgaudit'",
    up,
    apply,
  ])
})

test('where there is a standby, the order is that of the hot standby', async () => {
  const advice = async (from: string, to: string) =>
    (await diffOf(from, to)).changes.find(({ subject }) => subject === 'max_connections')?.advice
  expect(await advice('size: 20', 'size: 25')).toBe('where there is a standby, restart it first, then the primary')
  expect(await advice('size: 20', 'size: 15')).toBe('where there is a standby, restart the primary first, then it')
})

test('the rollback says what does not come back', async () => {
  const { rollback } = await diffOf('schemas: [app], pool', 'pool')
  expect(rollback).toMatchObject({
    impact: 'new-sessions',
    lost: ['schema app (orders): what was dropped by hand or by SQL comes from a backup only'],
  })
})
