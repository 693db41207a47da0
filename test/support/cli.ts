// The command line as a user has it: the bundle of scripts/build.mjs, in processes of its own, each test in a folder of its own.
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll } from 'vitest'

export type Ran = { readonly code: number | null; readonly out: string; readonly err: string }

export type RunOptions = {
  /** Folder that it runs in. */
  readonly in?: string
  readonly env?: Readonly<Record<string, string>>
  /** As a user without any rights of the one who runs the tests; see `canBeOther`. */
  readonly asOther?: boolean
  /** JavaScript that runs before pgfleet in its process. */
  readonly before?: string
}

const home = mkdtempSync(join(tmpdir(), 'pgfleet-test-cli-'))
export const bundle = join(home, 'dist/pgfleet.js')

/** Call it once in a file of tests. */
export function installCli(): void {
  beforeAll(() => {
    chmodSync(home, 0o755)
    const built = spawnSync(process.execPath, ['scripts/build.mjs', '--quiet', '--out', dirname(bundle)], { encoding: 'utf8' })
    if (built.status !== 0) throw new Error(built.stderr)
    writeFileSync(join(home, 'package.json'), '{ "type": "module" }')
    // Packages that stay outside of the bundle are found here.
    symlinkSync(resolve('node_modules'), join(home, 'node_modules'))
  })
  afterAll(() => rmSync(home, { recursive: true, force: true }))
}

/** Nothing of the environment of the tests: colours, cache and home are this folder's, and no PgBouncer of the machine is used. */
export const environment = {
  PATH: process.env['PATH'] ?? '',
  HOME: home,
  PGFLEET_CACHE: join(home, 'cache'),
  PGFLEET_PGBOUNCER: 'none',
}

const nobody = { uid: 65534, gid: 65534 }

/** Root reads everything, so what others may not read is tested as another user: one who can run Node. */
export const canBeOther = process.getuid?.() === 0 && spawnSync(process.execPath, ['-e', '0'], { ...nobody, cwd: '/' }).status === 0

export async function pgfleet(
  args: readonly string[],
  { in: cwd = home, env = {}, asOther = false, before }: RunOptions = {},
): Promise<Ran> {
  const preload = before === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(before)}`]
  return run(process.execPath, [...preload, bundle, ...args], { cwd, env, ...(asOther ? nobody : {}) })
}

type SpawnAs = { readonly cwd: string; readonly env?: Readonly<Record<string, string>>; readonly uid?: number; readonly gid?: number }

export function run(command: string, args: readonly string[], { env, ...options }: SpawnAs): Promise<Ran> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { ...options, env: { ...environment, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const text = { out: '', err: '' }
    child.stdout.on('data', (chunk) => (text.out += chunk))
    child.stderr.on('data', (chunk) => (text.err += chunk))
    child.on('error', fail)
    child.on('close', (code) => done({ code, ...text }))
  })
}

let folders = 0

/** A folder with these files. Other users may read it. */
export function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = join(home, 'folders', String(++folders))
  mkdirSync(folder, { recursive: true })
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return folder
}

/** A fleet of one service that is correct as it stands; `more` is added to the service. */
export const oneService = (more = ''): string => `version: 1
fleet: demo
host: { memory: 16GiB, cpus: 8, disk: 1TiB, storage: ssd }
services:
  orders:
    port: 5433
    memory: 2GiB
    cpus: 2
${more.replace(/^(?=.)/gm, '    ')}`
