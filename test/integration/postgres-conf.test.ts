// A real server started with the generated files says of each setting what the file says, and of each line of pg_hba.conf how it reads it.
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Major } from '../../src/fleet/catalog.ts'
import { composeTarget, embeddedTarget } from '../../src/fleet/targets.ts'
import type { Fleet, ServerSetting } from '../../src/fleet/types.ts'
import { ownFolder } from '../../src/io/owned-files.ts'
import { readHba } from '../readers.ts'
import { type Authority, authority } from '../support/certificates.ts'
import { debianCluster, startDebianServer } from '../support/debian-server.ts'
import { fleetOf, smallFleet } from '../support/fleet.ts'
import { repositoryFleet } from '../support/repository-fleet.ts'
import { freePort, type ServerFolder, serverFolder, startTestServer, type TestServer, writeFiles } from '../support/server.ts'
import { serviceFiles } from '../support/service-files.ts'
import { canUseTrixie, type Trixie, trixie } from '../support/trixie.ts'

/** Bytes or microseconds of a unit, by the names that PostgreSQL has for both. */
const units: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1024,
  '8kB': 8192,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
  us: 1,
  ms: 1000,
  s: 1e6,
  min: 6e7,
  h: 3.6e9,
  d: 8.64e10,
}
const booleans: Readonly<Record<string, string>> = {
  on: 'on',
  off: 'off',
  true: 'on',
  false: 'off',
  yes: 'on',
  no: 'off',
  1: 'on',
  0: 'off',
}

/** A value in base units: what a file says, where numbers may have a unit of their own, or what the server says, in the unit of the setting. */
function normal(value: string, { vartype, unit }: { vartype: string; unit: string | null }): string | number {
  const [, number, own = ''] = /^([+-]?[0-9.]+)\s*([A-Za-z]*)$/.exec(value) ?? []
  if (vartype === 'bool') return booleans[value.toLowerCase()] ?? value
  if (vartype === 'string' || vartype === 'enum' || number === undefined) return value
  // The server rounds to its own unit, an integer at least.
  const inUnit = own === '' ? Number(number) : (Number(number) * units[own]!) / units[unit ?? '']!
  return vartype === 'integer' ? Math.round(inUnit) : Number(inUnit.toPrecision(6))
}

/** Settings that the server shows otherwise than they are written, by what it shows. */
const shownAs: Readonly<Record<string, (value: string) => string>> = {
  // For a connection over a socket it is 0.
  tcp_keepalives_idle: () => '0',
  wal_compression: (value) => (value === 'on' ? 'pglz' : value),
}

/** Every setting of the file as `name = value`, in base units: as written, and as the server has it. */
async function compared(client: pg.Client, settings: readonly ServerSetting[]) {
  const { rows } = await client.query('SELECT name, setting, unit, vartype, pending_restart FROM pg_settings')
  const byName = new Map(rows.map((row) => [row.name, row]))
  const written = settings.map(({ name, value }) => [name, normal(shownAs[name]?.(value) ?? value, byName.get(name) ?? {})])
  const found = settings.map(({ name }) => [name, normal(byName.get(name)?.setting ?? 'missing', byName.get(name) ?? {})])
  return { written, found, pending: rows.filter(({ pending_restart: pending }) => pending).map(({ name }) => name) }
}

async function checkSettings(client: pg.Client, settings: readonly ServerSetting[]) {
  const { written, found, pending } = await compared(client, settings)
  expect(found).toEqual(written)
  expect(pending).toEqual([])
  const { rows } = await client.query('SELECT name, setting, applied, error FROM pg_file_settings')
  const inFile = settings.map(({ name, value }) => ({ name, setting: value, applied: true, error: null }))
  expect(new Set(rows)).toEqual(new Set(inFile))
}

/** The lines of pg_hba.conf as the server has understood them, and as the reader of this project has. */
async function checkAccess(client: pg.Client, text: string) {
  const { rows } = await client.query(
    `SELECT type, array_to_string(database, ',') AS database, array_to_string(user_name, ',') AS user, address, netmask, auth_method, options, error
     FROM pg_hba_file_rules ORDER BY line_number`,
  )
  const masks: Readonly<Record<string, string>> = { 32: '255.255.255.255', 128: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' }
  const expected = readHba(text).map((tokens) => {
    const [type, database, user, ...more] = tokens.map(({ text }) => text)
    const [address = null, method, ...options] = type === 'local' ? [null, ...more] : more
    const [host = null, bits] = address?.split('/') ?? []
    const mask = bits === undefined ? null : masks[bits]
    return {
      type,
      database,
      user,
      address: host,
      netmask: mask,
      auth_method: method,
      options: options.length > 0 ? options : null,
      error: null,
    }
  })
  // It adds options that follow from the method.
  for (const row of rows) row.options = row.options?.filter((option: string) => option !== 'clientcert=verify-full') ?? null
  expect(rows).toEqual(expected)
}

const hostile = `a'b"c\\d#e;f$g%h\\n`

describe.each([15, 16, 17, 18] as const)('embedded PostgreSQL %s', (major: Major) => {
  let folder: ServerFolder
  let server: TestServer | undefined
  beforeEach(async () => {
    folder = await serverFolder()
  })
  afterEach(async () => {
    await server?.stop()
    server = undefined
    await folder.remove()
  })

  const start = async (yaml: string, change = (fleet: Fleet): Fleet => fleet) => {
    const port = await freePort()
    const target = embeddedTarget({ stateDir: folder.path, portOffset: port - 5433 })
    const fleet = change(await fleetOf(yaml, {}, target))
    const service = fleet.services[0]!
    const { config } = serviceFiles(fleet, service.key)
    await writeFiles(service.paths.config, config, 0o644, folder.user)
    await ownFolder(service.paths.socket, 0o700, folder.user)
    server = await startTestServer(folder, { major, config: service.paths.config, socket: service.paths.socket, port })
    return { service, config, client: await server.connect() }
  }

  test.each(['oltp', 'timeseries', 'analytics', 'ledger', 'queue', 'search'])('%s', async (workload) => {
    const yaml = smallFleet(`workload: ${workload}\npostgres: ${major}\nextensions: [pg_stat_statements]\ncompliance: [gdpr]`)
    const { service, config, client } = await start(yaml)
    await checkSettings(client, service.settings)
    await checkAccess(client, config['pg_hba.conf']!)
    await client.end()
  })

  test('text of any kind', async () => {
    const setting = (name: string, value: string): ServerSetting => ({
      name,
      value,
      why: `${hostile}\nfsync = off`,
      source: 'declared',
      group: hostile,
    })
    const settings = [
      setting('application_name', ''),
      setting('my.text', hostile),
      setting('my.lines', 'one\ntwo\r\n\tthree'),
      setting('my.word', 'off'),
    ]
    const { client } = await start(smallFleet(`postgres: ${major}`), (fleet) => ({
      ...fleet,
      services: fleet.services.map((service) => ({
        ...service,
        summary: `${hostile}\\`,
        database: hostile,
        settings: [...service.settings, ...settings],
      })),
    }))
    const { rows } = await client.query(
      `SELECT current_setting('my.text') AS text, current_setting('my.lines') AS lines, current_setting('my.word') AS word`,
    )
    expect(rows).toEqual([{ text: hostile, lines: 'one\ntwo\r\n\tthree', word: 'off' }])
    const { rows: access } = await client.query('SELECT DISTINCT database, error FROM pg_hba_file_rules ORDER BY 1')
    expect(access).toEqual([
      { database: [hostile], error: null },
      { database: ['all'], error: null },
    ])
    await client.end()
  })
})

describe.skipIf(!canUseTrixie)('PostgreSQL 17 of Debian, as in the containers', async () => {
  const fleet = await repositoryFleet(composeTarget())
  let debian: Trixie
  let cluster: ReturnType<typeof debianCluster>
  let issuer: Authority
  beforeAll(() => {
    debian = trixie()
    cluster = debianCluster(debian)
    issuer = authority()
  })
  afterAll(() => {
    cluster?.remove()
    issuer?.remove()
  })

  test.each(fleet.services.map((service) => [service.key, service] as const))('%s', async (key, service) => {
    const { config } = serviceFiles(fleet, key)
    const server = await startDebianServer(debian, cluster.outside, service.paths, {
      config,
      tls: issuer.issue(service.host),
      verifiers: {},
    })
    try {
      const setup = await server.connect()
      // The settings of TimescaleDB exist in databases that have it.
      if (service.extensions.some(({ name }) => name === 'timescaledb')) await setup.query('CREATE EXTENSION timescaledb')
      await setup.end()
      const client = await server.connect()
      // The library that belongs to the extension is loaded by the first query.
      await client.query('SELECT 1')
      await checkSettings(client, service.settings)
      // The test itself comes by trust.
      await checkAccess(client, config['pg_hba.conf']!.replace('peer', 'trust'))
      const { rows } = await client.query('SELECT map_name, sys_name, pg_username, error FROM pg_ident_file_mappings')
      expect(rows).toEqual([{ map_name: 'pooler', sys_name: service.pool.host, pg_username: 'pgbouncer_auth', error: null }])
      await client.end()
    } finally {
      await server.stop()
    }
  })
})
