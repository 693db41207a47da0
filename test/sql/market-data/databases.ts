// The database of market-data in both forms: with plain tables, and on PostgreSQL 17 of Debian with hypertables, as in the containers.
import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import { parse, stringify } from 'yaml'
import { initScript } from '../../../generators/init-sql/init-sql.ts'
import { composeTarget } from '../../../src/fleet/targets.ts'
import type { Service } from '../../../src/fleet/types.ts'
import { runScript } from '../../../src/io/sql-script.ts'
import { authority } from '../../support/certificates.ts'
import { debianCluster, startDebianServer } from '../../support/debian-server.ts'
import { fleetOf } from '../../support/fleet.ts'
import { serviceDatabase } from '../../support/service-database.ts'
import { serviceFiles, verifiers } from '../../support/service-files.ts'
import { canUseTrixie, trixie } from '../../support/trixie.ts'

export type Database = { readonly connect: () => Promise<pg.Client>; readonly close: () => Promise<void> }

/** For `describe.each`: hypertables need root. */
export const places = [
  { place: 'plain tables', make: plainTables, skipped: false },
  { place: 'hypertables', make: hypertables, skipped: !canUseTrixie },
]

/** As in the embedded runtime. */
async function plainTables(): Promise<Database> {
  const { connect, close, service } = await serviceDatabase('market-data')
  return { connect: () => asOwner(connect('superuser'), service), close }
}

async function hypertables(): Promise<Database> {
  const debian = trixie()
  const cluster = debianCluster(debian)
  const issuer = authority()
  const { services, applications: _, ...rest } = parse(readFileSync('services.yaml', 'utf8'))
  const files = ['sql/market-data', 'seed/market-data'].flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
  const sql = Object.fromEntries(files.map((path) => [path, readFileSync(path, 'utf8')]))
  const fleet = await fleetOf(stringify({ ...rest, services: { 'market-data': services['market-data'] } }), sql, composeTarget())
  const service = fleet.services[0]!
  const server = await startDebianServer(debian, cluster.outside, service.paths, {
    config: serviceFiles(fleet, service.key).config,
    tls: issuer.issue(service.host),
    verifiers: await verifiers(service),
  })
  const { database } = service
  const superuser = await server.connect()
  await superuser.query(`CREATE DATABASE ${pg.escapeIdentifier(database)}`)
  await superuser.end()
  const initial = await server.connect({ database })
  const { content, path } = initScript(service)
  await runScript(initial, content, path).finally(() => initial.end())
  return {
    connect: () => asOwner(server.connect({ database }), service),
    close: async () => {
      await server.stop()
      cluster.remove()
      issuer.remove()
    },
  }
}

/** A superuser who acts as the owner: the migrator may have a few connections only. */
async function asOwner(connection: Promise<pg.Client>, { roles }: Service): Promise<pg.Client> {
  const client = await connection
  await client.query(`SET ROLE ${pg.escapeIdentifier(roles.find(({ kind }) => kind === 'owner')!.name)}`)
  return client
}
