// One PostgreSQL server as a process: started, stopped, found again after a run that was killed.
import { spawn } from 'node:child_process'
import { closeSync, openSync, renameSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { OperationError } from './operation-error.ts'
import type { Owner } from './owned-files.ts'
import { commandLine, processes, processStart, workingDirectory } from './process.ts'

/** fast: sessions are cut off, everything is written; immediate: like a power cut, the next start recovers. */
export type StopMode = 'fast' | 'immediate'

export type ServerProcess = {
  readonly pid: number
  /** Resolves when it has ended, with how: `exit code 1`, `signal SIGKILL`. */
  readonly ended: Promise<string>
  readonly hasEnded: () => boolean
  readonly stop: (mode: StopMode) => Promise<void>
}

export type ServerFiles = { readonly program: string; readonly data: string; readonly config: string; readonly log: string }

/** Nothing of the caller's environment (PG*, locale, time zone) may change what a server does. */
export const serverEnvironment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' }

/** Starts a server; its output goes to the log file, that of the run before is kept as `<log>.1`. */
export function startServer({ program, data, config, log }: ServerFiles, user: Owner): Promise<ServerProcess> {
  const files = { config_file: 'postgresql.conf', hba_file: 'pg_hba.conf', ident_file: 'pg_ident.conf' }
  const places = Object.entries(files).flatMap(([name, file]) => ['-c', `${name}=${join(config, file)}`])
  const output = openLog(log)
  // In a session of its own: Ctrl-C in the terminal is for us alone, we then stop the servers in order.
  const options = { ...user, cwd: '/', env: serverEnvironment, detached: true }
  const child = spawn(program, ['-D', data, ...places], { ...options, stdio: ['ignore', output, output] })
  closeSync(output)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    const ended = new Promise<string>((end) => {
      child.once('exit', (code, signal) => end(signal ? `signal ${signal}` : `exit code ${code}`))
    })
    const hasEnded = () => child.exitCode !== null || child.signalCode !== null
    child.once('spawn', () => {
      const pid = Number(child.pid)
      resolve({ pid, ended, hasEnded, stop: (mode) => stopProcess({ pid, lives: () => !hasEnded() }, mode) })
    })
  })
}

function openLog(log: string): number {
  try {
    renameSync(log, `${log}.1`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return openSync(log, 'ax', 0o600)
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
export const stopOrphan = (pid: number, data: string): Promise<void> => stopProcess({ pid, lives: () => isServerOf(pid, data) }, 'fast')

/**
 * Ends what is left of servers that were killed themselves: a session notices that only when it waits for something, and until then no new
 * server starts on its data.
 */
export async function stopSessions(data: ReadonlySet<string>): Promise<void> {
  const isSession = (pid: number) => /^postgres: /.test(commandLine(pid)?.[0] ?? '') && data.has(workingDirectory(pid) ?? '')
  const sessions = processes().filter(isSession)
  await Promise.all(sessions.map((pid) => stopProcess({ pid, lives: () => isSession(pid) }, 'immediate')))
}

type Running = { readonly pid: number; readonly lives: () => boolean }

/** https://www.postgresql.org/docs/current/server-shutdown.html; a server that does not heed a signal gets the next one. */
async function stopProcess({ pid, lives }: Running, mode: StopMode): Promise<void> {
  const steps = [
    { signal: 'SIGINT', seconds: 30 },
    { signal: 'SIGQUIT', seconds: 10 },
    { signal: 'SIGKILL', seconds: 5 },
  ] as const
  for (const { signal, seconds } of mode === 'fast' ? steps : steps.slice(1)) {
    if (!lives()) return
    send(pid, signal)
    for (let waited = 0; lives() && waited < seconds * 1000; waited += 10) await setTimeout(10)
  }
  if (lives()) throw new OperationError('server-stop', `process ${pid} does not end, not even when it is killed`)
}

function send(pid: number, signal: NodeJS.Signals) {
  try {
    process.kill(pid, signal)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ESRCH') return // it ended just now
    throw new OperationError(
      'server-stop',
      `cannot stop process ${pid}: ${code}`,
      'It was started by another user: stop it as that user.',
      error,
    )
  }
}
