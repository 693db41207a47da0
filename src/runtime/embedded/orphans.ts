// Servers that a run left behind when it was killed.
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runningServer, stopOrphan, stopSessions } from '../../io/embedded-server.ts'

export type FoundServer = { readonly service: string; readonly data: string; readonly pid?: number }

/** Every data directory of the servers' folder, with the server that runs on it. */
export async function findServers(servers: string): Promise<FoundServer[]> {
  const names = (await readdir(servers, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const services = names.filter((name) => !name.includes('.')).sort()
  return Promise.all(
    services.map(async (service) => {
      const data = join(servers, service, 'data')
      const pid = await runningServer(data)
      return { service, data, ...(pid === undefined ? {} : { pid }) }
    }),
  )
}

/**
 * Stops them, and clears what would keep a new server from starting: PostgreSQL takes a lock file for live when its process number
 * was given to another process since. Whether a process still uses the data it knows better: from its shared memory. Gives the services
 * whose servers ran.
 */
export async function recover(servers: string): Promise<string[]> {
  const found = await findServers(servers)
  const running = found.flatMap(({ pid, ...server }) => (pid === undefined ? [] : [{ ...server, pid }]))
  await Promise.all(running.map(({ pid, data }) => stopOrphan(pid, data)))
  await stopSessions(new Set(found.map(({ data }) => data)))
  for (const { service, data } of found) {
    await rm(join(data, 'postmaster.pid'), { force: true })
    await rm(join(servers, service, 'socket'), { recursive: true, force: true })
  }
  return running.map(({ service }) => service)
}
