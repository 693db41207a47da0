// What the rule setting-conflict refuses, a real server refuses, too; what it lets through starts.
import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Build, withEmbedded } from '../../scripts/catalog/places.ts'
import { start, withClient, withFolder } from '../../scripts/catalog/server.ts'

let startWith: (settings: Record<string, string>) => Promise<string>
let stop = () => {}
let stopped: Promise<void>

beforeAll(async () => {
  await new Promise<void>((ready, failed) => {
    stopped = withEmbedded(17, (build) =>
      withFolder(build.place, async (host, folder) => {
        const data = `${folder}/data`
        const made = start(build.place, `${build.bin}/initdb`, ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '--locale=C'])
        const [code] = await once(made.child, 'exit')
        if (code !== 0) throw new Error(made.output())
        startWith = (settings) => outcome(build, data, folder, host, settings)
        const done = new Promise<void>((resolve) => {
          stop = resolve
        })
        ready()
        await done
      }),
    )
    stopped.catch(failed)
  })
})

afterAll(async () => {
  stop()
  await stopped
})

/** `started`, or why not. */
async function outcome(
  { place, bin }: Build,
  data: string,
  folder: string,
  host: string,
  settings: Record<string, string>,
): Promise<string> {
  const flags = Object.entries({ listen_addresses: '', unix_socket_directories: folder, fsync: 'off', ...settings })
  const server = start(place, `${bin}/postgres`, ['-D', data, ...flags.flatMap(([name, value]) => ['-c', `${name}=${value}`])])
  try {
    await withClient(server, { host, port: 5432, user: 'postgres', database: 'postgres' }, async (client) => client.query('select 1'))
    return 'started'
  } catch {
    return /FATAL: +(.*)/.exec(server.output())?.[1] ?? server.output()
  }
}

test.each([
  [{ wal_level: 'minimal' }, /WAL streaming .* requires "?wal_level"?/],
  [{ wal_level: 'minimal', max_wal_senders: '0', archive_mode: 'on' }, /archival cannot be enabled when "?wal_level"? is "minimal"/],
  [{ wal_level: 'minimal', max_wal_senders: '0', summarize_wal: 'on' }, /summarized when "?wal_level"? is "minimal"/],
  [{ superuser_reserved_connections: '20', reserved_connections: '20', max_connections: '40' }, /must be less than "?max_connections"?/],
  [{ min_wal_size: '16MB' }, /min_wal_size"? must be at least twice/],
  [{ log_statement_stats: 'on', log_parser_stats: 'on' }, /invalid value for parameter "log_(parser|statement)_stats"/],
  [{ wal_level: 'minimal', max_wal_senders: '0' }, /^started$/],
  [{ superuser_reserved_connections: '20', reserved_connections: '19', max_connections: '40' }, /^started$/],
  [{ min_wal_size: '32MB', max_wal_size: '32MB' }, /^started$/],
])('%j', async (settings, result) => {
  expect(await startWith(settings as Record<string, string>)).toMatch(result)
})
