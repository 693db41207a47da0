import { describe, expect, test } from 'vitest'
import { proofTotal } from '../../src/fleet/proof.ts'
import { embeddedTarget } from '../../src/fleet/targets.ts'
import { fleetOf, smallFleet } from '../support/fleet.ts'

const orders = async (more = '', top = '') => (await fleetOf(smallFleet(more, top))).services[0]!

describe('what follows when services.yaml says no more than it must', () => {
  test('names', async () => {
    const { database, host, pool, roles } = await orders()
    expect([database, host, pool.host]).toEqual(['demo_orders', 'postgres-orders', 'pgbouncer-orders'])
    expect(roles.map(({ name }) => name)).toEqual([
      'demo_orders_owner',
      'pooled_login',
      'demo_orders_migrator',
      'demo_orders_service',
      'monitor',
      'backup',
      'pgbouncer_auth',
    ])
  })

  test('the pool', async () => {
    expect((await orders()).pool).toMatchObject({ port: 6433, mode: 'transaction', size: 20, reserve: 5, maxClients: 1000 })
  })

  test('max_connections is the sum of who may connect', async () => {
    const { settings } = await orders()
    // 20 pool + 5 reserve + 2 password lookup + 2 migrator + 3 monitor + 3 backup + 3 superuser
    expect(settings.find(({ name }) => name === 'max_connections')).toMatchObject({
      value: '38',
      why: '20 pool + 5 reserve pool + 2 password lookup + 2 migrator + 3 monitor + 3 backup + 3 superuser',
    })
  })

  test('the backups', async () => {
    const { schedule } = await fleetOf(smallFleet())
    expect(schedule.map(({ schedule, args }) => `${schedule} ${args.join(' ')}`)).toEqual([
      '0 2 * * * backup run daily --keep 30 days',
      '0 3 * * 0 backup run weekly --keep 12 weeks',
      '0 4 1 * * backup run monthly --keep 12 months',
      '0 5 * * 1 backup verify orders',
    ])
  })
})

describe('proofs', () => {
  test('the memory of a server, worked out by hand', async () => {
    const { proofs } = await fleetOf(
      smallFleet(
        'settings: { shared_buffers: 512MB, work_mem: 4MB, maintenance_work_mem: 64MB, autovacuum_work_mem: 32MB, wal_buffers: 16MB }',
      ),
    )
    const proof = proofs.find(({ kind }) => kind === 'memory')!
    // 38 connections x (4 MB x 2 + 5 MB) = 494 MB; 2 workers x 13 MB = 26 MB; 3 x (32 + 5) = 111 MB
    expect(proof.terms.map(({ name, amount }) => [name, amount / 2 ** 20])).toEqual([
      ['shared_buffers', 512],
      ['wal_buffers', 16],
      ['connections', 494],
      ['parallel workers', 26],
      ['autovacuum', 111],
      ['manual maintenance', 64],
    ])
    expect(proofTotal(proof) / 2 ** 20).toBe(1223)
    expect(proof.limit.value / 2 ** 20).toBe(2048)
  })

  test('a tuned server fits its limit', async () => {
    const { proofs } = await fleetOf(smallFleet())
    for (const proof of proofs) expect(proofTotal(proof)).toBeLessThanOrEqual(proof.limit.value)
    expect(proofs.map(({ kind }) => kind)).toEqual(['connections', 'memory', 'host-memory', 'host-disk'])
  })

  test('backups that the retention keeps', async () => {
    const { proofs } = await fleetOf(smallFleet('disk: 10GiB', 'backup: { disk: 1TiB }'))
    // 30 daily + 12 weekly + 12 monthly = 54 copies x 0.2 x 10 GiB
    expect(proofTotal(proofs.find(({ kind }) => kind === 'backup-disk')!) / 2 ** 30).toBeCloseTo(108)
  })
})

describe('the embedded target', () => {
  const embedded = embeddedTarget({ stateDir: '/state', portOffset: 10_000 })

  test('leaves out what it lacks, and says so', async () => {
    const text = smallFleet(
      'extensions: [timescaledb, pg_stat_statements]\nsettings: { wal_compression: zstd }\nschemas: [app]\ntimeseries: { app.events: { column: at } }',
    )
    const [service] = (await fleetOf(text, {}, embedded)).services
    expect(service!.extensions.map(({ name }) => name)).toEqual(['pg_stat_statements'])
    expect(service!.leftOut.map(({ what }) => what)).toEqual(['extension timescaledb', 'setting wal_compression', 'hypertable app.events'])
    expect(service!.settings.find(({ name }) => name === 'wal_compression')).toMatchObject({ value: 'pglz', source: 'tuned' })
  })

  test('listens on the declared port and its offset', async () => {
    const [service] = (await fleetOf(smallFleet(), {}, embedded)).services
    expect(service!.listenPort).toBe(15433)
    expect(service!.settings.find(({ name }) => name === 'listen_addresses')?.value).toBe('127.0.0.1')
  })
})

describe('roles', () => {
  test('the admin may run maintenance where the major has that, and is no superuser', async () => {
    const admin = async (major: number) =>
      (await orders(`postgres: ${major}`, 'roles: { boss: { access: admin } }')).roles.find(({ name }) => name === 'boss')
    expect((await admin(17))?.memberOf).toEqual(['pg_checkpoint', 'pg_maintain', 'pg_monitor', 'pg_signal_backend'])
    expect((await admin(16))?.memberOf).toEqual(['pg_checkpoint', 'pg_monitor', 'pg_signal_backend'])
  })

  test('a read-only role of some services is in those only', async () => {
    const { services } = await fleetOf(
      `${smallFleet()}  stock: { port: 5434, memory: 2GiB }\nroles: { reports: { access: read-only, services: [stock], connections: 7, statement_timeout: 2 minutes } }\n`,
    )
    const reports = services.map(({ roles }) => roles.find(({ name }) => name === 'reports'))
    expect(reports[0]).toBeUndefined()
    expect(reports[1]).toMatchObject({
      kind: 'read-only',
      connections: 7,
      parameters: { default_transaction_read_only: 'on', statement_timeout: '120s' },
    })
  })
})
