// Servers and poolers that a run left behind when it was killed.

import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type PoolerPlace, runningPoolers, stopOrphanPooler } from '../../io/embedded-pooler.ts'
import { runningServer, stopOrphan, stopSessions } from '../../io/embedded-server.ts'
import { poolerPlaceOf } from './pooler-files.ts'

/** A data directory with the server that runs on it; `pooler` is there where the service has one. */
export type FoundServer = {
  readonly service: string
  readonly data: string
  readonly pid?: number
  readonly pooler?: { readonly place: PoolerPlace; readonly pid?: number }
}

/** Every data directory of the servers' folder, with what runs on it. */
export async function findServers(servers: string): Promise<FoundServer[]> {
  const names = (await readdir(servers, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const services = names.filter((name) => !name.includes('.')).sort()
  const places = services.map((service) => poolerPlaceOf(join(servers, service)))
  const poolers = await runningPoolers(places)
  return Promise.all(
    services.map(async (service, index) => {
      const data = join(servers, service, 'data')
      const place = places[index]!
      const [pid, poolerPid] = [await runningServer(data), poolers.get(place.folder)]
      return {
        service,
        data,
        ...(pid === undefined ? {} : { pid }),
        ...(existsSync(place.ini) ? { pooler: { place, ...(poolerPid === undefined ? {} : { pid: poolerPid }) } } : {}),
      }
    }),
  )
}

/**
 * Stops them, and clears what would keep a new server from starting: PostgreSQL takes a lock file for live when its process number
 * was given to another process since. Whether a process still uses the data it knows better: from its shared memory. Gives the services
 * of which something ran.
 */
export async function recover(servers: string): Promise<string[]> {
  const found = await findServers(servers)
  await Promise.all(found.map(({ pooler }) => pooler?.pid !== undefined && stopOrphanPooler(pooler.pid, pooler.place)))
  await Promise.all(found.map(({ pid, data }) => pid !== undefined && stopOrphan(pid, data)))
  await stopSessions(new Set(found.map(({ data }) => data)))
  for (const { service, data } of found) {
    await rm(join(data, 'postmaster.pid'), { force: true })
    await rm(join(servers, service, 'socket'), { recursive: true, force: true })
  }
  return found.filter(({ pid, pooler }) => pid !== undefined || pooler?.pid !== undefined).map(({ service }) => service)
}
