// One PostgreSQL server as a process: started, stopped, found again after a run that was killed.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Daemon, type StopMode, type StopSignals, startDaemon, stopProcess } from './daemon.ts'
import type { Owner } from './owned-files.ts'
import { commandLine, processes, processStart, workingDirectory } from './process.ts'

export type ServerFiles = { readonly program: string; readonly data: string; readonly config: string; readonly log: string }

/** Starts a server. */
export function startServer({ program, data, config, log }: ServerFiles, user: Owner): Promise<Daemon> {
  const files = { config_file: 'postgresql.conf', hba_file: 'pg_hba.conf', ident_file: 'pg_ident.conf' }
  const places = Object.entries(files).flatMap(([name, file]) => ['-c', `${name}=${join(config, file)}`])
  return startDaemon({ program, args: ['-D', data, ...places], cwd: '/', log }, user, signals)
}

/** https://www.postgresql.org/docs/current/server-shutdown.html */
function signals(mode: StopMode): StopSignals {
  const steps = [
    { signal: 'SIGINT', seconds: 30 },
    { signal: 'SIGQUIT', seconds: 10 },
    { signal: 'SIGKILL', seconds: 5 },
  ] as const
  return mode === 'fast' ? steps : steps.slice(1)
}

/** The server that runs on a data directory although nobody waits for it: its process number, or undefined. */
export async function runningServer(data: string): Promise<number | undefined> {
  const pid = Number((await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')[0])
  return pid > 0 && isServerOf(pid, data) ? pid : undefined
}

/** By what it was started with, not by its number or name: numbers are given again, and other people run PostgreSQL too. */
function isServerOf(pid: number, data: string): boolean {
  if (processStart(pid) === undefined) return false
  const words = commandLine(pid) ?? []
  return words[words.indexOf('-D') + 1] === data || words.join(' ').includes(` -D ${data} `)
}

/** Stops a server that is no child of ours. */
export const stopOrphan = (pid: number, data: string): Promise<void> =>
  stopProcess({ pid, lives: () => isServerOf(pid, data) }, signals('fast'))

/**
 * Ends what is left of servers that were killed themselves: a session notices that only when it waits for something, and until then no new
 * server starts on its data.
 */
export async function stopSessions(data: ReadonlySet<string>): Promise<void> {
  const isSession = (pid: number) => /^postgres: /.test(commandLine(pid)?.[0] ?? '') && data.has(workingDirectory(pid) ?? '')
  const sessions = processes().filter(isSession)
  await Promise.all(sessions.map((pid) => stopProcess({ pid, lives: () => isSession(pid) }, signals('immediate'))))
}
