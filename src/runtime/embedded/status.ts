import { stat } from 'node:fs/promises'
import { type Claim, lockHolder } from '../../io/run-lock.ts'
import { findServers } from './orphans.ts'
import { openStateFolder } from './state-folder.ts'

export type ServiceStatus = { readonly service: string; readonly pid?: number }

export type Status = { readonly run?: Claim; readonly services: readonly ServiceStatus[] }

/** What runs on a state folder: the run, and for every service that has data there the process of its server, if one runs. */
export async function status(stateDir: string): Promise<Status> {
  if (!(await stat(stateDir).catch(() => undefined))) return { services: [] }
  const { path, servers } = await openStateFolder(stateDir)
  const run = await lockHolder(path)
  const found = await findServers(servers)
  return { ...(run ? { run } : {}), services: found.map(({ service, pid }) => ({ service, ...(pid === undefined ? {} : { pid }) })) }
}
