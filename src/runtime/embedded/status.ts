import { stat } from 'node:fs/promises'
import { type Claim, lockHolder } from '../../io/run-lock.ts'
import { findServers } from './orphans.ts'
import { openStateFolder } from './state-folder.ts'

/** `pooler` is there where the last run had one. */
export type ServiceStatus = { readonly service: string; readonly pid?: number; readonly pooler?: { readonly pid?: number } }

export type Status = { readonly run?: Claim; readonly services: readonly ServiceStatus[] }

/** What runs on a state folder: the run, and for every service that has data there the processes of its server and pooler, if they run. */
export async function status(stateDir: string): Promise<Status> {
  if (!(await stat(stateDir).catch(() => undefined))) return { services: [] }
  const { path, servers } = await openStateFolder(stateDir)
  const run = await lockHolder(path)
  const found = await findServers(servers)
  const process = (pid: number | undefined) => (pid === undefined ? {} : { pid })
  const services = found.map(({ service, pid, pooler }) => ({
    service,
    ...process(pid),
    ...(pooler ? { pooler: process(pooler.pid) } : {}),
  }))
  return { ...(run ? { run } : {}), services }
}
