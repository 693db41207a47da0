// A program that runs in the background until it is told to stop.
import { spawn } from 'node:child_process'
import { closeSync, openSync, renameSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { OperationError } from './operation-error.ts'
import type { Owner } from './owned-files.ts'

/** fast: sessions are cut off, everything is written; immediate: like a power cut, the next start recovers. */
export type StopMode = 'fast' | 'immediate'

/** What is sent to it, one after the other, and for how long each is waited for. */
export type StopSignals = readonly { readonly signal: NodeJS.Signals; readonly seconds: number }[]

export type Daemon = {
  readonly pid: number
  /** Resolves when it has ended, with how: `exit code 1`, `signal SIGKILL`. */
  readonly ended: Promise<string>
  readonly hasEnded: () => boolean
  readonly stop: (mode: StopMode) => Promise<void>
}

/** Nothing of the caller's environment (PG*, locale, time zone) may change what a program does. */
export const serverEnvironment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' }

type Command = { readonly program: string; readonly args: readonly string[]; readonly cwd: string; readonly log: string }

/** Starts it; its output goes to the log file, that of the run before is kept as `<log>.1`. */
export function startDaemon({ program, args, cwd, log }: Command, user: Owner, signals: (mode: StopMode) => StopSignals): Promise<Daemon> {
  const output = openLog(log)
  // In a session of its own: Ctrl-C in the terminal is for us alone, we then stop everything in order.
  const options = { ...user, cwd, env: serverEnvironment, detached: true }
  const child = spawn(program, args, { ...options, stdio: ['ignore', output, output] })
  closeSync(output)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    const ended = new Promise<string>((end) => {
      child.once('exit', (code, signal) => end(signal ? `signal ${signal}` : `exit code ${code}`))
    })
    const hasEnded = () => child.exitCode !== null || child.signalCode !== null
    child.once('spawn', () => {
      const pid = Number(child.pid)
      resolve({ pid, ended, hasEnded, stop: (mode) => stopProcess({ pid, lives: () => !hasEnded() }, signals(mode)) })
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

type Running = { readonly pid: number; readonly lives: () => boolean }

/** One that does not heed a signal gets the next one. */
export async function stopProcess({ pid, lives }: Running, signals: StopSignals): Promise<void> {
  for (const { signal, seconds } of signals) {
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
