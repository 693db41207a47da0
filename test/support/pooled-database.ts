// One service as it is in containers, without containers: a server with the generated files and certificates, and in front of it a real
// PgBouncer 1.24. What differs: the ports are free ones, and the pooler comes from 127.0.0.1, because a program cannot choose.
import { mkdirSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'
import { pgbouncer } from '../../generators/pgbouncer/pgbouncer.ts'
import { poolerPaths } from '../../src/fleet/container-paths.ts'
import { addressOf } from '../../src/fleet/network.ts'
import { composeTarget } from '../../src/fleet/targets.ts'
import type { Fleet, Service } from '../../src/fleet/types.ts'
import { ownFolder } from '../../src/io/owned-files.ts'
import { type Authority, authority } from './certificates.ts'
import { fleetOf } from './fleet.ts'
import { connected, freePort, type ServerFolder, serverFolder, startTestServer, type TestServer, writeFiles } from './server.ts'
import { password, serviceFiles, verifiers } from './service-files.ts'
import { type Program, runInTrixie, sharedFolder, startInTrixie, type Trixie, trixie } from './trixie.ts'

export type PooledDatabase = {
  readonly fleet: Fleet
  readonly service: Service
  readonly server: TestServer
  readonly authority: Authority
  readonly ports: { readonly server: number; readonly pooler: number }
  /** The files that the pooler has read. */
  readonly ini: { readonly own: string; readonly shared: string }
  /** A client of the pooler, or of the server itself; `from` is its address, anything in 127.0.0.0/8. */
  readonly connect: (to: 'pooler' | 'server', user: string, more?: pg.ClientConfig & { from?: string }) => Promise<pg.Client>
  /** Rows of a command of the admin console, asked over its socket by the user that the pooler runs as. */
  readonly admin: (command: string) => string[][]
  readonly close: () => Promise<void>
}

/** The base of the addresses must start with 127. */
export async function pooledDatabase(yaml: string, sql: Readonly<Record<string, string>>): Promise<PooledDatabase> {
  const issuer = authority()
  const ports = { server: await freePort(), pooler: await freePort() }
  const folder = await serverFolder()
  const at = (name: string) => join(folder.path, name)
  const paths = { config: at('config'), tls: at('tls'), verifiers: at('verifiers'), socket: at('socket') }
  const fleet = await fleetOf(yaml, sql, { ...composeTarget(), build: 'embedded', paths: () => paths, listenPort: () => ports.server })
  const service = fleet.services[0]!
  const server = await startServer(fleet, service, folder, issuer, ports.server)
  const debian = trixie()
  const { outside, inside, remove } = sharedFolder(debian)
  const ini = poolerFiles(fleet, service, ports.pooler)
  const pooler = await startPooler(service, debian, outside, issuer, ini)
  return {
    fleet,
    service,
    server,
    authority: issuer,
    ports,
    ini,
    connect: (to, user, { from, ...more } = {}) => {
      const stream = from === undefined ? {} : { stream: () => socketFrom(from) }
      return connected({
        host: 'localhost',
        port: ports[to],
        user,
        password,
        database: service.database,
        ssl: { ca: issuer.certificate },
        ...stream,
        ...more,
      })
    },
    admin: (command) =>
      runInTrixie(
        debian,
        'psql',
        '-XAtq',
        '-F',
        '\t',
        '-h',
        `${inside}/socket`,
        '-p',
        String(ports.pooler),
        '-U',
        'pgbouncer',
        'pgbouncer',
        '-c',
        command,
      )
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t')),
    close: async () => {
      await pooler.stop('SIGQUIT')
      await server.stop()
      await folder.remove()
      remove()
      issuer.remove()
    },
  }
}

async function startServer(fleet: Fleet, service: Service, folder: ServerFolder, issuer: Authority, port: number): Promise<TestServer> {
  const { paths, database } = service
  const { config, script } = serviceFiles(fleet, service.key)
  const pooler = `${addressOf(fleet.network.base, service.addresses.pooler)}/32`
  // The test comes as root, not as the server's own user.
  const access = config['pg_hba.conf']!.replaceAll(pooler, '127.0.0.1/32').replace(/("postgres" +)peer/, '$1trust')
  await writeFiles(paths.config, { ...config, 'pg_hba.conf': access }, 0o644, folder.user)
  await writeFiles(paths.tls, issuer.issue(service.host), 0o600, folder.user)
  await writeFiles(paths.verifiers, await verifiers(service), 0o600, folder.user)
  await ownFolder(paths.socket, 0o755, folder.user)
  const server = await startTestServer(folder, { config: paths.config, socket: paths.socket, port })
  const query = async (database: string, text: string) => {
    const client = await server.connect({ database })
    await client.query(text).finally(() => client.end())
  }
  await query('postgres', `CREATE DATABASE ${database}`)
  await query(database, script.content)
  return server
}

function poolerFiles(fleet: Fleet, { key }: Service, port: number): PooledDatabase['ini'] {
  const text = (path: string) => [...pgbouncer.generate(fleet)].find((file) => file.path === path)?.content ?? ''
  return {
    own: text(`infrastructure/pgbouncer/${key}/pgbouncer.ini`),
    shared: text('infrastructure/postgres/connection-pools.conf').replace('listen_port = 5432', `listen_port = ${port}`),
  }
}

async function startPooler(
  service: Service,
  debian: Trixie,
  folder: string,
  issuer: Authority,
  ini: PooledDatabase['ini'],
): Promise<Program> {
  const at = (name: string) => join(folder, name)
  await writeFiles(at('config'), { 'pgbouncer.ini': ini.own }, 0o644, debian.user)
  await writeFiles(at('shared'), { 'connection-pools.conf': ini.shared }, 0o644, debian.user)
  await writeFiles(at('tls'), issuer.issue(service.pool.host), 0o600, debian.user)
  mkdirSync(at('socket'))
  await ownFolder(at('socket'), 0o700, debian.user)
  writeFileSync(at('hosts'), `127.0.0.1 localhost ${service.host}\n`)
  const { config, shared, tls, socket } = poolerPaths
  const binds = { [config]: at('config'), [shared]: at('shared'), [tls]: at('tls'), [socket]: at('socket'), '/etc/hosts': at('hosts') }
  const pooler = startInTrixie(debian, { binds, network: true }, 'pgbouncer', `${config}/pgbouncer.ini`)
  for (let attempt = 0; !pooler.output().includes('process up'); attempt++) {
    if (pooler.hasEnded() || attempt > 200) throw new Error(`the pooler does not start: ${pooler.output()}`)
    await setTimeout(25)
  }
  return pooler
}

/** A socket that connects from this address. */
function socketFrom(localAddress: string): Socket {
  const socket = new Socket()
  const connect = socket.connect.bind(socket)
  return Object.assign(socket, { connect: (port: number, host: string) => connect({ port, host, localAddress, family: 4 }) })
}
