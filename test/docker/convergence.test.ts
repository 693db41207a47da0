// A fleet that runs becomes what its files say, again and again: on a small fleet of its own, through the command line.
import { createHash } from 'node:crypto'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { composeProject } from '../../src/runtime/compose/project.ts'
import { superuserQueries } from '../../src/runtime/compose/sql.ts'
import type { Evidence } from '../../src/runtime/verify/evidence.ts'
import { catalogue } from '../support/catalogue.ts'
import { installCli } from '../support/cli.ts'
import { dockerLines } from '../support/docker.ts'
import { smallFleet } from '../support/docker-small-fleet.ts'

const prefix = 'pgfleettestconverge'
const services = ['orders', 'stock-keeping'] as const
const reader = (where: string) => `roles:\n  reader: { access: read-only, services: ${where} }\n`
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe.skipIf(!inject('docker'))('convergence', () => {
  installCli()
  const fleet = smallFleet({ prefix, subnetBase: '10.85', ports: 25_470 })
  const { run, expectClean, declare, write } = fleet
  const readsOrders = { key: 'orders', via: 'direct', role: 'reader' } as const
  const readsStock = { key: 'stock-keeping', via: 'direct', role: 'reader' } as const

  /** What the catalogues of both databases hold, and the ledger of pgfleet. */
  const catalogues = async () => Object.fromEntries(await Promise.all(services.map(async (key) => [key, await catalogueOf(key)] as const)))
  const catalogueOf = async (key: string) => {
    const resolved = await fleet.fleet()
    const project = composeProject(resolved, { out: fleet.project.out, environment: fleet.project.environment })
    const session = superuserQueries(project, resolved.services.find((service) => service.key === key)!)
    const bound = (text: string, values: readonly string[] = []) =>
      values.reduce((all, value, index) => all.replace(`$${index + 1}`, `'${value}'`), text)
    const client = {
      query: (text: string, values?: readonly string[]) => session.query(bound(text, values)),
      escapeIdentifier: (name: string) => `"${name}"`,
    }
    return catalogue(client as unknown as Client).finally(() => session.end())
  }
  const apply = async () => {
    const { code, out } = await run('apply', '--json')
    return { code, ...JSON.parse(out) } as {
      code: number
      services: { service: string; migrations: string[]; failures: { part: string; message: string }[] }[]
      restarts: { container: string; reasons: string[] }[]
    }
  }
  /** Exit code of verify, and what it found, one line each. */
  const verify = async () => {
    const { code, out } = await run('verify', '--runtime', 'compose', '--json')
    const { checks } = JSON.parse(out) as Evidence
    const found = checks.flatMap(({ id, findings }) =>
      findings.map(({ service, what, expected, actual }) => `${id} in ${service}: ${what}: ${expected} -> ${actual}`),
    )
    return { code, found: found.sort() }
  }
  const startTimes = async () => {
    const names = await dockerLines(['ps', '--all', '--format', '{{.Names}}', '--filter', `label=com.docker.compose.project=${prefix}`])
    return dockerLines(['inspect', '--format', '{{.Name}} {{.State.StartedAt}}', ...names.sort()])
  }

  beforeAll(async () => {
    await fleet.remove()
    declare({ top: reader('all') })
    await fleet.prepare()
    await expectClean('secrets', 'init')
    await expectClean('up', '--runtime', 'compose')
  })
  afterAll(() => fleet.remove())

  test('apply, and apply again, leaves every part of every catalogue as it was', async () => {
    const before = await catalogues()
    for (const _ of [1, 2]) {
      expect(await apply()).toMatchObject({ code: 0, restarts: [], services: services.map(() => ({ migrations: [], failures: [] })) })
      expect(await catalogues()).toEqual(before)
    }
    expect(before['orders']!['relations']).toEqual(expect.arrayContaining([expect.stringMatching(/^\(items,r,shop_orders_owner,/)]))
    expect(before['orders']!['rows of pgfleet.migrations']).toHaveLength(1)
  })

  test('what was added by hand is drift: verify says what and ends with 1, apply takes it back', async () => {
    const { superuserRun } = await fleet.access()
    expect(await verify()).toEqual({ code: 0, found: [] })
    const before = await catalogues()
    await superuserRun('orders', 'GRANT SELECT ON orders.items TO monitor; GRANT UPDATE (name) ON orders.items TO reader')
    await superuserRun('orders', 'ALTER ROLE reader CREATEDB; GRANT CREATE ON SCHEMA orders TO PUBLIC')
    await superuserRun('stock-keeping', 'GRANT pg_read_all_data TO shop_stock_keeping_service')
    expect(await verify()).toEqual({
      code: 1,
      found: [
        'column-grants in orders: column orders.items.name: privileges of reader: nothing -> UPDATE',
        'grants in orders: schema orders: privileges of PUBLIC: nothing -> CREATE',
        'grants in orders: table orders.items: privileges of monitor: nothing -> SELECT',
        'memberships in stock-keeping: membership of shop_stock_keeping_service in pg_read_all_data: absent -> ADMIN FALSE, INHERIT TRUE, SET TRUE',
        'roles in orders: attributes of role reader: LOGIN -> CREATEDB LOGIN',
      ],
    })
    // The comparison of catalogues sees it as well.
    expect(await catalogues()).not.toEqual(before)
    expect(await apply()).toMatchObject({ code: 0 })
    expect(await verify()).toEqual({ code: 0, found: [] })
    expect(await catalogues()).toEqual(before)
  })

  test('a new migration reaches clients that are connected, and nothing is started anew', async () => {
    const started = await startTimes()
    const { connect } = await fleet.access()
    const client = await connect({ key: 'orders', via: 'pool', role: 'shop_orders_service' })
    const insert = "INSERT INTO orders.items (id, name, price) VALUES (1, 'one', 2.50)"
    await expect(client.query(insert)).rejects.toThrow('column "price" of relation "items" does not exist')
    write('sql/orders/0002-price.sql', 'ALTER TABLE orders.items ADD COLUMN price numeric;\n')
    await expectClean('generate')
    const { code, services: done } = await apply()
    expect({ code, done }).toMatchObject({ code: 0, done: [{ migrations: ['0002-price.sql'] }, { migrations: [] }] })
    expect((await client.query(insert)).rowCount).toBe(1)
    await client.end()
    expect(await startTimes()).toEqual(started)
  })

  test('an applied migration that was edited is refused with its name and both hashes, and nothing else takes effect', async () => {
    const before = await catalogues()
    const original = 'ALTER TABLE orders.items ADD COLUMN price numeric;\n'
    const edited = 'ALTER TABLE orders.items ADD COLUMN price bigint;\n'
    write('sql/orders/0002-price.sql', edited)
    write('sql/orders/0003-colour.sql', 'ALTER TABLE orders.items ADD COLUMN colour text;\n')
    await expectClean('generate')
    const { code, services: done } = await apply()
    expect(code).toBe(3)
    expect(done.map(({ migrations, failures }) => ({ migrations, failures: failures.length }))).toEqual([
      { migrations: [], failures: 1 },
      { migrations: [], failures: 0 },
    ])
    const said = 'sql/orders/0002-price.sql was edited after it had been applied: its SHA-256 was'
    expect(done[0]!.failures[0]!.message).toContain(`${said} ${sha256(original)} and is ${sha256(edited)}`)
    expect(await catalogues()).toEqual(before)
    // As it was, it is no hindrance, and the next one is applied.
    write('sql/orders/0002-price.sql', original)
    await expectClean('generate')
    expect(await apply()).toMatchObject({ code: 0, services: [{ migrations: ['0003-colour.sql'], failures: [] }, { failures: [] }] })
    expect(await catalogues()).not.toEqual(before)
  })

  test('a service that a role no longer has: its privileges there are revoked, under a session that lives; elsewhere it keeps them', async () => {
    const { connect, superuserRun } = await fleet.access()
    await superuserRun('stock-keeping', 'SET ROLE shop_stock_keeping_owner; CREATE TABLE public.shelves (id bigint)')
    await expectClean('apply')
    const stock = await connect(readsStock)
    expect((await stock.query('SELECT count(*)::int AS shelves FROM public.shelves')).rows).toEqual([{ shelves: 0 }])

    declare({ top: reader('[orders]') })
    await expectClean('generate')
    expect((await apply()).services.flatMap(({ failures }) => failures)).toEqual([])
    await expect(stock.query('SELECT count(*) FROM public.shelves')).rejects.toThrow('permission denied')
    await stock.end()
    await expect(connect(readsStock)).rejects.toThrow(/pg_hba.conf rejects connection|no pg_hba.conf entry|not permitted to log in/)
    const orders = await connect(readsOrders)
    expect((await orders.query('SELECT count(*)::int AS items FROM orders.items')).rows).toEqual([{ items: 1 }])
    await orders.end()
  })

  test('a role that was removed has no privilege, no membership and no password left', async () => {
    const { superuserQuery, connect } = await fleet.access()
    const leftOver = () =>
      superuserQuery(
        'orders',
        `SELECT rolcanlogin AS login, rolpassword IS NOT NULL AS password,
           (SELECT count(*) FROM pg_shdepend WHERE refobjid = pg_authid.oid) AS privileges,
           (SELECT count(*) FROM pg_auth_members WHERE member = pg_authid.oid OR roleid = pg_authid.oid) AS memberships
         FROM pg_authid WHERE rolname = 'reader'`,
      )
    const [held] = await leftOver()
    expect(held).toMatchObject({ login: true, password: true })
    expect(Number(held!['privileges'])).toBeGreaterThan(0)

    declare({})
    await expectClean('generate')
    expect((await apply()).services.flatMap(({ failures }) => failures)).toEqual([])
    expect(await leftOver()).toEqual([{ login: false, password: false, privileges: 0, memberships: 0 }])
    await expect(connect(readsOrders)).rejects.toThrow(/pg_hba.conf rejects connection|no pg_hba.conf entry|not permitted to log in/)
  })
})
