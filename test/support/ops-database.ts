// One service as the ops container meets it, without containers: a server with the generated files and certificates, and what the image
// gives its commands: PostgreSQL's client programs, a password file, and the description of the fleet. What differs: the server is called
// localhost and has another port, and ops comes from 127.0.0.1.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { addressOf } from '../../src/fleet/network.ts'
import { type OpsFleet, opsFleet } from '../../src/fleet/ops.ts'
import { composeTarget } from '../../src/fleet/targets.ts'
import type { Fleet, Service } from '../../src/fleet/types.ts'
import { ownFolder } from '../../src/io/owned-files.ts'
import { passfileText } from '../../src/io/passfile.ts'
import { authority } from './certificates.ts'
import { fleetOf } from './fleet.ts'
import { freePort, serverFolder, startTestServer, type TestServer, writeFiles } from './server.ts'
import { password, serviceFiles, verifiers } from './service-files.ts'
import { trixie } from './trixie.ts'

export type OpsDatabase = {
  readonly service: Service
  readonly server: TestServer
  /** A connection of the superuser to the service's database, or to another one. */
  readonly superuser: (database?: string) => Promise<pg.Client>
  /** What the image of the ops container sets for its commands; folders for state and backups are empty ones. */
  readonly env: Readonly<Record<string, string>>
  /** The folder that commands run in, with `out/ops/fleet.json`. */
  readonly home: string
  readonly backups: string
  /** Writes another description of the fleet. */
  readonly describe: (change: (fleet: OpsFleet) => OpsFleet) => void
  readonly close: () => Promise<void>
}

/** The client programs of PostgreSQL 17 in the trixie root, to be run from outside of it: the folder to put into PATH. */
export function clientPrograms(folder: string): string {
  const { root } = trixie()
  mkdirSync(folder, { recursive: true })
  for (const name of ['pg_dump', 'pg_restore']) {
    const loader = `${join(root, 'usr/lib64/ld-linux-x86-64.so.2')} --library-path ${join(root, 'usr/lib/x86_64-linux-gnu')}`
    const program = join(root, 'usr/lib/postgresql/17/bin', name)
    writeFileSync(join(folder, name), `#!/bin/sh\nexec ${loader} ${program} "$@"\n`, { mode: 0o755 })
  }
  return folder
}

export async function opsDatabase(yaml: string, sql: Readonly<Record<string, string>> = {}): Promise<OpsDatabase> {
  const issuer = authority()
  const port = await freePort()
  const folder = await serverFolder()
  const at = (...names: string[]) => join(folder.path, ...names)
  const paths = { config: at('config'), tls: at('tls'), verifiers: at('verifiers'), socket: at('socket') }
  const fleet: Fleet = await fleetOf(yaml, sql, { ...composeTarget(), build: 'embedded', paths: () => paths, listenPort: () => port })
  const service = fleet.services[0]!
  const { database } = service
  const { config, script } = serviceFiles(fleet, service.key)
  const ops = `${addressOf(fleet.network.base, service.addresses.ops)}/32`
  const access = config['pg_hba.conf']!.replaceAll(ops, '127.0.0.1/32').replace(/("postgres" +)peer/, '$1trust')
  await writeFiles(paths.config, { ...config, 'pg_hba.conf': access }, 0o644, folder.user)
  await writeFiles(paths.tls, issuer.issue(service.host), 0o600, folder.user)
  await writeFiles(paths.verifiers, await verifiers(service), 0o600, folder.user)
  await ownFolder(paths.socket, 0o755, folder.user)
  const server = await startTestServer(folder, { config: paths.config, socket: paths.socket, port })
  const superuser = (name = database) => server.connect({ database: name })
  const query = async (name: string, text: string) => {
    const client = await superuser(name)
    await client.query(text).finally(() => client.end())
  }
  await query('postgres', `CREATE DATABASE "${database}"`)
  await query(database, script.content)

  const home = at('home')
  for (const name of ['out/ops', 'state', 'backups']) mkdirSync(join(home, name), { recursive: true })
  const described = opsFleet(fleet)
  const own: OpsFleet = { ...described, services: described.services.map((one) => ({ ...one, host: 'localhost' })) }
  const describe: OpsDatabase['describe'] = (change) => writeFileSync(join(home, 'out/ops/fleet.json'), JSON.stringify(change(own)))
  describe((one) => one)
  const users = ['migrator', 'backup', 'monitor'] as const
  const logins = own.services.flatMap(({ roles, ...rest }) =>
    users.map((role) => ({ host: rest.host, port, database, user: roles[role], password })),
  )
  writeFileSync(join(home, 'pgpass'), passfileText(logins))
  chmodSync(join(home, 'pgpass'), 0o600)
  writeFileSync(join(home, 'ca.crt'), issuer.certificate)
  return {
    service,
    server,
    superuser,
    home,
    backups: join(home, 'backups'),
    env: {
      PATH: process.env['PATH'] ?? '',
      PGFLEET_OPS: '1',
      PGFLEET_STATE: join(home, 'state'),
      PGFLEET_BACKUPS: join(home, 'backups'),
      PGPASSFILE: join(home, 'pgpass'),
      PGSSLROOTCERT: join(home, 'ca.crt'),
    },
    describe,
    close: async () => {
      await server.stop()
      await folder.remove()
      issuer.remove()
    },
  }
}
