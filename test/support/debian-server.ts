import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type pg from 'pg'
import type { ServerPaths } from '../../src/fleet/types.ts'
import { ownFolder } from '../../src/io/owned-files.ts'
import { connected, type TestServer, untilReady, writeFiles } from './server.ts'
import { runInTrixie, sharedFolder, startInTrixie, type Trixie } from './trixie.ts'

const bin = '/usr/lib/postgresql/17/bin'

/** What appears at the paths of a server in a container. */
export type ServerInput = {
  readonly config: Readonly<Record<string, string>>
  readonly tls: Readonly<Record<string, string>>
  readonly verifiers: Readonly<Record<string, string>>
}

/** A data directory as the containers make it, to be copied for each server. */
export function debianCluster(debian: Trixie): { readonly outside: string; readonly remove: () => void } {
  const { outside, inside, remove } = sharedFolder(debian)
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C.UTF-8']
  runInTrixie(
    debian,
    `${bin}/initdb`,
    '-D',
    `${inside}/data`,
    '-U',
    'postgres',
    '--auth=reject',
    '--data-checksums',
    '--encoding=UTF8',
    ...locale,
    '--no-sync',
  )
  return { outside: join(outside, 'data'), remove }
}

/** With its folder, as seen from both sides. */
export type DebianServer = TestServer & { readonly outside: string; readonly inside: string }

/** Starts PostgreSQL 17 of Debian as a container would, with ports of its own. The superuser may come from any user of this machine. */
export async function startDebianServer(debian: Trixie, cluster: string, paths: ServerPaths, input: ServerInput): Promise<DebianServer> {
  const { outside, inside, remove } = sharedFolder(debian)
  const at = (name: string) => join(outside, name)
  execFileSync('cp', ['-a', cluster, at('data')])
  const access = input.config['pg_hba.conf']?.replace(/("postgres" +)peer/, '$1trust') ?? ''
  await writeFiles(at('config'), { ...input.config, 'pg_hba.conf': access }, 0o644, debian.user)
  await writeFiles(at('tls'), input.tls, 0o600, debian.user)
  await writeFiles(at('verifiers'), input.verifiers, 0o600, debian.user)
  await ownFolder(at('socket'), 0o755, debian.user)
  const binds = {
    [paths.config]: at('config'),
    [paths.tls]: at('tls'),
    [paths.verifiers]: at('verifiers'),
    '/run/postgresql': at('socket'),
  }
  const files = { config_file: 'postgresql.conf', hba_file: 'pg_hba.conf', ident_file: 'pg_ident.conf' }
  const places = Object.entries(files).flatMap(([name, file]) => ['-c', `${name}=${paths.config}/${file}`])
  const server = startInTrixie(debian, { binds, network: false }, `${bin}/postgres`, '-D', `${inside}/data`, ...places)
  const stop = async () => {
    await server.stop('SIGINT')
    remove()
  }
  const connect = (more: pg.ClientConfig = {}) =>
    connected({ host: at('socket'), port: 5432, user: 'postgres', database: 'postgres', ...more })
  await untilReady(connect, server.hasEnded, async () => {
    await stop()
    return server.output()
  })
  return { connect, stop, log: async () => server.output(), outside, inside }
}
