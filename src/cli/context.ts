import { homedir } from 'node:os'
import { join } from 'node:path'
import picocolors from 'picocolors'
import { OperationError } from '../io/operation-error.ts'

type Colors = ReturnType<typeof picocolors.createColors>

/** What commands know of the process they run in; nothing else in src/ reads it. */
export type Context = {
  readonly cwd: string
  /** Environment variables; commands hand down what a workflow may know of them. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Folder for what can be made again: parsed SQL, downloaded servers. */
  readonly cacheDir: string
  readonly version: string
  /** Results: what a pipe gets. */
  readonly out: (text: string) => void
  /** Progress and messages: what a person reads. */
  readonly err: (text: string) => void
  readonly colorsOut: Colors
  readonly colorsErr: Colors
  /** A terminal that can redraw lines. */
  readonly interactive: boolean
  /** Width of the terminal that results go to, if it is one. */
  readonly columns: number | undefined
  readonly now: () => Date
}

/** https://no-color.org; FORCE_COLOR is understood as other tools do. */
function wantsColor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv, flag: boolean): boolean {
  if (!flag || env['NO_COLOR']) return false
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0'
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

/** A user without an entry in the list of users has no home: then it is the root, as in a container. */
function home(): string {
  try {
    return homedir()
  } catch {
    return '/'
  }
}

function currentFolder(): string {
  try {
    return process.cwd()
  } catch (error) {
    throw new OperationError('no-current-folder', 'the current folder does not exist any more', 'Change to another one.', error)
  }
}

export function processContext(options: { color: boolean; version: string }): Context {
  const { env } = process
  return {
    cwd: currentFolder(),
    env,
    cacheDir: env['PGFLEET_CACHE'] || join(env['XDG_CACHE_HOME'] || join(home(), '.cache'), 'pgfleet'),
    version: options.version,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    colorsOut: picocolors.createColors(wantsColor(process.stdout, env, options.color)),
    colorsErr: picocolors.createColors(wantsColor(process.stderr, env, options.color)),
    interactive: process.stderr.isTTY === true && env['CI'] === undefined && env['TERM'] !== 'dumb',
    columns: process.stdout.columns,
    now: () => new Date(),
  }
}
