// The checks of a server on PostgreSQL 17 of Debian with TimescaleDB and pgaudit, settings included.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { initScript } from '../../generators/init-sql/init-sql.ts'
import type { Fleet, Service } from '../../src/fleet/types.ts'
import { serverChecks } from '../../src/runtime/verify/checks/index.ts'
import { runServerChecks } from '../../src/runtime/verify/run-checks.ts'
import { authority } from '../support/certificates.ts'
import { type DebianServer, debianCluster, startDebianServer } from '../support/debian-server.ts'
import { fleetOf, smallFleet } from '../support/fleet.ts'
import { serviceFiles, verifiers } from '../support/service-files.ts'
import { canUseTrixie, trixie } from '../support/trixie.ts'

const yaml = smallFleet(
  'extensions: [timescaledb, pgaudit, pg_stat_statements]\nschemas: [shop]\nsql: sql/orders\ntimeseries: { shop.events: { column: at, chunk: 1 day } }',
  'roles:\n  analyst: { access: read-only }\n',
)
const sql = {
  'sql/orders/0001-events.sql': `CREATE TABLE shop.events (at timestamptz NOT NULL, n int);
INSERT INTO shop.events SELECT date_trunc('day', now()) - n * interval '1 day', n FROM generate_series(0, 4) n;`,
}

describe.skipIf(!canUseTrixie)('Debian', () => {
  const issuer = authority()
  let fleet: Fleet
  let service: Service
  let server: DebianServer
  let cluster: ReturnType<typeof debianCluster>
  beforeAll(async () => {
    const debian = trixie()
    cluster = debianCluster(debian)
    fleet = await fleetOf(yaml, sql)
    service = fleet.services[0]!
    const { config } = serviceFiles(fleet, service.key)
    server = await startDebianServer(debian, cluster.outside, service.paths, {
      config,
      tls: issuer.issue(service.host),
      verifiers: await verifiers(service),
    })
    await ask('postgres', `CREATE DATABASE ${service.database}`)
    await ask(service.database, initScript(service).content)
  })
  afterAll(async () => {
    await server?.stop()
    cluster?.remove()
    issuer.remove()
  })

  async function ask(database: string, query: string): Promise<unknown[][]> {
    const client = await server.connect({ database })
    return client
      .query({ text: query, rowMode: 'array' })
      .then(({ rows }) => rows)
      .finally(() => client.end())
  }

  async function found(): Promise<Record<string, string[]>> {
    const script = initScript(service)
    const client = await server.connect({ database: service.database })
    const session = { query: (text: string) => client.query(text), end: () => client.end() }
    const { runs } = await runServerChecks({ service, artifacts: new Map([[script.path, script]]) }, serverChecks, async () => session)
    const failed = runs.filter(({ result }) => result !== 'passed')
    const line = ({ what, expected, actual }: (typeof runs)[0]['findings'][0]) => `${what}: ${expected} -> ${actual}`
    return Object.fromEntries(failed.map(({ id, findings }) => [id, findings.map(line)]))
  }

  test('as it was made', async () => {
    expect(await found()).toEqual({})
  })

  test('a chunk with other privileges than its table', async () => {
    const [[chunk]] = (await ask(service.database, 'SELECT min(inhrelid::regclass::text) FROM pg_inherits')) as [[string]]
    await ask(service.database, `GRANT DELETE ON ${chunk} TO analyst`)
    expect(await found()).toEqual({ grants: [`table ${chunk}: privileges of analyst: SELECT -> DELETE, SELECT`] })
    await ask(service.database, `REVOKE ALL ON ${chunk} FROM analyst`)
    expect(await found()).toEqual({ grants: [`table ${chunk}: privileges of analyst: SELECT -> nothing`] })
    await ask(service.database, `GRANT SELECT ON ${chunk} TO analyst`)
  })

  test('a hypertable with other privileges: its chunks follow it', async () => {
    await ask(service.database, 'GRANT TRUNCATE ON shop.events TO demo_orders_service')
    expect(await found()).toEqual({
      grants: [
        'table shop.events: privileges of demo_orders_service: DELETE, INSERT, SELECT, UPDATE -> DELETE, INSERT, SELECT, TRUNCATE, UPDATE',
      ],
    })
    await ask(service.database, 'REVOKE TRUNCATE ON shop.events FROM demo_orders_service')
  })

  test('a schema of TimescaleDB', async () => {
    await ask(service.database, 'GRANT CREATE ON SCHEMA timescaledb_information TO analyst')
    expect(await found()).toEqual({ grants: ['schema timescaledb_information: privileges of analyst: nothing -> CREATE'] })
    await ask(service.database, 'REVOKE CREATE ON SCHEMA timescaledb_information FROM analyst')
    expect(await found()).toEqual({})
  })
})
