import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type pg from 'pg'
import type { Service } from '../../fleet/types.ts'
import { clusterMajor, copyCluster } from '../../io/cluster.ts'
import type { Daemon } from '../../io/daemon.ts'
import { OperationError } from '../../io/operation-error.ts'
import { type Connection, connect, withConnection } from '../../io/postgres.ts'
import { logTail } from './log-tail.ts'
import { type BootContext, serviceFolder } from './prepare-service.ts'
import type { StateFolder } from './state-folder.ts'

/** The superuser, over the socket. */
export const superuser = ({ paths, listenPort }: Service, database: string): Connection => ({
  host: paths.socket,
  port: listenPort,
  user: 'postgres',
  database,
})

/** What a server or pooler of this name says. */
export const logFile = ({ path }: StateFolder, name: string): string => join(path, 'logs', `${name}.log`)

/** Gives a prepared service its data, and a running server with its database. Returns a superuser's connection to it; the caller ends it. */
export async function startService(service: Service, cluster: Cluster, context: BootContext): Promise<pg.Client> {
  const { state, servers, onProgress } = context
  const data = join(serviceFolder(state, service.key), 'data')
  await copyCluster(cluster.template, data, state.user)
  await requireMajor(service, data)
  onProgress({ kind: 'service', service: service.key, state: 'starting' })
  const log = logFile(state, service.key)
  const files = { program: join(cluster.programs, 'postgres'), data, config: service.paths.config, log }
  let ready = false
  // Before that, its end is the reason why it did not start.
  const onEnd = (how: string) =>
    ready && onProgress({ kind: 'service', service: service.key, state: 'ended', reason: `${how}; its log is ${log}` })
  const server = await servers.start(files, state.user, onEnd)
  const client = await connectWhenReady(server, superuser(service, service.database), log).catch(async (error: { code?: string }) => {
    if (error.code !== missingDatabase) throw error
    await withConnection(superuser(service, 'template1'), (client) => makeDatabase(client, service.database))
    return connect(superuser(service, service.database))
  })
  ready = true
  return client
}

/** What servers of one major are made from: its programs, and a data directory to copy. */
export type Cluster = { readonly programs: string; readonly template: string }

async function requireMajor({ key, major }: Service, data: string) {
  const found = await clusterMajor(data)
  if (found !== major)
    throw new OperationError(
      'data-version',
      `the data of ${key} was made by PostgreSQL ${found}, and services.yaml asks for ${major}`,
      'Start with --fresh to delete the data of earlier runs.',
    )
}

/**
 * The empty database `postgres` that initdb makes becomes the service's: a rename takes a millisecond, CREATE DATABASE copies 300 files.
 * Nobody misses it, pg_hba.conf lets roles into their own database only.
 */
async function makeDatabase(client: pg.Client, name: string) {
  const { rows } = await client.query<{ datname: string }>('select datname from pg_database')
  const hasPostgres = rows.some(({ datname }) => datname === 'postgres')
  const quoted = client.escapeIdentifier(name)
  await client.query(hasPostgres ? `alter database postgres rename to ${quoted}` : `create database ${quoted}`)
}

/** Code of "database does not exist", the answer of a server that is ready. */
const missingDatabase = '3D000'

/** Code of "the database system is starting up": it recovers from a crash, which takes as long as it takes. */
const startingUp = '57P03'

async function connectWhenReady(server: Daemon, connection: Connection, log: string) {
  const socket = join(connection.host, `.s.PGSQL.${connection.port}`)
  const pause = 5
  let problem: { code?: string; message: string } = { message: `there is no ${socket}` }
  for (let waited = 0; waited < 60_000 || problem.code === startingUp; waited += pause) {
    if (server.hasEnded()) throw new OperationError('server-start', `it did not start:\n${await logTail(log)}`, `Its log is ${log}.`)
    // To look costs less than to try.
    if (existsSync(socket)) {
      try {
        return await connect(connection)
      } catch (error) {
        problem = error as typeof problem
        if (problem.code === missingDatabase) throw error
      }
    }
    await setTimeout(pause)
  }
  throw new OperationError('server-start', `it takes no connections: ${problem.message}`, `Its log is ${log}.`)
}
