// Real PostgreSQL servers for tests, each in a folder of its own under the temporary folder that goes with it.
import { chown, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import type { Major } from '../../src/fleet/catalog.ts'
import { initCluster } from '../../src/io/cluster.ts'
import { startServer } from '../../src/io/embedded-server.ts'
import { type Owner, ownFolder, writeOwnedFile } from '../../src/io/owned-files.ts'
import { serverUser } from '../../src/io/server-user.ts'
import { reachableBinaries } from '../../src/runtime/embedded/binaries.ts'

export const cacheDir = process.env.PGFLEET_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'pgfleet')

/** A folder that the servers' user can enter, and who that is. `servers` belongs to that user. */
export type ServerFolder = { readonly path: string; readonly user: Owner; readonly remove: () => Promise<void> }

export async function serverFolder(): Promise<ServerFolder> {
  const path = await mkdtemp(join(tmpdir(), 'pgfleet-test-'))
  await ownFolder(path, 0o755)
  const user = await serverUser(path)
  if (user) await chown(path, user.uid, user.gid)
  return { path, user, remove: () => rm(path, { recursive: true, force: true }) }
}

export type TestServer = {
  readonly connect: (config?: pg.ClientConfig) => Promise<pg.Client>
  readonly log: () => Promise<string>
  /** Stops it; what it wrote stays until its folder is removed. */
  readonly stop: () => Promise<void>
}

/**
 * Starts a server on `<folder>/data` with the three files in `config`, and waits until it answers on its socket. A relative `socket` is
 * below the folder. Throws with the log when it does not start.
 */
export async function startTestServer(
  { path, user }: ServerFolder,
  { major = 17, config, socket, port }: { major?: Major; config: string; socket: string; port: number },
): Promise<TestServer> {
  const { home } = await reachableBinaries(major, { path, servers: path, alias: path, user }, cacheDir, () => {})
  const data = join(path, 'data')
  await initCluster(join(home, 'bin'), data, major, user, () => {})
  const log = join(path, 'log')
  const server = await startServer({ program: join(home, 'bin/postgres'), data, config, log }, user)
  const stop = () => server.stop('fast')
  const connect = (more: pg.ClientConfig = {}) => connected({ host: socket, port, user: 'postgres', database: 'postgres', ...more })
  await untilReady(connect, server.hasEnded, async () => {
    await stop()
    return readFile(log, 'utf8')
  })
  return { connect, stop, log: () => readFile(log, 'utf8') }
}

/** Waits until a server answers. When it ends before, or never does, `giveUp` says what it wrote. */
export async function untilReady(connect: TestServer['connect'], hasEnded: () => boolean, giveUp: () => Promise<string>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await (await connect()).end()
    } catch (error) {
      if (hasEnded() || attempt === 600) throw new Error(`the server does not start: ${error}\n${await giveUp()}`)
    }
    await setTimeout(25)
  }
}

/** A server on a socket only, with trust, for tests of SQL. */
export async function startPlainServer(
  folder: ServerFolder,
  major: Major = 17,
  settings: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  const config = join(folder.path, 'config')
  const socket = join(folder.path, 'socket')
  await ownFolder(config, 0o755)
  await ownFolder(socket, 0o700, folder.user)
  const lines = { listen_addresses: '', unix_socket_directories: socket, port: '5432', fsync: 'off', ...settings }
  const conf = Object.entries(lines).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
  await writeOwnedFile(join(config, 'postgresql.conf'), conf.join(''), 0o644)
  await writeOwnedFile(join(config, 'pg_hba.conf'), 'local all all trust\n', 0o644)
  await writeOwnedFile(join(config, 'pg_ident.conf'), '', 0o644)
  return startTestServer(folder, { major, config, socket, port: 5432 })
}

export async function connected(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client({ password: '', connectionTimeoutMillis: 10_000, ...config })
  client.on('error', () => {})
  try {
    await client.connect()
    return client
  } catch (error) {
    // Not awaited: it never resolves when the server hung up during the handshake.
    client.end().catch(() => {})
    throw error
  }
}

/** Writes files for the servers' user into a folder that is made where it is missing. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>, mode: 0o600 | 0o644, user: Owner): Promise<void> {
  await mkdir(folder, { recursive: true })
  await ownFolder(folder, 0o755, user)
  await Promise.all(Object.entries(files).map(([name, text]) => writeOwnedFile(join(folder, name), text, mode, user)))
}

/** A TCP port of the loopback interface that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
