import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { copyCluster } from '../src/io/cluster.ts'
import { serverEnvironment } from '../src/io/daemon.ts'
import { embeddedBinaries } from '../src/io/embedded-binaries.ts'
import { startServer } from '../src/io/embedded-server.ts'
import { ownFolder } from '../src/io/owned-files.ts'
import { withConnection } from '../src/io/postgres.ts'
import { serverUser } from '../src/io/server-user.ts'
import type { Run } from './measure.ts'

const initdb = promisify(execFile)

/**
 * The baseline of a boot: one initdb, and a server for each text of a postgresql.conf, started side by side until each answers a query.
 * Copying the data directories is not counted.
 */
export const bareServers = (folder: string, settings: readonly string[]) => async (): Promise<Run> => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const user = await serverUser(folder)
  await ownFolder(folder, 0o755, user)
  const { home } = await embeddedBinaries(17, { cacheDir: join(folder, 'cache') })
  const numbers = [...settings.keys()]
  const at = (index: number, name: string) => join(folder, String(index), name)

  const begin = performance.now()
  const template = join(folder, 'template')
  await initdb(join(home, 'bin/initdb'), ['-D', template, '--username=postgres', '--auth=reject'], {
    ...user,
    cwd: '/',
    env: serverEnvironment,
  })
  const initialised = performance.now()

  for (const index of numbers) {
    await ownFolder(join(folder, String(index)), 0o755, user)
    await copyCluster(template, at(index, 'data'), user)
    await ownFolder(at(index, 'socket'), 0o700, user)
    await ownFolder(at(index, 'config'), 0o755, user)
    const place = `listen_addresses = ''\nport = 5432\nunix_socket_directories = '${at(index, 'socket')}'\n`
    writeFileSync(at(index, 'config/postgresql.conf'), `${settings[index]}\n${place}`)
    writeFileSync(at(index, 'config/pg_hba.conf'), 'local all all trust\n')
    writeFileSync(at(index, 'config/pg_ident.conf'), '')
  }

  const starting = performance.now()
  const servers = await Promise.all(
    numbers.map((index) =>
      startServer(
        { program: join(home, 'bin/postgres'), data: at(index, 'data'), config: at(index, 'config'), log: at(index, 'log') },
        user,
      ),
    ),
  )
  await Promise.all(numbers.map((index) => answer(at(index, 'socket'))))
  const answered = performance.now()
  await Promise.all(servers.map(({ stop }) => stop('fast')))
  const seconds = (initialised - begin + answered - starting) / 1000
  return { seconds, output: seconds, megabytes: 0 }
}

async function answer(socket: string): Promise<void> {
  for (let tries = 0; ; tries++)
    try {
      return await withConnection(
        { host: socket, port: 5432, user: 'postgres', database: 'postgres' },
        async (client) => void (await client.query('select 1')),
      )
    } catch (error) {
      if (tries > 1000) throw error
      await setTimeout(10)
    }
}
