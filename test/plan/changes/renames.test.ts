// Services that are called, stored or found otherwise: what is what, and in which order it is done.
import { expect, test } from 'vitest'
import { changeOf, commands, diffOf } from '../../support/changes-of.ts'

const generate = 'pgfleet generate'
const up = 'pgfleet up --runtime compose'
const application = 'docker compose --file out/docker-compose.separated-databases.yml up --detach'
const stock = { port: 25_601, pool: { port: 25_611 }, memory: '1GiB', cpus: 2, schemas: ['stock', 'spare'] }
const kept = { database: 'shop_stock', volume: 'stock-data' }

test('a service with another key keeps its passwords: they move before new ones are made', async () => {
  const diff = await diffOf({ set: { 'services/stock': undefined, 'services/goods': { ...stock, ...kept } } })
  expect(changeOf(diff, 'goods+stock/renamed').kind).toBe('renamed')
  expect(changeOf(diff, 'container/ops').note).toBe('joins the networks of goods; leaves those of stock')
  expect(commands(diff.apply)).toEqual([
    generate,
    'pgfleet down --runtime compose',
    'mv secrets/passwords/stock secrets/passwords/goods',
    'pgfleet secrets init',
    up,
    `${application} shop`,
  ])
  expect(commands(diff.rollback.steps)).toContain('mv secrets/passwords/goods secrets/passwords/stock')
})

test('an application that uses it under the new key joins no other network', async () => {
  const uses = (key: string) => ({ set: { 'applications/shop/uses': ['orders', key] } })
  const diff = await diffOf(
    { set: { 'services/stock': undefined, 'services/goods': { ...stock, ...kept }, ...uses('goods').set } },
    uses('stock'),
  )
  expect(diff.changes.filter(({ security }) => security)).toEqual([])
})

test('two services that swap their keys are told apart, and their passwords pass each other', async () => {
  const goods = { ...stock, port: 25_602, pool: { port: 25_612 }, database: 'shop_goods', volume: 'goods-data' }
  const given = { set: { 'services/stock': { ...stock, ...kept }, 'services/goods': goods } }
  const diff = await diffOf({ set: { 'services/stock': goods, 'services/goods': { ...stock, ...kept } } }, given)
  const targets = diff.changes.map(({ target }) => target)
  expect(targets).toContain('goods+stock:shop_stock/renamed')
  expect(targets).toContain('goods+stock:shop_goods/renamed')
  expect(new Set(targets).size).toBe(targets.length)
  const [aside] = commands(diff.apply).filter((command) => command.startsWith('mv'))
  expect(aside!.split(' && ').map((each) => each.replaceAll('secrets/passwords/', ''))).toEqual([
    'mv goods goods.moved',
    'mv stock stock.moved',
    'mv goods.moved stock',
    'mv stock.moved goods',
  ])
})

test('a volume that another service had is not called empty', async () => {
  const volumes = (orders: string, other: string) => ({ set: { 'services/orders/volume': orders, 'services/stock/volume': other } })
  const diff = await diffOf(volumes('b', 'a'), volumes('a', 'b'))
  expect(changeOf(diff, 'orders/volume').advice).toContain('the server starts on the data of stock')
  expect(changeOf(await diffOf(volumes('c', 'b'), volumes('a', 'b')), 'orders/volume').advice).toContain('an empty volume')
})

test('a service that comes on the port of one that goes may be the same', async () => {
  const diff = await diffOf({ set: { 'services/stock': undefined, 'services/goods': stock } })
  expect(changeOf(diff, 'goods').advice).toBe(
    'if it is stock under another key, write database: shop_stock and volume: stock-data, and it keeps the data',
  )
})

test('a fleet with another name: the old one is backed up and stopped under its own', async () => {
  const pinned = { set: { 'services/orders/database': 'a', 'services/stock/database': 'b' } }
  const { apply, rollback, containers } = await diffOf({ set: { fleet: 'store' } }, pinned)
  expect(commands(apply)).toEqual([
    'docker exec shop_ops pgfleet backup run daily',
    generate,
    'PGFLEET_PREFIX=shop pgfleet down --runtime compose',
    up,
    `${application} shop`,
  ])
  expect(commands(rollback.steps)[2]).toBe('PGFLEET_PREFIX=store pgfleet down --runtime compose')
  expect(containers).toContainEqual({ container: 'shop', effect: 'recreate' })
})

test('two services that swap their ports: a change for each, and their networks are no others', async () => {
  const diff = await diffOf({ set: { 'services/orders/port': 25_601, 'services/stock/port': 25_600 } })
  const targets = diff.changes.map(({ target }) => target)
  expect(targets.filter((target) => target.startsWith('network/'))).toEqual([])
  expect(changeOf(diff, 'orders/port').advice).toContain('stop the fleet before')
  expect(commands(diff.apply)).toContain('pgfleet down --runtime compose')
})

test.each([
  [
    'a new one',
    { 'applications/desk': { image: 'registry.example/desk:1', uses: ['stock'] } },
    ['pgfleet secrets init', `${application} desk`],
  ],
  ['another image', { 'applications/shop/image': 'registry.example/shop:2.0' }, [`${application} shop`]],
  ['none any more', { 'applications/shop': undefined }, ['docker rm --force shop-shop-1']],
])('applications start by name: %s', async (_, set, expected) => {
  expect(commands((await diffOf({ set })).apply)).toEqual([generate, ...expected])
})

test('a new service says which roles of people come to it', async () => {
  const diff = await diffOf(
    { set: { 'services/goods': { port: 25_602, memory: '1GiB' } } },
    { set: { 'roles/reader/services': 'all', 'roles/keeper/services': 'all' } },
  )
  expect(changeOf(diff, 'goods').note).toBe('new containers and an empty volume; open to reader (read-only), keeper (admin)')
})
