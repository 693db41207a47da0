// Starts a real server for as long as it is read, and leaves nothing behind.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'

/** A program that is installed on this machine or in a root folder of its own, and who runs it (neither PostgreSQL nor PgBouncer runs as root). */
export interface Place {
  /** What stands before the program's path: `chroot` and its arguments, or nothing. */
  prefix: string[]
  options: SpawnOptions
  /** Where the program sees '/'. */
  root: string
  /** Where temporary folders are made, as the program sees it. */
  temp: string
  owner: { uid: number; gid: number } | undefined
}

/** Nothing of this shell's environment (PG*, locale, time zone) may reach what is read. */
const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' }

/** Runs one server of `bin` on a fresh data directory and hands out a connection to it. */
export async function withPostgres<T>(place: Place, bin: string, preload: string[], read: (client: pg.Client) => Promise<T>): Promise<T> {
  return withFolder(place, async (host, folder) => {
    const data = `${folder}/data`
    const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '--locale=C', '--encoding=UTF8']
    const made = start(place, `${bin}/initdb`, initdb)
    const [code] = await once(made.child, 'exit')
    if (code !== 0) throw new Error(`initdb failed: ${made.output()}`)
    const settings = { listen_addresses: '', unix_socket_directories: folder, shared_preload_libraries: preload.join(','), fsync: 'off' }
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    return withClient(
      start(place, `${bin}/postgres`, ['-D', data, ...flags]),
      { host, port: 5432, user: 'postgres', database: 'postgres' },
      read,
    )
  })
}

/** A temporary folder: its path here, and as the program sees it. */
export async function withFolder<T>(place: Place, use: (host: string, folder: string) => Promise<T>): Promise<T> {
  const host = mkdtempSync(join(place.root, place.temp, 'pgfleet-catalog-'))
  if (place.owner) chownSync(host, place.owner.uid, place.owner.gid)
  try {
    return await use(host, host.slice(place.root.replace(/\/$/, '').length))
  } finally {
    rmSync(host, { recursive: true, force: true })
  }
}

interface Started {
  child: ChildProcess
  output: () => string
}

export function start(place: Place, program: string, args: string[]): Started {
  const [command, ...rest] = [...place.prefix, program, ...args]
  const child = spawn(String(command), rest, { ...place.options, env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout?.on('data', (chunk) => (output += chunk))
  child.stderr?.on('data', (chunk) => (output += chunk))
  return { child, output: () => output }
}

/** Waits until the server takes connections; stops it after use. */
export async function withClient<T>(server: Started, config: pg.ClientConfig, read: (client: pg.Client) => Promise<T>): Promise<T> {
  const gone = once(server.child, 'exit')
  try {
    const client = await connect(server, config)
    try {
      return await read(client)
    } finally {
      await client.end().catch(() => {})
    }
  } finally {
    server.child.kill('SIGINT')
    await gone
  }
}

async function connect(server: Started, config: pg.ClientConfig): Promise<pg.Client> {
  for (let attempt = 0; ; attempt++) {
    const client = new pg.Client(config)
    client.on('error', () => {})
    try {
      await client.connect()
      return client
    } catch (error) {
      if (server.child.exitCode !== null || attempt === 300) throw new Error(`the server does not answer (${error}): ${server.output()}`)
      await setTimeout(100)
    }
  }
}
