import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { findServers } from './orphans.ts'
import { openStateFolder, type StateFolder } from './state-folder.ts'

/** What runs on a state folder, as it was started. */
export type RunFacts = {
  readonly state: StateFolder
  /** The port of each running server, by service. */
  readonly ports: ReadonlyMap<string, number>
  /** Whether there are poolers. */
  readonly pooled: boolean
}

/** Undefined when no server runs there. */
export async function runFacts(stateDir: string): Promise<RunFacts | undefined> {
  if (!(await stat(stateDir).catch(() => undefined))) return undefined
  const state = await openStateFolder(stateDir)
  const found = await findServers(state.servers)
  const ports = new Map<string, number>()
  for (const { service, data, pid } of found) {
    if (pid === undefined) continue
    // The fourth line: https://www.postgresql.org/docs/current/storage-file-layout.html, src/include/utils/pidfile.h
    const port = Number((await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')[3])
    if (port > 0) ports.set(service, port)
  }
  return ports.size === 0 ? undefined : { state, ports, pooled: found.some(({ pooler }) => pooler !== undefined) }
}
