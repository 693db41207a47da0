// One PgBouncer as a process: started, stopped, found again after a run that was killed.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Daemon, type StopMode, type StopSignals, startDaemon, stopProcess } from './daemon.ts'
import type { Owner } from './owned-files.ts'
import { commandLine, processes, processStart, workingDirectory } from './process.ts'

/** `folder` is that of the service: the pooler's working directory, by which it is known. */
export type PoolerFiles = { readonly program: string; readonly folder: string; readonly ini: string; readonly log: string }

/** Starts a pooler. */
export const startPooler = ({ program, folder, ini, log }: PoolerFiles, user: Owner): Promise<Daemon> =>
  startDaemon({ program, args: [ini], cwd: folder, log }, user, signals)

/**
 * SIGINT waits for transactions (https://www.pgbouncer.org/usage.html#signals), for which a fast stop has a second; a client who is idle in
 * one keeps it for ever. There is nothing in a pooler that would have to be written. What cuts off at once is SIGTERM before 1.23 and
 * SIGQUIT since.
 */
function signals(mode: StopMode): StopSignals {
  const steps = [
    { signal: 'SIGINT', seconds: 1 },
    { signal: 'SIGKILL', seconds: 5 },
  ] as const
  return mode === 'fast' ? steps : steps.slice(1)
}

/** Where a pooler that may run has its files; `pidFile` is what it writes itself. */
export type PoolerPlace = { readonly folder: string; readonly ini: string; readonly pidFile: string }

/** The poolers that run although nobody waits for them, by the folder of their service. */
export async function runningPoolers(places: readonly PoolerPlace[]): Promise<ReadonlyMap<string, number>> {
  const possible = places.filter(({ ini }) => existsSync(ini))
  if (possible.length === 0) return new Map()
  // Where there is no /proc, only what it wrote down itself tells.
  const noted = possible.map(async ({ pidFile }) => Number((await readFile(pidFile, 'utf8').catch(() => '')).trim()))
  const found = new Map<string, number>()
  for (const pid of [...processes(), ...(await Promise.all(noted))]) {
    const command = pid > 0 ? commandLine(pid)?.join(' ') : undefined
    const place = command && possible.find(({ ini }) => command.endsWith(` ${ini}`))
    if (place && isPoolerOf(pid, place)) found.set(place.folder, pid)
  }
  return found
}

/** By what it was started with and where: anybody may have its file open in an editor. */
const isPoolerOf = (pid: number, { folder, ini }: PoolerPlace): boolean =>
  processStart(pid) !== undefined &&
  commandLine(pid)?.join(' ').endsWith(` ${ini}`) === true &&
  (workingDirectory(pid) ?? folder) === folder

/** Stops a pooler that is no child of ours. */
export const stopOrphanPooler = (pid: number, place: PoolerPlace): Promise<void> =>
  stopProcess({ pid, lives: () => isPoolerOf(pid, place) }, signals('fast'))

/** The files of a pooler in the folder of its service. */
export const poolerPlace = (folder: string, names: { readonly ini: string; readonly pidFile: string }): PoolerPlace => ({
  folder,
  ini: join(folder, 'config', names.ini),
  pidFile: join(folder, 'socket', names.pidFile),
})
