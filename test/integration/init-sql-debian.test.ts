// The init scripts of this repository's fleet on PostgreSQL 17 of Debian, with TimescaleDB and pgaudit, run by psql as in the containers.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { initScript } from '../../generators/init-sql/init-sql.ts'
import { initCompleted } from '../../src/fleet/database-names.ts'
import { composeTarget } from '../../src/fleet/targets.ts'
import type { Service } from '../../src/fleet/types.ts'
import { catalogue } from '../support/catalogue.ts'
import { type Authority, authority } from '../support/certificates.ts'
import { type DebianServer, debianCluster, startDebianServer } from '../support/debian-server.ts'
import { fleetOf, smallFleet } from '../support/fleet.ts'
import { repositoryFleet } from '../support/repository-fleet.ts'
import { serviceFiles, verifiers } from '../support/service-files.ts'
import { canUseTrixie, runInTrixie, type Trixie, trixie } from '../support/trixie.ts'

describe.skipIf(!canUseTrixie)('Debian', async () => {
  const fleet = await repositoryFleet(composeTarget())
  let debian: Trixie
  let cluster: ReturnType<typeof debianCluster>
  let issuer: Authority
  let server: DebianServer
  beforeAll(() => {
    debian = trixie()
    cluster = debianCluster(debian)
    issuer = authority()
  })
  afterAll(() => {
    cluster?.remove()
    issuer?.remove()
  })
  afterEach(() => server?.stop())

  async function start(service: Service) {
    const { config } = serviceFiles({ ...fleet, services: [service] }, service.key)
    server = await startDebianServer(debian, cluster.outside, service.paths, {
      config,
      tls: issuer.issue(service.host),
      verifiers: await verifiers(service),
    })
    const client = await server.connect()
    await client.query(`CREATE DATABASE ${service.database}`)
    await client.end()
  }
  function apply(service: Service) {
    writeFileSync(join(server.outside, 'init.sql'), initScript(service).content)
    const options = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-h', `${server.inside}/socket`, '-U', 'postgres', '-d', service.database]
    expect(runInTrixie(debian, 'psql', ...options, '-f', `${server.inside}/init.sql`)).toBe('')
  }
  async function ask(service: Service, query: string): Promise<unknown[][]> {
    const client = await server.connect({ database: service.database })
    return client
      .query({ text: query, rowMode: 'array' })
      .then(({ rows }) => rows)
      .finally(() => client.end())
  }
  async function snapshot(service: Service) {
    const client = await server.connect({ database: service.database })
    return catalogue(client, ['pgfleet', '_timescaledb_catalog', '_timescaledb_config']).finally(() => client.end())
  }

  test.each(fleet.services.map((service) => [service.key, service] as const))(
    '%s: run twice, everything is as after the first time',
    async (_, service) => {
      await start(service)
      apply(service)
      const before = await snapshot(service)
      apply(service)
      expect(await snapshot(service)).toEqual(before)
      expect(await ask(service, `SELECT ${initCompleted}`)).toEqual([[true]])
      const [verifier = ''] = Object.values(await verifiers(service))
      expect((await server.log()).includes(verifier.trim().slice(-40))).toBe(false)
    },
  )

  describe('hypertables', () => {
    const yaml = smallFleet(
      'extensions: [timescaledb]\nschemas: [shop]\nsql: sql/orders\ntimeseries: { shop.events: { column: at, chunk: 1 day, keep: 30 days } }',
      'roles:\n  analyst: { access: read-only }\n',
    )
    const sql = {
      'sql/orders/0001-events.sql': `CREATE TABLE shop.events (at timestamptz NOT NULL, n int);
INSERT INTO shop.events SELECT date_trunc('day', now()) - n * interval '1 day', n FROM generate_series(0, 99) n;`,
    }
    const resolve = async (text: string) => (await fleetOf(text, sql)).services[0]!
    let service: Service
    beforeEach(async () => {
      service = await resolve(yaml)
      await start(service)
      apply(service)
    })

    test('a table becomes one with its rows, in chunks of the declared length', async () => {
      expect(await ask(service, `SELECT num_chunks::int, owner FROM timescaledb_information.hypertables`)).toEqual([
        [100, 'demo_orders_owner'],
      ])
      expect(await ask(service, 'SELECT count(*)::int, max(n) FROM shop.events')).toEqual([[100, 99]])
    })

    test('the length of chunks follows, a year and a month included', async () => {
      for (const [chunk, shown] of [
        ['12 hours', '12:00:00'],
        ['1 month', '30 days'],
        ['1 year', '360 days'],
      ]) {
        const next = await resolve(yaml.replace('chunk: 1 day, keep: 30 days', `chunk: ${chunk}, keep: 5 years`))
        apply(next)
        expect(await ask(service, 'SELECT time_interval::text FROM timescaledb_information.dimensions')).toEqual([[shown]])
        const before = await snapshot(service)
        apply(next)
        expect(await snapshot(service)).toEqual(before)
      }
    })

    test('another column is refused', async () => {
      const next = await resolve(yaml.replace('column: at', 'column: n'))
      expect(() => apply(next)).toThrow('shop.events is cut by another column than n')
    })

    test('retention drops whole chunks, as the migrator', async () => {
      await ask(service, 'SET ROLE demo_orders_migrator; CALL pgfleet.apply_retention()')
      const [[chunks, oldest]] = (await ask(
        service,
        'SELECT (SELECT num_chunks::int FROM timescaledb_information.hypertables), max(n) FROM shop.events',
      )) as [[number, number]]
      expect(oldest).toBeGreaterThanOrEqual(29)
      expect(oldest).toBeLessThanOrEqual(30)
      expect(chunks).toBe(oldest + 1)
    })

    test('chunks that are there already and new ones are read and written by those who may', async () => {
      const as = (role: string, query: string) => ask(service, `SET ROLE ${role}; ${query}`).catch((error: Error) => error.message)
      await as('demo_orders_service', `INSERT INTO shop.events VALUES ('2040-01-01', 1), (now() - interval '5 days', 2)`)
      const client = await server.connect({ database: service.database })
      await client.query('SET ROLE analyst')
      expect((await client.query(`SELECT n FROM shop.events WHERE at > '2039-01-01'`)).rows).toEqual([{ n: 1 }])
      await expect(client.query(`DELETE FROM shop.events`)).rejects.toThrow('permission denied')
      await client.end()
      const before = await snapshot(service)
      apply(service)
      expect(await snapshot(service)).toEqual(before)
    })
  })
})
