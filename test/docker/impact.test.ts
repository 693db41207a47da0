// What servers, poolers and clients notice of the changes of test/impact/changes.ts, against what is written there. Changes that do not
// touch each other are made together; each scene starts where the one before it ended.
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { changes, type FleetChange } from '../impact/changes.ts'
import { installCli } from '../support/cli.ts'
import { changedBetween, changedContainers, impactFleet } from '../support/impact-fleet.ts'
import { play } from '../support/impact-play.ts'

const seen = new Set<string>()
const row = (name: string): FleetChange => {
  const found = changes.find((change) => change.name === name)
  if (!found) throw new Error(`the table has no change called ${JSON.stringify(name)}`)
  seen.add(name)
  return found
}

/** What no test here does, and why; impact-hash.test.ts has them all. */
const unseen: Readonly<Record<string, string>> = {
  'fields left out that say what is the default': 'nothing is generated anew',
  'autovacuum_max_workers of 18 can change at a reload': 'impact-majors.test.ts',
  'autovacuum_worker_slots of 18 is fixed when the server starts': 'impact-majors.test.ts',
  'a table that the application had less of: its schema counts again': 'as the application may do more with a table',
  'an extension with a package of its own: another image': 'as the one that is preloaded, too',
  'no parallel queries any more: /dev/shm follows': 'as work_mem where queries run in parallel',
  'other addresses for all': 'as another port, for all services',
  'the seventh service: the edge network is too small and all that publish a port join another': 'fourteen servers and poolers',
  'another image of an application': 'there is no such image',
  'an application uses one more service': 'there is no such image',
  'an application uses none any more': 'there is no such image',
  'a new application': 'there is no such image',
  'another database: the old one is left behind, and no server makes the new one':
    'the server is not healthy afterwards, which takes minutes',
  'another key with the same database: an empty volume': 'as a service less and a new one',
  'another key with the same database and volume: a rename': 'as a service less and a new one',
  'another name of the fleet': 'as another fleet',
  'a newer major on the same volume': 'test/docker has images of one major',
  'an older major on the same volume': 'test/docker has images of one major',
}

const images = Object.fromEntries(Object.entries(inject('docker')?.project.environment ?? {}).filter(([name]) => name.endsWith('_IMAGE')))

describe.skipIf(!inject('docker'))('what is noticed of a change', () => {
  installCli()
  const fleet = impactFleet({ prefix: 'pgfleettestimpact', subnetBase: '10.87' }, images)
  beforeAll(() => fleet.start())
  afterAll(() => fleet.remove())

  /** What a statement comes to: `done`, or the SQLSTATE. */
  const outcome = (client: Client, statement: string) =>
    client.query(statement).then(
      () => 'done',
      ({ code }: { code: string }) => code,
    )
  const shown = async (client: Client, name: string) => Object.values((await client.query(`SHOW ${name}`)).rows[0])[0]
  const asReader = () => fleet.connect({ key: 'orders', via: 'direct', role: 'reader' })
  const asApplication = () => fleet.connect({ key: 'orders', via: 'pool', role: fleet.applicationRole('orders') })

  test('nobody notices', async () => {
    await play(fleet, [
      row('a comment'),
      row('the same memory in another unit'),
      row('a default written out'),
      row('a summary'),
      row('memory of the host'),
      row('processors of the host'),
      row('disk of the host'),
      row('an assumption that only a proof uses'),
      row('the time of the nightly backup'),
      row('backups kept longer'),
      row('the day of the weekly backup'),
      row('the time of the verification'),
      row('backups verified every night'),
      row('the schedule of a job'),
      row('a new job'),
    ])
  })

  test('open sessions get new rights, tables and settings, and keep what they began with', async () => {
    const reader = await asReader()
    const application = await asApplication()
    const look = async () => ({
      timeout: await shown(reader, 'statement_timeout'),
      path: await shown(reader, 'search_path'),
      read: await outcome(reader, 'SELECT FROM orders.visits'),
      write: await outcome(application, "UPDATE orders.log SET what = ''"),
      column: await outcome(application, 'SELECT price FROM orders.items'),
      schema: await outcome(application, 'SELECT FROM invoices.none'),
      extension: await outcome(application, "SELECT 'A'::extensions.citext"),
    })
    expect(await look()).toEqual({
      timeout: '5min',
      path: 'orders, extensions',
      read: '42501',
      write: '42501',
      column: '42703',
      schema: '42P01',
      extension: '42704',
    })
    const applied = async () => {
      const open = { read: 'done', write: 'done', column: 'done', schema: '42P01', extension: 'done' }
      expect(await look()).toEqual({ timeout: '5min', path: 'orders, extensions', ...open })
      const later = await asReader()
      expect(await shown(later, 'statement_timeout')).toBe('10min')
      expect(await shown(later, 'search_path')).toBe('orders, invoices, extensions')
      await later.end()
      const auditor = await fleet.connect({ key: 'orders', via: 'direct', role: 'auditor' })
      await auditor.end()
    }
    await play(
      fleet,
      [
        row('a longer statement timeout of a role'),
        row('the application may do more with a table'),
        row('one more table can be read'),
        row('a new role whose connections the pool gives up: nothing starts anew'),
        row('an extension of PostgreSQL itself that nothing preloads'),
        row('new SQL'),
        row('the first SQL of a service'),
        row('a table that grows by time: an index is built while writers wait'),
        row('rows kept longer'),
        row('a new schema: open sessions do not look into it'),
        row('the order of schemas: the search path of new sessions'),
        row('connections are given back after the session'),
        row('expected size: room for WAL'),
        row('another disk under all servers'),
        row('another kind of work'),
        row('the first regulation: who connects is logged'),
      ],
      { applied },
    )
    await Promise.all([reader.end(), application.end()])
  })

  test('what is taken away is taken from open sessions, too; what is lost ends none', async () => {
    const reader = await asReader()
    const application = await asApplication()
    const applied = async () => {
      expect(await outcome(reader, 'SELECT FROM orders.log')).toBe('42501')
      expect(await outcome(application, 'SELECT FROM orders.log')).toBe('42501')
      expect(
        await fleet.query('orders', "SELECT rolname, rolconnlimit FROM pg_roles WHERE rolname IN ('reader', 'keeper') ORDER BY 1"),
      ).toEqual([
        { rolname: 'keeper', rolconnlimit: 1 },
        { rolname: 'reader', rolconnlimit: 4 },
      ])
      // Nothing is dropped.
      expect(await fleet.query('stock', "SELECT nspname FROM pg_namespace WHERE nspname = 'spare'")).toHaveLength(1)
      expect(await fleet.query('orders', "SELECT extname FROM pg_extension WHERE extname = 'pg_trgm'")).toHaveLength(1)
    }
    await play(
      fleet,
      [
        row('the application may do less with a table'),
        row('one table less can be read'),
        row('a connection handed from one role to another: the sum stays'),
        row('a schema less'),
        row('an extension less'),
        row('rows kept for a shorter time'),
        row('rows that were kept for ever'),
        row('a time series kept for a shorter time'),
        row('daily backups kept for a shorter time'),
        row('monthly backups kept for a shorter time'),
        row('commits that do not wait for the disk'),
        row('connections are given back after each statement'),
        row('a few more clients: files and memory are there'),
        row('another version of PgBouncer in the files'),
        row('a job less'),
      ],
      {
        applied,
        byHand: { orders: ['DROP EXTENSION pg_trgm', 'DROP EXTENSION citext'], stock: ['DROP SCHEMA spare'] },
      },
    )
    await Promise.all([reader.end(), application.end()])
  })

  test('another role of the application, another kind of role', async () => {
    const reader = await asReader()
    const was = fleet.applicationRole('orders')
    const applied = async () => {
      await expect(fleet.connect({ key: 'orders', via: 'pool', role: was })).rejects.toThrow()
      // The parameters of a role are those of its new sessions: this one still reads only.
      expect(await shown(reader, 'default_transaction_read_only')).toBe('on')
      const later = await asReader()
      expect(await shown(later, 'default_transaction_read_only')).toBe('off')
      await later.end()
    }
    await play(
      fleet,
      [
        row('another name of the application role'),
        row('a role that read may now administer'),
        row('no list of what can be read: everything is'),
        row('rows kept for ever from now on'),
      ],
      { applied },
    )
    await reader.end()
  })

  test('each setting comes when its context says', async () => {
    await fleet.settle()
    await fleet.execute('orders', 'DROP SCHEMA invoices')
    const declared = changes.filter(({ name, given }) => given === undefined && / can change at a reload$| is fixed when /.test(name))
    expect(declared.length).toBeGreaterThan(25)
    for (const { name } of declared) seen.add(name)
    await play(fleet, [...declared, row('a setting that another one is tuned by'), row('an assumption that work_mem follows from')])
  })

  test('a server started anew: what needs it is pending until then, and the pool hides it from its clients', async () => {
    await play(fleet, [
      row('a declared setting taken out: the tuned value comes back'),
      row('a larger pool: max_connections follows'),
      row('a larger reserve: max_connections follows'),
      row('a new role: max_connections follows'),
      row('a role less: max_connections follows'),
      row('an extension that is preloaded'),
    ])
  })

  test('a library that is loaded no more goes with a restart, its extension by hand', async () => {
    await play(fleet, [row('an extension less that was preloaded')], { byHand: { orders: ['DROP EXTENSION pg_stat_statements'] } })
  })

  test('changes of another base', async () => {
    const rows = [
      row('a second regulation: auditing is on already'),
      row('a reference to another service: `pgfleet orphans` looks at it, nobody else'),
      row('a larger pool that needs more files than the step has'),
    ]
    await fleet.settle(rows)
    await play(fleet, rows)
  })

  test('containers made anew are those whose definition changed', async () => {
    await fleet.settle()
    await play(fleet, [
      row('more memory: the tuning follows'),
      row('four processors: parallel queries, and shared memory for them'),
      row('work_mem where queries run in parallel: /dev/shm follows'),
      row('a read-only role on one more server'),
      row('one more connection of the monitor, on all servers'),
      row('twice the clients: more files and memory for the pooler'),
      row('another port of the pool'),
      row('a new service: ops joins its network'),
    ])
  })

  test('with the container of a server that of its pooler is made anew', async () => {
    await fleet.settle()
    await play(fleet, [row('half a processor more: only its share'), row('size and reserve traded against each other: the sum stays')])
  })

  test('keys of PgBouncer that only another version of pgfleet changes: at a reload, or when it starts', async () => {
    await fleet.settle()
    const rows = [row('a key that PgBouncer reads at a reload'), row('a key that PgBouncer reads at its start')]
    const [atReload, atStart] = rows.map(({ containers }) => Object.keys(containers))
    expect(atReload).toEqual(['pgbouncer-orders', 'pgbouncer-stock'])
    expect(atStart).toEqual(atReload)
    const before = await fleet.pooler('orders')
    const client = await asApplication()
    for (const { patch } of rows) fleet.patch(patch!)
    await fleet.reloadPooler('orders')
    const reloaded = await fleet.pooler('orders')
    expect(changedBetween(before, reloaded)).toEqual(['query_wait_timeout'])
    expect(await outcome(client, 'SELECT 1')).toBe('done')
    await fleet.restart('pgbouncer-orders')
    expect(changedBetween(reloaded, await fleet.pooler('orders'))).toEqual(['listen_backlog'])
    expect(await outcome(client, 'SELECT 1')).not.toBe('done')
  })

  test('another volume: the server has other data', async () => {
    await fleet.settle()
    const identity = () => fleet.query('stock', 'SELECT system_identifier::text FROM pg_control_system()')
    const before = await identity()
    await play(fleet, [row('another volume')])
    expect(await identity()).not.toEqual(before)
  })

  test('an extension of a package that is not in the image: first the container, then the SQL; and it must be dropped before it goes', async () => {
    const before = await fleet.containers()
    await fleet.change([row('an extension with a package that is preloaded')])
    await fleet.buildImages()
    const { code, services } = await fleet.apply()
    expect(code).toBe(3)
    expect(services[0]!.failures[0]!.message).toContain('extension "pgaudit" is not available')
    await fleet.expectClean('up', '--runtime', 'compose')
    expect(changedContainers(before, await fleet.containers())).toEqual(['pgbouncer-orders', 'postgres-orders'])
    expect(await fleet.apply()).toMatchObject({ code: 0, restarts: [] })
    await fleet.expectClean('verify', '--runtime', 'compose')

    // With it its event triggers are there: without its library no later script would run.
    await fleet.change([row('an extension less whose package goes')])
    await fleet.expectClean('up', '--runtime', 'compose')
    const broken = await fleet.apply()
    expect(broken.services[0]!.failures[0]!.message).toContain('could not access file "$libdir/pgaudit"')
    await fleet.execute('orders', 'SET event_triggers = off; DROP EXTENSION pgaudit')
    expect(await fleet.apply()).toMatchObject({ code: 0, restarts: [] })
    await fleet.expectClean('verify', '--runtime', 'compose')
  })

  test('a service less: ops leaves its network, and its containers run on until they are removed', async () => {
    const before = await fleet.containers()
    await fleet.change([row('a service less')])
    expect((await fleet.run('up', '--runtime', 'compose')).out).toMatch(/left over \S+_pgbouncer_stock, \S+_postgres_stock/)
    expect(changedContainers(before, await fleet.containers())).toEqual(['ops'])
    expect((await fleet.run('verify', '--runtime', 'compose')).code).toBe(1)
    await fleet.removeLeftOver()
    expect([...(await fleet.containers()).keys()].sort()).toEqual(['ops', 'pgbouncer-orders', 'postgres-orders'])
    await fleet.expectClean('verify', '--runtime', 'compose')
  })

  test('another network: `up` cannot do it before a `down`', async () => {
    await fleet.settle()
    const before = await fleet.containers()
    await fleet.change([row('another port of the server: other networks')])
    const { code, out } = await fleet.run('up', '--runtime', 'compose')
    expect([code, out]).toEqual([
      3,
      expect.stringMatching(
        /(?:no configured subnet|does not belong to any of this network's subnets)[\s\S]*pgfleet down --runtime compose/,
      ),
    ])
    await fleet.expectClean('down', '--runtime', 'compose')
    await fleet.expectClean('up', '--runtime', 'compose')
    expect(changedContainers(before, await fleet.containers())).toEqual([...before.keys()].sort())
    await fleet.expectClean('verify', '--runtime', 'compose')
  })

  describe('a class that is wrong on purpose is found', () => {
    // The networks of the test before are others.
    beforeAll(() => fleet.expectClean('down', '--runtime', 'compose'))

    test.each([
      ['a larger pool: max_connections follows', { expect: [{ target: 'orders/setting/max_connections', impact: 'reload' }] }],
      ['random_page_cost can change at a reload', { expect: [{ target: 'orders/setting/random_page_cost', impact: 'new-sessions' }] }],
      ['connections are given back after the session', { expect: [] }],
      ['more memory: the tuning follows', { containers: { 'postgres-orders': 'restart' } }],
    ] as const)('%s', async (name, wrong) => {
      await fleet.settle()
      await expect(play(fleet, [{ ...row(name), ...wrong }])).rejects.toThrow(/expected/)
    })
  })

  test('every change of the table has been made here, but for those that are named above', () => {
    expect(changes.flatMap(({ name }) => (seen.has(name) ? [] : [name])).sort()).toEqual(Object.keys(unseen).sort())
  })
})
