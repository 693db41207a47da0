// Facts about processes of this machine: what tells a process of ours from one that was given its number later.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** When a process started, in a form that is only good for comparing; undefined when there is none, or when it is dead and not yet buried. */
export function processStart(pid: number): string | undefined {
  if (process.platform !== 'linux') return ps(pid, 'lstart=')
  const stat = read(`/proc/${pid}/stat`)
  // The second field is the name in parentheses, which may hold spaces and parentheses; the state is the third, the start the 22nd.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields && !/[ZX]/.test(fields[0] ?? '') ? fields[19] : undefined
}

/** The words that a process was started with, or undefined. */
export function commandLine(pid: number): string[] | undefined {
  if (process.platform !== 'linux') return ps(pid, 'command=')?.split(' ')
  const words = read(`/proc/${pid}/cmdline`)?.replace(/\0+$/, '').split('\0')
  return words?.[0] ? words : undefined
}

/** All processes of this machine; none where there is no /proc. */
export function processes(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

/** The folder that a process is in, undefined when it is not known. */
export function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return undefined
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function ps(pid: number, column: string): string | undefined {
  try {
    return (
      execFileSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || undefined
    )
  } catch {
    return undefined
  }
}
