// A small Debian trixie in a folder: PgBouncer 1.24, and PostgreSQL 17 with the extensions that Debian packages.
import { execFileSync, spawn } from 'node:child_process'
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheDir } from './server.ts'

/** chroot and debootstrap are for root alone. */
export const canUseTrixie = process.getuid?.() === 0

export type Trixie = {
  readonly root: string
  /** The user `postgres` in there. */
  readonly user: { readonly uid: number; readonly gid: number }
}

const packages = ['pgbouncer', 'postgresql-17', 'postgresql-17-pgaudit', 'postgresql-17-timescaledb']

/** Made at the first call, which takes a minute; PGFLEET_TRIXIE_ROOT says where it lies. */
export function trixie(): Trixie {
  const root = process.env.PGFLEET_TRIXIE_ROOT ?? join(cacheDir, 'trixie')
  execFileSync('scripts/debian-root.sh', ['trixie', root, ...packages], { stdio: ['ignore', 'inherit', 'pipe'] })
  const id = (flag: string) => Number(execFileSync('chroot', [root, 'id', flag, 'postgres'], { encoding: 'utf8' }))
  return { root, user: { uid: id('-u'), gid: id('-g') } }
}

/** A folder that both sides see: `outside` is its path here, `inside` that in the root. It belongs to the user `postgres` in there. */
export function sharedFolder({ root, user }: Trixie): { readonly outside: string; readonly inside: string; readonly remove: () => void } {
  const outside = mkdtempSync(join(root, 'tmp/pgfleet-test-'))
  chownSync(outside, user.uid, user.gid)
  return { outside, inside: outside.slice(root.length), remove: () => rmSync(outside, { recursive: true, force: true }) }
}

const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' }

/** Runs a program of the root as its user `postgres` and returns what it printed. */
export function runInTrixie({ root, user }: Trixie, program: string, ...args: string[]): string {
  return execFileSync('chroot', [`--userspec=${user.uid}:${user.gid}`, root, program, ...args], {
    encoding: 'utf8',
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

export type Program = {
  readonly output: () => string
  readonly hasEnded: () => boolean
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>
}

/**
 * Starts a program of the root as its user `postgres`. `binds` are folders and files of this side by their path on the other, for this
 * program alone: what is not there appears on empty file systems in /run, /dev/shm and /etc/pgfleet. With `network` false it has all ports for itself,
 * and is reached over sockets in folders only.
 */
export function startInTrixie(
  { root, user }: Trixie,
  { binds, network }: { readonly binds: Readonly<Record<string, string>>; readonly network: boolean },
  program: string,
  ...args: string[]
): Program {
  const mounts = Object.entries(binds).flatMap(([inside, outside]) => [join(root, inside), outside])
  const script = `set -e
root=$1 user=$2; shift 2
mkdir -p "$root/etc/pgfleet"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs tmpfs "$root/etc/pgfleet"
while [ "$1" != -- ]; do
  if [ -d "$2" ]; then mkdir -p "$1"; fi
  mount --bind "$2" "$1"; shift 2
done
shift
exec chroot --userspec="$user" "$root" "$@"`
  // Not to a pipe: while a test waits for another program nobody reads it, and a server that cannot write its log stands still.
  const folder = mkdtempSync(join(tmpdir(), 'pgfleet-output-'))
  const log = join(folder, 'log')
  const file = openSync(log, 'a')
  const child = spawn(
    'unshare',
    [
      ...(network ? ['--mount'] : ['--mount', '--net']),
      'sh',
      '-c',
      script,
      'sh',
      root,
      `${user.uid}:${user.gid}`,
      ...mounts,
      '--',
      program,
      ...args,
    ],
    { env: environment, stdio: ['ignore', file, file] },
  )
  closeSync(file)
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  let last: string | undefined
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      last = readFileSync(log, 'utf8')
      rmSync(folder, { recursive: true })
      resolve()
    }),
  )
  return {
    output: () => last ?? readFileSync(log, 'utf8'),
    hasEnded,
    stop: async (signal = 'SIGINT') => {
      if (!hasEnded()) child.kill(signal)
      await ended
    },
  }
}
