// `pgfleet seed --runtime compose`: the superuser is asked inside of the containers, by psql.
import { spawn } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { bundle, environment, installCli } from '../support/cli.ts'
import { docker } from '../support/docker.ts'
import { smallFleet } from '../support/docker-small-fleet.ts'
import { seedFiles } from '../support/seed-fleet.ts'

const prefix = 'pgfleettestseed'
const payments = 'seed/orders/0002-payments.sql'
/** What the service `shop` of the other tests has, under the name that this fleet has for it; a first migration is there. */
const files = Object.fromEntries(
  Object.entries(seedFiles)
    .filter(([path]) => path.includes('/shop/'))
    .map(([path, text]) => [
      path.replace('/shop/', '/orders/').replace('sql/orders/0001', 'sql/orders/0002'),
      text.replaceAll('shop.', 'orders.'),
    ]),
)

describe.skipIf(!inject('docker'))('seed', () => {
  installCli()
  const { folder, project, run, expectClean, declare, write, prepare, remove } = smallFleet({ prefix, subnetBase: '10.86', ports: 25_490 })

  beforeAll(async () => {
    declare({ orders: 'seed: seed/orders' })
    for (const [path, text] of Object.entries(files)) write(path, text)
    await prepare()
    await expectClean('secrets', 'init')
    await expectClean('up', '--runtime', 'compose')
  })

  afterAll(remove)

  const counts = async () => {
    const query = "SELECT (SELECT count(*) FROM orders.orders) || ' ' || (SELECT count(*) FROM orders.payments)"
    const psql = ['psql', '-XAtq', '--username=postgres', '--dbname=shop_orders', `--command=${query}`]
    return (await docker(['exec', '--user', '999', `${prefix}_postgres_orders`, ...psql])).trim()
  }

  test('a mistake undoes everything and is shown where it is', async () => {
    write(payments, 'INSERT INTO orders.payments (order_id, paid) SELECT id, nothing FROM orders.orders;\n')
    const { code, err, out } = await run('seed', '--runtime', 'compose')
    write(payments, files[payments]!)
    expect(`${err}${out}`).toContain(`failed orders: column "nothing" does not exist (42703) (${payments}:1)`)
    expect(code).toBe(3)
    expect(await counts()).toBe('0 0')
  })

  test('Ctrl-C undoes what was written', async () => {
    write(payments, 'INSERT INTO orders.payments SELECT 1, 1 FROM pg_sleep(60);\n')
    // As a terminal has it: a group of its own, which the docker commands are part of.
    const child = spawn(process.execPath, [bundle, 'seed', '--runtime', 'compose'], {
      cwd: folder,
      env: { ...environment, ...project.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    const ended = new Promise((done) => child.on('close', done))
    while (!output.includes('orders.orders: 100 rows')) await setTimeout(50)
    await setTimeout(500)
    process.kill(-child.pid!, 'SIGINT')
    expect(await ended).toBe(3)
    write(payments, files[payments]!)
    expect(output).toContain('failed orders: it was stopped, and nothing was written')
    expect(await counts()).toBe('0 0')
  })

  test('fills, says how much, and refuses to do it again', async () => {
    const { code, out } = await run('seed', '--runtime', 'compose', '--scale', '20', '--until', '2026-01-01', '--json')
    expect(code).toBe(0)
    const { services } = JSON.parse(out)
    expect(services).toMatchObject([
      { service: 'orders', state: 'seeded', tables: [{ table: 'orders.orders', rows: 2000 }, { table: 'orders.payments' }] },
    ])
    const [, { rows }] = services[0].tables
    expect(await counts()).toBe(`2000 ${rows}`)
    const again = await run('seed', 'orders', '--runtime', 'compose')
    expect(again.code).toBe(3)
    expect(again.err).toContain('orders: orders.orders, orders.payments [seed-not-empty]')
  })
})
