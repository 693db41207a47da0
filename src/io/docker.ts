// The docker command: arguments as an array (no shell sees them), secrets only over its standard input.
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { OperationError } from './operation-error.ts'

export type DockerOptions = {
  /** What the command reads; otherwise it reads nothing. */
  readonly input?: string | Uint8Array
  /** All of its environment; that of this process when it is not given. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Ends the command; the call then throws the reason. */
  readonly signal?: AbortSignal
}

export type DockerResult = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Runs docker and gives what it printed. Throws an OperationError with the last lines of its complaint when it fails. */
export async function docker(args: readonly string[], options: DockerOptions = {}): Promise<string> {
  const result = await tryDocker(args, options)
  if (result.code !== 0) throw dockerFailure(args, result.stderr)
  return result.stdout
}

/** The same for commands whose failure is an answer: only a docker that is not there or does not work is thrown. */
export async function tryDocker(args: readonly string[], options: DockerOptions = {}): Promise<DockerResult> {
  const child = start(args, options)
  const [stdout, stderr, code] = await Promise.all([textOf(child.stdout), textOf(child.stderr), ended(child, options.signal)])
  const broken = code === 0 ? undefined : notWorking(args, stderr)
  if (broken) throw broken
  return { code, stdout, stderr }
}

export type DockerLines = Omit<DockerOptions, 'input'> & {
  readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void
}

/** Runs docker and hands on each line as it comes: for what takes long or has no end. Gives the exit code. */
export async function dockerLines(args: readonly string[], { onLine, ...options }: DockerLines): Promise<number> {
  const child = start(args, options)
  const last: string[] = []
  const read = async (stream: 'stdout' | 'stderr') => {
    for await (const line of createInterface({ input: child[stream]!, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (stream === 'stderr') last.splice(0, Math.max(0, last.push(line) - tailLines))
      onLine(line, stream)
    }
  }
  const [code] = await Promise.all([ended(child, options.signal), read('stdout'), read('stderr')])
  const broken = code === 0 ? undefined : notWorking(args, last.join('\n'))
  if (broken) throw broken
  return code
}

/** Starts docker with pipes to and from it, for a conversation; `ended` tells how it went. */
export function startDocker(args: readonly string[], options: Omit<DockerOptions, 'input'> = {}): ChildProcess {
  return spawn('docker', args, { stdio: 'pipe', env: options.env as NodeJS.ProcessEnv | undefined, signal: options.signal })
}

/** What a failed command says, as an error: the last lines of its complaint. */
export function dockerFailure(args: readonly string[], stderr: string): OperationError {
  const complaint = stderr.trimEnd().split('\n').slice(-tailLines).join('\n')
  return (
    notWorking(args, stderr) ?? new OperationError('docker', `docker ${subcommand(args)} failed${complaint === '' ? '' : `: ${complaint}`}`)
  )
}

const tailLines = 10

function start(args: readonly string[], options: DockerOptions): ChildProcess {
  options.signal?.throwIfAborted()
  const child = startDocker(args, options)
  // A command that ends before it has read everything is reported by its exit code.
  child.stdin!.on('error', () => {})
  child.stdin!.end(options.input ?? '')
  return child
}

async function textOf(stream: Readable | null): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of stream!) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

function ended(child: ChildProcess, signal: AbortSignal | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => reject(signal?.aborted ? signal.reason : cannotStart(error)))
    // 128 and the number of the signal is what a shell would say; which one does not matter.
    child.on('close', (code) => (signal?.aborted ? reject(signal.reason) : resolve(code ?? 128)))
  })
}

/** The words that say what docker was asked for, without options and what belongs to them: `compose up`, `exec`. */
function subcommand(args: readonly string[]): string {
  const [first = '', ...rest] = args
  if (first !== 'compose') return first
  const verbs = ['build', 'config', 'down', 'logs', 'up', 'version']
  return [first, ...rest.filter((word) => verbs.includes(word)).slice(0, 1)].join(' ')
}

/** There is no docker to run. */
export const cannotStart = (error: NodeJS.ErrnoException): OperationError =>
  error.code === 'ENOENT'
    ? new OperationError(
        'docker-missing',
        'there is no docker command on this machine',
        'Install Docker Engine with its Compose plugin (https://docs.docker.com/engine/install/), or leave out `--runtime compose`: the embedded runtime needs no Docker.',
        error,
      )
    : new OperationError('docker-missing', `the docker command does not start: ${error.message}`, undefined, error)

/** Why no command of this kind can work here, if that is what docker complains about. */
function notWorking(args: readonly string[], stderr: string): OperationError | undefined {
  if (/permission denied while trying to connect to the docker/i.test(stderr))
    return new OperationError(
      'docker-engine',
      'this user may not talk to the Docker engine',
      'Add the user to the group docker, or run it as root.',
    )
  if (/cannot connect to the docker daemon|is the docker daemon running|error during connect/i.test(stderr))
    return new OperationError(
      'docker-engine',
      'no Docker engine answers',
      'Start it (`systemctl start docker`), or name another one in DOCKER_HOST.',
    )
  // A client without the plugin takes its options for its own.
  if (
    args[0] === 'compose' &&
    /compose' is not a docker command|unknown command: docker compose|unknown (shorthand )?flag: ('f' in -f|--file)/.test(stderr)
  )
    return new OperationError(
      'docker-compose-missing',
      'this docker command has no Compose plugin',
      'Install Docker Compose 2.20 or later: https://docs.docker.com/compose/install/linux/',
    )
  return undefined
}
